"""The box of a painting's colors, against plain arithmetic."""

import numpy as np

from fusion_style.losses.palette import Palette

RNG = np.random.default_rng(0)
COLORS = np.float32([[200, 120, 40], [90, 60, 30], [20, 30, 60]])


def painting(height=40, width=50):
    """Mixtures of three colors: a triangle in the space of colors."""
    shares = RNG.dirichlet(np.ones(3), (height, width))
    return (shares @ COLORS).astype(np.float32)


def test_a_paintings_own_colors_are_inside():
    picture = painting()
    beyond = np.asarray(Palette([picture]).beyond(picture[None]))[0]
    assert beyond.shape == picture.shape[:2]
    # They lie in a plane: across it, all that is beyond is rounding.
    assert (beyond > 1e-6).mean() <= 6 * 0.002 + 1e-6 and beyond.max() < 1


def test_distance_against_numpy():
    picture = painting().astype(np.float64)
    palette = Palette([picture.astype(np.float32)])
    colors = picture.reshape(-1, 3)
    mean, covariance = colors.mean(0), np.cov(colors.T)
    for color in ([255.0, 255, 255], [0, 255, 0], mean):
        expected = 0.0
        variances, axes = np.linalg.eigh(covariance)
        for variance, axis in zip(variances, axes.T, strict=True):
            along = (colors - mean) @ axis
            least, most = np.quantile(along, [0.002, 0.998])
            here = (np.asarray(color) - mean) @ axis
            outside = here - np.clip(here, least, most)
            expected += outside**2 / max(variance, 1)
        pixels = np.full((1, 2, 2, 3), color, np.float32)
        found = np.asarray(palette.beyond(pixels))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_a_painting_of_one_color_has_a_palette():
    palette = Palette([np.full((8, 8, 3), 100, np.float32)])
    near, far = np.float32([[[[101, 100, 100], [200, 100, 100]]]])[0, 0]
    beyond = np.asarray(palette.beyond(np.stack([near, far])[None, None]))[0, 0]
    np.testing.assert_allclose(beyond, [1, 100**2], rtol=1e-3)


def test_several_paintings_share_their_colors():
    dark, bright = np.float32(20) + 0 * painting(), np.float32(230) + 0 * painting()
    both = Palette([dark, bright])
    for picture in (dark, bright):
        assert np.asarray(both.beyond(picture[None])).max() < 1e-3
    assert np.asarray(Palette([dark]).beyond(bright[None])).min() > 100
