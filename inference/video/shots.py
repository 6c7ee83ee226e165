"""Find where a new shot begins, frame by frame."""

import numpy as np

from fusion_style.data.images import resize

HISTOGRAM = 0.35  # share of pixels whose color must change
DIFFERENCE = 20.0  # mean difference of reduced pictures, in gray levels


class CutFinder:
    """Find hard cuts, at which both the colors and the picture change.

    A flash changes only the colors, and a fast camera only the picture.
    """

    def __init__(self) -> None:
        self.colors: np.ndarray | None = None
        self.small: np.ndarray | None = None

    def __call__(self, pixels: np.ndarray) -> bool:
        """Return whether a frame begins a shot. The first frame does.

        Args:
            pixels: float32 RGB (height, width, 3), 0-255; give the frames in order.
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
    """Return the share of pixels in each of 6×6×6 boxes of colors, float64 (216,)."""
    boxes = np.minimum(pixels / (256 / 6), 5).astype(np.intp).reshape(-1, 3)
    return np.bincount(boxes @ [36, 6, 1], minlength=216) / len(boxes)
