"""Measure how much a painted picture changes when its photograph changes a little.

Such changes make a video flicker: the camera moves by a pixel, or the sensor is noisy.
"""

import numpy as np

NOISE = 2.0  # gray levels


def stability(paint, photograph, painting):
    """Return the mean changes of a painted picture, in gray levels.

    Args:
        paint: function from a photograph to the painted picture, float32 RGB (height,
            width, 3), 0-255.
        photograph: float32 RGB (height, width, 3), 0-255.
        painting: `paint(photograph)`.

    Returns:
        {"shift"}: the change if the photograph is moved by one pixel and the painted
        picture is moved back; the mean of one move up and one to the left. {"noise"}: the
        change if noise of 2 gray levels is added to the photograph.
    """
    up, left = paint(photograph[1:]), paint(photograph[:, 1:])
    return {
        "shift": mean(difference(up, painting[1:]), difference(left, painting[:, 1:])),
        "noise": difference(paint(with_noise(photograph)), painting),
    }


def own_changes(photograph):
    """Return the changes of the photograph itself, which is not moved back."""
    down = difference(photograph[1:], photograph[:-1])
    across = difference(photograph[:, 1:], photograph[:, :-1])
    return {
        "shift": mean(down, across),
        "noise": difference(with_noise(photograph), photograph),
    }


def with_noise(photograph):
    """Return the photograph with normal noise of deviation `NOISE`, always the same."""
    noise = np.random.default_rng(0).normal(0, NOISE, photograph.shape)
    return np.clip(photograph + noise, 0, 255).astype(np.float32)


def difference(first, second):
    """Return the mean absolute difference, in gray levels."""
    return float(np.abs(first - second).mean())


def mean(first, second):
    """Return the mean of two numbers."""
    return (first + second) / 2
