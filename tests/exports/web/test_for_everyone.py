"""The page in a real browser: for phones, the keyboard, and without a network."""

import re

import numpy as np
import pytest

from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.browser import (
    missing,
    served,
)
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.web_page import (
    SIZE,
    a_file,
    assert_near,
    choose,
    load,
    painted,
    take,
)

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.usefixtures("limit"),
]


@pytest.mark.parametrize(("file", "words"), [
    ({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"},
     "notes.txt is not a picture. Choose a JPEG"),
    ({"name": "torn.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n"},
     "This browser cannot read torn.png"),
])  # fmt: skip
def test_what_is_no_picture_is_said_in_words(file, words, page):
    page.set_input_files("#file", file)
    page.wait_for_selector("#error:not([hidden])")
    assert words in page.get_by_role("alert").inner_text()


def test_everything_has_a_name_and_is_reached_by_the_keyboard(page):
    choose(page, a_file(made_up_photograph(*SIZE)))
    tree = page.locator("body").aria_snapshot()
    roles = "button|slider|radio|checkbox|combobox|img|progressbar"
    nameless = re.findall(rf"^\s*- (?:{roles})(?: \[[^]]*\])*:?$", tree, re.MULTILINE)
    assert not nameless, tree
    names = ["Paint it like", "Strength", "Brush strokes", "Keep the photograph’s colors",
             "Size", "Download", "Another picture", "Camera", "Compare"]  # fmt: skip
    assert all(name in tree for name in names), tree
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.name")
        )
    wanted = {"choose_again", "camera", "download", "divider", "painting", "strength"}
    assert wanted | {"stroke", "colors", "size"} <= reached


def test_it_says_that_pictures_stay_here(page):
    text = page.inner_text("body")
    assert "Your pictures never leave this device" in text
    # And the browser holds it to that: nothing may be fetched from elsewhere.
    refused = page.evaluate("fetch('https://example.org/').then(() => false, () => true)")
    assert refused


def test_it_fits_a_phone(browser, address):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    load(page, address)
    widths = [page.evaluate("document.documentElement.scrollWidth")]
    choose(page, a_file(made_up_photograph(90, 130)))
    widths.append(page.evaluate("document.documentElement.scrollWidth"))
    assert widths == [390, 390]
    small = page.evaluate(
        """[...document.querySelectorAll("button, select")]
          .map((e) => e.getBoundingClientRect().height).filter((h) => h && h < 44)"""
    )
    assert not small  # fingers need 44 pixels
    context.close()


def test_it_works_without_a_network(site, browser):
    with served(site) as (address, stop):
        context = browser.new_context()
        page = context.new_page()
        load(page, address)
        assert page.evaluate("self.crossOriginIsolated")  # with threads, that is
        page.wait_for_selector("#offline:has-text('without a network')")
        stop()
        context.set_offline(True)
        load(page, address)
        choose(page, a_file(made_up_photograph(*SIZE)))
        take(page, "Batch")
        assert painted(page).std() > 5
        context.close()


def test_it_works_where_nothing_is_kept(browser, address, styles):
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    load(page, address)
    page.wait_for_selector("#facts:has-text('1 thread')")
    pixels = made_up_photograph(*SIZE)
    choose(page, a_file(pixels))
    stylizer = Stylizer(styles["instance"], "openvino", "float32")
    assert_near(painted(page), stylizer.paint(pixels.astype(np.float32)))
    context.close()
