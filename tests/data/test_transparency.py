"""What is transparent doesn't decide how a picture is painted."""

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import read_picture
from fusion_style.data.transparency import fill_invisible
from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.pictures import made_up_photograph

HEIGHT, WIDTH = 60, 83


@pytest.fixture(scope="module")
def scene():
    """(a photograph, the alpha of a disk with a soft edge), uint8."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(y - 30, x - 40)
    alpha = np.clip(255 * (25 - distance) / 6, 0, 255).astype(np.uint8)
    return made_up_photograph(HEIGHT, WIDTH), alpha


def behind(kind, photograph):
    """Return colors that nobody sees."""
    if kind == "noise":
        return np.random.default_rng(1).integers(0, 256, photograph.shape, np.uint8)
    return np.full_like(photograph, kind)


def saved(path, photograph, alpha):
    Image.fromarray(np.dstack([photograph, alpha])).save(path, lossless=True, exact=True)
    return path


@pytest.mark.parametrize("extension", ["png", "webp", "tif"])
def test_the_same_visible_picture_is_painted_the_same(extension, scene, style, tmp_path):
    photograph, alpha = scene
    stylizer = Stylizer(style)
    paintings = []
    for kind in (0, 255, "noise"):
        hidden = np.where(alpha[..., None] == 0, behind(kind, photograph), photograph)
        path = saved(tmp_path / f"{kind}.{extension}", hidden, alpha)
        picture = read_picture(path)
        np.testing.assert_array_equal(
            picture.pixels[alpha > 3], photograph[alpha > 3].astype(np.float32)
        )
        paintings.append(stylizer(picture))
    for painting in paintings[1:]:
        difference = np.abs(painting.pixels - paintings[0].pixels)
        assert difference[alpha > 0].max() <= 1
        np.testing.assert_array_equal(painting.alpha, alpha)


def test_colors_of_soft_edges_matter_as_little_as_they_are_seen(scene, style, tmp_path):
    """What changes nothing that is seen by 1 of 255, changes little of the painting."""
    photograph, alpha = scene
    stylizer = Stylizer(style)
    rng = np.random.default_rng(2)
    unseen = (
        rng.uniform(-1, 1, photograph.shape) * 127.5 / np.maximum(alpha, 0.5)[..., None]
    )
    unseen[alpha > 3] = 0
    other = np.clip(photograph + unseen, 0, 255).astype(np.uint8)
    paintings = [
        stylizer(read_picture(saved(tmp_path / f"{i}.png", pixels, alpha))).pixels
        for i, pixels in enumerate((photograph, other))
    ]
    share = alpha[..., None] / 255
    assert np.abs((paintings[0] - paintings[1]) * share).max() <= 2


def test_what_is_filled_lies_between_what_is_visible(scene):
    photograph, alpha = scene
    filled = fill_invisible(photograph.astype(np.float32), alpha)
    visible = photograph[alpha > 0]
    assert (filled >= visible.min(0) - 0.01).all() and (
        filled <= visible.max(0) + 0.01
    ).all()


def test_near_colors_count_more_than_far_ones():
    pixels = np.zeros((64, 64, 3), np.float32)
    pixels[:, :16], pixels[:, 48:] = [200, 0, 0], [0, 0, 200]
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, :16] = alpha[:, 48:] = 255
    filled = fill_invisible(pixels, alpha)
    assert (filled[:, 20, 0] > 150).all() and (filled[:, 43, 2] > 150).all()
    np.testing.assert_allclose(filled[..., 0] + filled[..., 2], 200, atol=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (5, 8)])
def test_nothing_visible_is_gray(shape):
    noise = np.random.default_rng(0).uniform(0, 255, (*shape, 3)).astype(np.float32)
    filled = fill_invisible(noise, np.zeros(shape, np.uint8))
    np.testing.assert_allclose(filled, 127.5)


def test_one_visible_pixel_fills_everything():
    pixels = np.random.default_rng(0).uniform(0, 255, (33, 21, 3)).astype(np.float32)
    alpha = np.zeros((33, 21), np.uint8)
    alpha[30, 2] = 255
    filled = fill_invisible(pixels, alpha)
    np.testing.assert_allclose(
        filled, np.broadcast_to(pixels[30, 2], filled.shape), rtol=1e-4
    )


def test_opaque_pictures_are_left_alone():
    pixels = np.random.default_rng(0).uniform(0, 255, (5, 6, 3)).astype(np.float32)
    assert fill_invisible(pixels, np.full((5, 6), 4, np.uint8)) is pixels
