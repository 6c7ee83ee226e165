"""Paintings that show nothing, as damaged weights paint them."""

import warnings

import numpy as np

from fusion_style.models.config import FLOOR


class PaintingWarning(UserWarning):
    """A painting that shows nothing of its photograph; the message names the style."""


def look_at(painted: np.ndarray, pixels: np.ndarray, style: str) -> None:
    """Warn of a painting that shows nothing of a picture that shows something.

    Args:
        painted, pixels: float32 RGB (height, width, 3), 0-255.
        style: what painted, for the message.
    """
    if not finite(painted) and finite(pixels):
        what = "values that are not finite"
    elif one_color(painted) and not one_color(pixels, 2 * FLOOR):
        what = "a single color"
    else:
        return
    warnings.warn(
        f"The style {style} paints {what} where the picture has more to show. Its weights "
        "may be damaged",
        PaintingWarning,
        stacklevel=3,
    )


def finite(pixels: np.ndarray) -> bool:
    """Return whether no pixel is infinite or not a number."""
    return bool(np.isfinite([pixels.min(), pixels.max()]).all())


def one_color(pixels: np.ndarray, within: float = 0.5) -> bool:
    """Return whether all pixels are like the first, within so many gray levels."""
    first = pixels[0, 0]
    return all((np.abs(row - first) <= within).all() for row in pixels)
