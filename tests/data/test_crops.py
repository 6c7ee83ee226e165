"""Squares cut out of scaled photographs: sizes, scales, orientation, the same bits."""

import io

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.photos.crops import KeptPhotograph, ScaledPhotograph
from fusion_style.tests.support.pictures import made_up_photograph


def encoded(pixels, mode="RGB", kind="JPEG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_crop_is_a_part_of_the_whole_to_the_bit(kind):
    rng = np.random.default_rng(0)
    for height, width in rng.integers(20, 400, (40, 2)):
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        size = int(rng.integers(16, 100))
        scaled = ScaledPhotograph(encoded(pixels, kind=kind), size, rng.random())
        kept = KeptPhotograph(scaled.whole())
        assert (kept.height, kept.width) == (scaled.height, scaled.width)
        room = scaled.height - size, scaled.width - size
        for top, left in [(0, 0), room, *rng.integers(room, size=(4, 2), endpoint=True)]:
            crop = scaled.crop(top, left, size)
            assert crop.shape == (size, size, 3)
            np.testing.assert_array_equal(crop, kept.crop(top, left, size))


def test_scaling_is_that_of_pillow():
    """Antialiased, in one call, from what was decoded."""
    scaled = ScaledPhotograph(encoded(made_up_photograph(200, 300), kind="PNG"), 90, 0.7)
    assert scaled.image.size == (300, 200)
    box = (0, 0, *(n * scaled.step / 1024 for n in (scaled.width, scaled.height)))
    size = scaled.width, scaled.height
    whole = scaled.image.resize(size, Image.Resampling.BILINEAR, box)
    difference = np.abs(np.asarray(whole).astype(int) - scaled.whole())
    assert difference.max() <= 1  # the order of its passes rounds differently


@pytest.mark.parametrize(("share", "shorter"), [(0, 80), (0.5, 60), (0.999, 40)])
def test_the_share_is_of_the_sides_from_half_to_whole(share, shorter):
    """Of 400 pixels, 200 to 400 are shown in a crop of 40: decoded at 1/4 or 1/8."""
    scaled = ScaledPhotograph(encoded(made_up_photograph(400, 480)), 40, share)
    assert min(scaled.image.size) == (50 if share > 0.9 else 100)
    assert scaled.height in range(shorter * 2 // 3, shorter + 1)
    assert scaled.width == pytest.approx(scaled.height * 1.2, abs=1)


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_nothing_is_enlarged(share):
    rng = np.random.default_rng(0)
    for height, width in rng.integers(32, 600, (30, 2)):
        scaled = ScaledPhotograph(encoded(made_up_photograph(height, width)), 32, share)
        assert scaled.height >= 32 and scaled.width >= 32
        assert scaled.height <= scaled.image.height and scaled.width <= scaled.image.width


@pytest.mark.parametrize("side", [32, 64, 128, 256])
def test_a_square_photograph_of_the_crops_size(side):
    for share in (0, 0.2, 0.4, 0.6, 0.8, 0.999):
        source = encoded(made_up_photograph(side, side))
        assert ScaledPhotograph(source, 32, share).crop(0, 0, 32).shape == (32, 32, 3)


@pytest.mark.parametrize("size", [(10, 300), (300, 10), (1, 1)])
def test_photographs_smaller_than_the_crop_are_enlarged(size):
    scaled = ScaledPhotograph(encoded(made_up_photograph(*size), kind="PNG"), 32, 0.5)
    assert min(scaled.height, scaled.width) == 32
    assert scaled.crop(0, 0, 32).shape == (32, 32, 3)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpegs_of_any_size_can_be_cropped_anywhere(mode):
    """A JPEG is decoded at 1/2, 1/4 or 1/8 of its size, rounded up, where that serves."""
    rng = np.random.default_rng(0)
    for height, width in rng.integers(60, 300, (40, 2)):
        source = encoded(made_up_photograph(height, width), mode)
        scaled = ScaledPhotograph(source, 16, rng.random())
        for top in (0, scaled.height - 16):
            for left in (0, scaled.width - 16):
                assert scaled.crop(top, left, 16).shape == (16, 16, 3)


def test_what_jpeg_cannot_shrink_is_shrunk():
    """The same picture as a PNG: reduced by whole factors, to the same size."""
    pixels = made_up_photograph(400, 480)
    drafted, reduced = (
        ScaledPhotograph(encoded(pixels, kind=kind), 20, 0.5).whole().astype(int)
        for kind in ("JPEG", "PNG")
    )
    assert drafted.shape == reduced.shape
    assert np.abs(drafted - reduced).mean() < 2


def test_crops_are_upright():
    """Dark above, bright below, stored lying on its side."""
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[:, None, None]
    pixels = ramp.repeat(64, 1).repeat(3, 2)
    exif = Image.Exif()
    exif[0x0112] = 6
    source = encoded(np.ascontiguousarray(np.rot90(pixels)), exif=exif)
    crop = ScaledPhotograph(source, 32, 0.5).crop(0, 0, 32).astype(int)
    assert (crop[-1].mean() - crop[0].mean()) > 80
