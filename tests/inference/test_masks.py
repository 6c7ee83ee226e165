"""Masks: what is read, how they fit a picture, what they blend."""

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import PictureError
from fusion_style.inference.masks import Mask, blend, mask_of, read_mask


def half(height, width):
    """A mask, white on its left half."""
    values = np.zeros((height, width), np.uint8)
    values[:, : width // 2] = 255
    return values


def save(path, values, mode=None):
    image = Image.fromarray(values)
    (image.convert(mode) if mode else image).save(path)
    return str(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_of_any_mode(tmp_path, mode):
    values, path = half(20, 30), tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        Image.fromarray(values.astype(np.uint16) * 257).save(path)
    else:
        save(path, values, mode)
    np.testing.assert_allclose(read_mask(str(path)).values, values, atol=2)


def test_gray_is_brightness(tmp_path):
    """ITU-R BT.601's luma."""
    colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 200, 200]]], np.uint8)
    found = read_mask(save(tmp_path / "a.png", colors)).values
    np.testing.assert_allclose(found, [[76, 150, 29, 200]], atol=1)


def test_what_is_transparent_is_black(tmp_path):
    pixels = np.full((10, 12, 4), 255, np.uint8)
    pixels[:, :6, 3], pixels[:, 6, 3] = 0, 100
    found = read_mask(save(tmp_path / "a.png", pixels)).values
    assert (found[:, :6] == 0).all() and (found[:, 7:] == 255).all()
    assert abs(int(found[0, 6]) - 100) <= 1


@pytest.mark.parametrize("size", [(100, 150), (400, 600), (67, 100), (1000, 1500)])
def test_masks_are_scaled(size):
    found = Mask(half(100, 150)).fitted(*size)
    assert found.shape == (*size, 1) and found.dtype == np.float32
    assert found.min() == 0 and found.max() == 1
    assert found.mean() == pytest.approx(0.5, abs=0.01)


def test_edges_are_soft_and_even():
    """From 1 to 0 without a step and without a rim; far from the edge nothing changes."""
    across = Mask(half(400, 600)).fitted(400, 600)[200, :, 0]
    assert (np.diff(across) <= 0).all() and np.diff(across).min() > -0.3
    assert (across[:285] == 1).all() and (across[315:] == 0).all()
    assert ((across > 0.02) & (across < 0.98)).sum() >= 4


def test_a_blur_is_a_share_of_the_picture():
    wide = [((m := Mask(half(n, n)).fitted(n, n)) > 0.02) & (m < 0.98) for n in (200, 2000)]
    small, large = (soft[100, :, 0].sum() for soft in wide)
    assert 5 < large / small < 15


@pytest.mark.parametrize("size", [(30, 20), (20, 31), (200, 310)])
def test_another_shape_is_refused(size):
    mask = Mask(half(200, 300), "sky.png")
    with pytest.raises(ValueError, match=r"sky.png has 300×200 pixels, the picture \d+×"):
        mask.fitted(*(10 * n for n in size))


@pytest.mark.parametrize("size", [(133, 200), (67, 100), (33, 50), (7, 10), (1, 1)])
def test_rounded_sizes_have_the_same_shape(size):
    assert Mask(half(200, 300)).fitted(*size).shape == (*size, 1)


def test_arrays():
    values = np.array([[0, 51.4, 255], [300, -5, 128]])
    np.testing.assert_array_equal(mask_of(values).values, [[0, 51, 255], [255, 0, 128]])
    there = np.array([[True, False]])
    np.testing.assert_array_equal(mask_of(there).values, [[255, 0]])


@pytest.mark.parametrize(("values", "message"), [
    (np.zeros((3, 4, 3)), r"array \(height, width\). Received: \(3, 4, 3\)"),
    (np.zeros((0, 4)), r"Received: \(0, 4\)"),
    (7, r"Received: \(\)"),
    (np.full((2, 2), np.nan), "finite numbers from 0 to 255"),
])  # fmt: skip
def test_arrays_that_are_no_masks(values, message):
    with pytest.raises(ValueError, match=message):
        mask_of(values)


@pytest.mark.parametrize(("level", "said"), [
    (255, "it is white everywhere, so that all of the picture would be painted$"),
    (0, "it is black everywhere, so that all of the picture would be left as it is$"),
])  # fmt: skip
def test_a_mask_that_masks_nothing_is_refused(tmp_path, level, said):
    path = save(tmp_path / "a.png", np.full((5, 5), level, np.uint8))
    with pytest.raises(PictureError, match=f"a.png masks nothing: {said}"):
        read_mask(path)


def test_blend_is_the_formula():
    rng = np.random.default_rng(0)
    white, black = rng.uniform(0, 255, (2, 4, 5, 3)).astype(np.float32)
    shares = rng.uniform(0, 1, (4, 5, 1)).astype(np.float32)
    expected = white * shares + black * (1 - shares)
    np.testing.assert_allclose(blend(white, black, shares), expected, atol=1e-3)
    ones = np.ones_like(shares)
    np.testing.assert_array_equal(blend(white, black, 0 * ones), black)
