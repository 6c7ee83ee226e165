"""The page in a real browser: it paints as Python does, offline too, for everyone."""

import base64
import io
import re

import keras
import numpy as np
import pytest
from PIL import Image

from fusion_style.exports.config import ExportConfig
from fusion_style.exports.export import export_style
from fusion_style.inference import statistics, tiles
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.browser import (
    chromium,
    missing,
    served,
)
from fusion_style.tests.support.pictures import made_up_photograph, trained_like
from fusion_style.tests.support.several import paint_mix, save_several

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
RECIPE = {"settings": {"network": "fusion", "style_size": 256}, "photographs": 0}
SIZE = (70, 90)  # height, width


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    """Narrow networks: {name: path of the style file}."""
    folder, made = tmp_path_factory.mktemp("styles"), {}
    for norm in ("instance", "batch"):
        keras.utils.set_random_seed(0)
        network = trained_like(build_network(norm=norm, width=0.0625))
        made[norm] = str(folder / f"{norm}.keras")
        save_network(network, made[norm], RECIPE)
    made["several"] = str(folder / "several.keras")
    save_several(made["several"])
    return made


@pytest.fixture(scope="module")
def site(styles, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("site"))
    export_style(
        ExportConfig(",".join(styles.values()), "web", folder, precision="float32")
    )
    return folder


@pytest.fixture(scope="module")
def address(site):
    with served(site) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def limit(browser):
    with browser.limited():
        yield


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    yield context
    context.close()


@pytest.fixture
def page(context, address):
    """The page, loaded, whose errors fail the test."""
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    load(page, address)
    yield page
    page.close()
    assert not wrong
    assert all(url.startswith((address, "blob:", "data:")) for url in asked)


def load(page, address):
    page.goto(address)
    page.wait_for_selector("body[data-ready]")


