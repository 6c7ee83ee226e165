"""How much a painting changes when its photograph hardly does.

What flickers in a video: the camera moves by a pixel, the sensor is noisy.
"""

import numpy as np

NOISE = 2.0  # gray levels


def stability(paint, photograph, painting):
    """Changes of a painting, in gray levels, in the mean.

    Args:
        paint: function from a photograph to its painting, float32 RGB (height, width,
            3), 0-255.
        photograph, painting: one, and what `paint` makes of it.

    Returns:
        {"shift"}: where the photograph is moved by a pixel, up and to the left, and the
        painting back; the mean of both. {"noise"}: with noise of 2 gray levels added.
    """
    up, left = paint(photograph[1:]), paint(photograph[:, 1:])
    return {
        "shift": mean(difference(up, painting[1:]), difference(left, painting[:, 1:])),
        "noise": difference(paint(with_noise(photograph)), painting),
    }


def own_changes(photograph):
    """The same of the photograph itself, not moved back, since nothing would be left."""
    down = difference(photograph[1:], photograph[:-1])
    across = difference(photograph[:, 1:], photograph[:, :-1])
    return {
        "shift": mean(down, across),
        "noise": difference(with_noise(photograph), photograph),
    }


def with_noise(photograph):
    """The photograph with normal noise of deviation `NOISE`; the same at every call."""
    noise = np.random.default_rng(0).normal(0, NOISE, photograph.shape)
    return np.clip(photograph + noise, 0, 255).astype(np.float32)


def difference(first, second):
    """The mean absolute difference, in gray levels."""
    return float(np.abs(first - second).mean())


def mean(first, second):
    """The picture halfway between two."""
    return (first + second) / 2
