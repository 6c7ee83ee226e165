"""The page in a Chromium that nobody sees: what a visitor does, and that nothing leaves."""

import os

import numpy as np
import pytest

from fusion_style.data.images import Picture, read_picture, write_picture
from fusion_style.data.modes import to_bytes
from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.browser import (
    chromium,
    no_chromium,
)
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.many import save_many
from fusion_style.tests.support.page import served_page
from fusion_style.tests.support.pictures import made_up_photograph

pytest.importorskip("gradio", reason="the page needs gradio: '.[demo]'")
pytestmark = pytest.mark.skipif(bool(no_chromium()), reason=no_chromium())


@pytest.fixture(scope="module")
def served(instance_style, tmp_path_factory):
    learned = tmp_path_factory.mktemp("learned")
    save_many(learned / "both.keras")
    folder = tmp_path_factory.mktemp("page")
    with served_page(instance_style, folder, f"--learned={learned}") as page:
        yield page


@pytest.fixture(scope="module")
def address(served):
    return served.address


def files_in(folder):
    return {
        os.path.join(root, name) for root, _, names in os.walk(folder) for name in names
    }


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def limit(browser):
    with browser.limited():
        yield


@pytest.fixture
def visit(browser, address):
    """Opens the page at a width; in the end, no address but its own was asked."""
    asked, contexts = [], []

    def visit(width=1280):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, permissions=["camera"]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.get_by_role("button", name="Paint the picture").wait_for()
        return page

    yield visit
    for context in contexts:
        context.close()
    assert asked
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def upload(page, path):
    page.locator("[role=tabpanel]:visible input[type=file]").first.set_input_files(path)


def download(page, folder):
    """Presses the button; returns the path of the painting."""
    with page.expect_download() as started:
        page.locator(".result:visible [aria-label=Download]").first.click()
    path = os.path.join(folder, started.value.suggested_filename)
    started.value.save_as(path)
    return path


def test_a_picture_is_painted(visit, instance_style, tmp_path):
    path = str(tmp_path / "photo.png")
    write_picture(path, Picture(made_up_photograph(48, 64).astype(np.float32)))
    page = visit()
    upload(page, path)
    page.get_by_role("radio", name="Other").check()
    page.get_by_label("Keep the photograph's colors").check()
    page.get_by_role("button", name="Paint the picture").click()
    page.locator(".result:visible img").wait_for()
    painted = read_picture(download(page, tmp_path)).pixels
    expected = Stylizer(instance_style)(read_picture(path), keep_colors=True).pixels
    assert np.array_equal(painted, to_bytes(expected))


def test_what_is_marked_is_painted(visit, tmp_path):
    path = str(tmp_path / "photo.png")
    write_picture(path, Picture(made_up_photograph(480, 640).astype(np.float32)))
    page = visit()
    upload(page, path)
    page.get_by_text("Paint only a part").click()
    canvas = page.locator(".marks canvas").first
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(2000)  # the photograph is put on the canvas, with no sign of it
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 20, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=8)
    page.mouse.up()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Paint the picture").click()
    page.locator(".result:visible img").wait_for()
    painted = read_picture(download(page, tmp_path)).pixels
    changed = (painted != read_picture(path).pixels).any(-1)
    assert changed[200:280, 280:360].mean() > 0.5  # in the middle
    assert not changed[:100].any() and not changed[-100:].any()


def test_what_cannot_be_done_is_hidden(visit):
    page = visit()
    share, strokes = page.get_by_label("Share of the"), page.get_by_label("Strokes")
    assert not share.first.is_visible() and not strokes.first.is_visible()
    page.get_by_role("radio", name="Wave").check()
    strokes.first.wait_for()
    page.get_by_label("Second style").first.click()
    page.get_by_role("option", name="Udnie").click()
    share.first.wait_for()
    page.get_by_role("radio", name="Narrow").check()
    page.get_by_text("cannot be mixed").wait_for()
    share.first.wait_for(state="hidden")
    strokes.first.wait_for(state="hidden")


def test_a_clip_is_painted(visit, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", size=(48, 64))
    page = visit()
    page.get_by_role("tab", name="Video").click()
    upload(page, clip)
    page.locator("[role=tabpanel]:visible video").wait_for()
    page.get_by_role("button", name="Paint the video").click()
    page.locator(".result:visible video").wait_for()
    found = contents(download(page, tmp_path))
    assert len(found.frames) == 10
    assert [stream["type"] for stream in found.streams][:2] == ["video", "audio"]


def test_the_webcam_is_painted_and_nothing_kept(visit, served):
    page = visit()
    before = files_in(served.temporary)
    page.get_by_role("tab", name="Webcam").click()
    page.get_by_text("Click to Access Webcam").click()
    page.get_by_text("Record", exact=True).click()
    painting = page.locator(".result:visible img")
    painting.wait_for()
    first = painting.get_attribute("src")
    while painting.get_attribute("src") == first:  # the fake camera shows a moving disc
        page.wait_for_timeout(100)
    page.get_by_text("Stop", exact=True).first.click()
    assert files_in(served.temporary) <= before


def test_a_phone_sees_all_of_it(visit):
    page = visit(width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("Picture", "Video", "Webcam", "Learn"):
        assert page.get_by_role("tab", name=name).is_visible()
    pictures = page.evaluate(
        "[...document.querySelectorAll('.styles label')].map("
        "label => getComputedStyle(label, '::before').backgroundImage)"
    )
    assert len(pictures) == 4
    assert all(picture.startswith('url("data:image/jpeg') for picture in pictures)


def test_learning_says_what_is_missing(visit):
    page = visit()
    page.get_by_role("tab", name="Learn").click()
    page.get_by_role("radio", name="Narrow").wait_for(state="hidden")
    page.get_by_role("button", name="Learn the style").click()
    page.get_by_text("Give a painting first.").wait_for()