def a_file(pixels, name="photo.png", **options):
    """A picture as a person chooses it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, name.rsplit(".")[-1].upper(), **options)
    return {"name": name, "mimeType": f"image/{name[-3:]}", "buffer": buffer.getvalue()}


def choose(page, file):
    """Give the page a picture, and wait for its painting."""
    page.set_input_files("#file", file)
    page.wait_for_selector("#download:not([disabled]), #error:not([hidden])")
    assert not page.inner_text("#error")
    painted(page)


def painted(page):
    """Wait until nothing is at work; return what the canvas shows."""
    page.wait_for_selector("#stage[aria-busy=false]")
    page.wait_for_selector("#status:has-text('painted in')")
    return shown(page)


def shown(page, canvas="painting"):
    """What a canvas shows: float32 RGB (height, width, 3)."""
    values, height, width = page.evaluate(
        """(id) => {
          const c = document.getElementById(id);
          const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
          let text = "";
          for (const byte of data) text += String.fromCharCode(byte);
          return [btoa(text), c.height, c.width];
        }""",
        canvas,
    )
    data = np.frombuffer(base64.b64decode(values), np.uint8)
    return data.reshape(height, width, 4)[..., :3].astype(np.float32)


def slide(page, name, value):
    page.get_by_role("slider", name=name).fill(str(value))


def take(page, painting):
    page.get_by_role("radio", name=painting).check(force=True)


def assert_near(painting, wanted):
    """Within 2 of 255 for 99.9% of the values."""
    assert painting.shape == wanted.shape
    assert (np.abs(painting - wanted) <= 2).mean() >= 0.999


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_it_paints_as_python_does(norm, page, styles):
    pixels = made_up_photograph(*SIZE)
    take(page, norm.capitalize())
    choose(page, a_file(pixels))
    wanted = Stylizer(styles[norm], "openvino", "float32").paint(pixels.astype(np.float32))
    assert_near(painted(page), wanted)
    assert wanted.std() > 5
    np.testing.assert_array_equal(shown(page, "photograph"), pixels)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_tiles_have_the_whole_pictures_statistics(norm, page, address, styles):
    load(page, f"{address}?tile=192")
    pixels = made_up_photograph(200, 330)
    take(page, norm.capitalize())
    choose(page, a_file(pixels))
    stylizer = Stylizer(styles[norm], "openvino", "float32")
    assert_near(painted(page), stylizer.paint(pixels.astype(np.float32), region=192))


def test_the_sliders_change_the_picture_without_a_reload(page):
    page.evaluate("window.marked = true")
    pixels = made_up_photograph(*SIZE)
    choose(page, a_file(pixels))
    full = painted(page)
    slide(page, "Strength", 0)
    np.testing.assert_array_equal(shown(page), pixels)
    slide(page, "Strength", 50)
    np.testing.assert_allclose(shown(page), (full + pixels) / 2, atol=0.51)
    slide(page, "Strength", 100)
    page.get_by_role("checkbox", name="Keep the photograph’s colors").check()
    luminance = np.array([0.299, 0.587, 0.114], np.float32)
    wanted = pixels + ((full - pixels) @ luminance)[..., None]
    np.testing.assert_allclose(shown(page), np.clip(wanted, 0, 255), atol=0.51)
    page.get_by_role("checkbox", name="Keep the photograph’s colors").uncheck()
    slide(page, "Brush strokes", 0.75)
    page.wait_for_selector("#stroke_said:has-text('× 1.68')")
    broad = painted(page)
    assert broad.shape == full.shape and np.abs(broad - full).mean() > 1
    slide(page, "Compare", 50)
    clip = page.eval_on_selector("#painting", "(e) => e.style.clipPath")
    assert "50%" in clip or "0.5" in clip
    assert page.evaluate("window.marked")


def test_paintings_of_one_file_are_mixed(page, styles):
    pixels = made_up_photograph(*SIZE)
    take(page, "The Wave")
    choose(page, a_file(pixels))
    floats = pixels.astype(np.float32)
    wave, udnie = (paint_mix(styles["several"], np.eye(3)[i], floats) for i in (1, 2))
    assert_near(painted(page), wave)  # with the broadest strokes that it learned
    page.get_by_text("Mix paintings").click()
    slide(page, "Udnie", 100)
    assert_near(painted(page), paint_mix(styles["several"], [0, 0.5, 0.5], floats))
    slide(page, "The Wave", 0)
    assert_near(painted(page), udnie)
    slide(page, "The Wave", 100)
    slide(page, "Udnie", 0)
    slide(page, "Brush strokes", -0.5)  # between both that were learned
    assert_near(painted(page), paint_mix(styles["several"], [0.5, 0.5, 0], floats))


def test_the_webcam_gives_frames(page):
    page.get_by_role("button", name="Use the camera").click()
    page.wait_for_selector("#status:has-text('frames a second')")
    first = shown(page)
    assert first.shape == (240, 320, 3) and first.std() > 5
    for _ in range(100):
        page.wait_for_timeout(100)
        if np.abs(shown(page) - first).max() > 20:
            break
    else:
        pytest.fail("the picture of the camera does not move")
    page.get_by_role("button", name="Camera", exact=True).click()
    page.wait_for_selector("#camera[aria-pressed=false]")


def test_pictures_stand_upright(page):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    pixels = made_up_photograph(*SIZE)
    choose(page, a_file(pixels, "turned.jpeg", exif=exif, quality=95))
    photograph = shown(page, "photograph")
    wanted = np.rot90(pixels, -1).astype(np.float32)
    assert photograph.shape == wanted.shape
    assert np.abs(photograph - wanted).mean() < 10


def test_the_painting_is_downloaded(page):
    choose(page, a_file(made_up_photograph(*SIZE), "lake.png"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "lake-instance.png"
    with Image.open(download.value.path()) as image:
        saved = np.asarray(image.convert("RGB"), np.float32)
    np.testing.assert_array_equal(saved, shown(page))


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


def test_its_parts_compute_what_pythons_do(page):
    pixels = made_up_photograph(300, 270)
    program = """async ([data, width, height]) => {
      const t = await import("./tiles.js");
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const picture = { data: bytes, width, height };
      const cuts = [[1032, 768, 60, 4, 8], [90, 768, 60, 4, 8], [3, 64, 8, 4, 8]];
      return {
        mirrored: [...t.mirrored(-7, 9, 4), ...t.mirrored(-2, 3, 1)],
        spans: cuts.map((cut) => t.spans(...cut)),
        photograph: [...t.photographOf(picture)],
        samples: [...t.samples(picture).data.filter((_, i) => i % 997 === 0)],
      };
    }"""
    rgba = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    data = base64.b64encode(rgba.tobytes()).decode()
    theirs = page.evaluate(program, [data, 270, 300])
    ours = [*tiles.mirrored(-7, 9, 4), *tiles.mirrored(-2, 3, 1)]
    assert theirs["mirrored"] == ours
    cuts = [(1032, 768, 60, 4, 8), (90, 768, 60, 4, 8), (3, 64, 8, 4, 8)]
    for spans, cut in zip(theirs["spans"], cuts, strict=True):
        length, parts = tiles.spans(*cut)
        assert spans["length"] == length
        assert [(p["start"], p["first"], p["last"]) for p in spans["parts"]] == parts
    floats = pixels.astype(np.float32)
    photograph = np.concatenate(statistics.photograph_of(floats))
    np.testing.assert_allclose(theirs["photograph"], photograph, rtol=1e-5)
    np.testing.assert_array_equal(
        theirs["samples"], statistics.samples(floats).ravel()[::997]
    )
