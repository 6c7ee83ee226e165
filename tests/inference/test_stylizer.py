"""The Stylizer: pictures of any size, strength, colors and transparency."""

import numpy as np
import pytest

from fusion_style.data.images import Picture
from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.pictures import made_up_photograph


@pytest.fixture(scope="module")
def stylizer(style):
    return Stylizer(style)


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (37, 50)])
def test_any_size(stylizer, size):
    picture = Picture(made_up_photograph(*size).astype(np.float32))
    assert stylizer(picture).pixels.shape == (*size, 3)


def test_strength_blends(stylizer, photograph):
    picture = Picture(photograph.astype(np.float32))
    painted = stylizer(picture).pixels
    np.testing.assert_array_equal(stylizer(picture, strength=0).pixels, photograph)
    half = stylizer(picture, strength=0.5).pixels
    np.testing.assert_allclose(half, (painted + photograph) / 2, atol=1e-3)


def test_keep_colors_keeps_chroma(stylizer, photograph):
    """Cb and Cr of ITU-R BT.601, where the result is not clipped."""
    picture = Picture(photograph.astype(np.float32))
    kept = stylizer(picture, keep_colors=True).pixels
    inside = ((kept > 0) & (kept < 255)).all(axis=-1)
    assert inside.mean() > 0.1
    to_chroma = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    difference = (kept - photograph) @ to_chroma.T
    np.testing.assert_allclose(difference[inside], 0, atol=1e-2)


def test_max_size_and_alpha(stylizer, photograph):
    alpha = np.full(photograph.shape[:2], 200, np.uint8)
    painted = stylizer(Picture(photograph.astype(np.float32), alpha, b""), max_size=25)
    assert painted.pixels.shape == (18, 25, 3)
    np.testing.assert_array_equal(painted.alpha, np.full((18, 25), 200))
