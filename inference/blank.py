"""Find painted pictures that show nothing, which damaged weights can cause."""

import warnings

import numpy as np

from fusion_style.models.config import FLOOR


class PaintingWarning(UserWarning):
    """Warns of a painted picture that shows nothing; the message names the style."""


def look_at(painted: np.ndarray, pixels: np.ndarray, style: str) -> None:
    """Warn if a painted picture shows nothing although its photograph shows something.

    Args:
        painted, pixels: the two pictures, float32 RGB (height, width, 3), 0-255.
        style: name of the style, for the message.

    Warns:
        PaintingWarning: if `painted` is not finite or has a single color, and `pixels` is
            finite or has more colors.
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
    """Return whether all pixels differ from the first by at most `within` gray levels."""
    first = pixels[0, 0]
    return all((np.abs(row - first) <= within).all() for row in pixels)
