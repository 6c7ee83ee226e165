"""Where a shot ends and another begins, seen as frames pass."""

import numpy as np

from fusion_style.data.images import resize

HISTOGRAM = 0.35  # share of pixels that must have changed their color
DIFFERENCE = 20.0  # mean difference of small pictures, in levels of 255


class CutFinder:
    """Finds hard cuts: both the colors and the picture change from one frame to the next.

    A flash changes the colors, and a fast camera the picture; a cut mostly both.
    """

    def __init__(self) -> None:
        self.colors: np.ndarray | None = None
        self.small: np.ndarray | None = None

    def __call__(self, pixels: np.ndarray) -> bool:
        """Return whether a frame begins a shot; the first does.

        Args:
            pixels: float32 RGB (height, width, 3), 0-255; frames are given in order.
        """
        step = [max(n // 64, 1) for n in pixels.shape[:2]]
        small = resize(np.ascontiguousarray(pixels[:: step[0], :: step[1]]), 18, 32)
        colors = histogram(pixels[:: max(step[0] // 2, 1), :: max(step[1] // 2, 1)])
        before, self.small = self.small, small
        colors_before, self.colors = self.colors, colors
        if before is None or colors_before is None:
            return True
        changed = np.abs(colors - colors_before).sum() / 2
        difference = np.abs(small - before).mean()
        return bool(changed > HISTOGRAM and difference > DIFFERENCE)


def histogram(pixels: np.ndarray) -> np.ndarray:
    """Return the shares of pixels in 6×6×6 boxes of color."""
    boxes = np.minimum(pixels / (256 / 6), 5).astype(np.intp).reshape(-1, 3)
    return np.bincount(boxes @ [36, 6, 1], minlength=216) / len(boxes)
