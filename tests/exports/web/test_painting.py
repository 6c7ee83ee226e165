"""The page in a real browser: it paints as Python does."""

import base64

import numpy as np
import pytest
from PIL import Image

from fusion_style.inference import statistics, tiles
from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.browser import (
    missing,
)
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.several import paint_mix
from fusion_style.tests.support.web_page import (
    SIZE,
    a_file,
    assert_near,
    choose,
    load,
    painted,
    shown,
    slide,
    take,
)

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.usefixtures("limit"),
]


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
