"""A Stylizer that uses a mask, for pictures and for the frames of videos."""

import threading

import numpy as np

from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.masks import Mask, blend
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import REGION


class MaskedStylizer(Stylizer):
    """Paint in one style where a mask is white, and in another where it is black.

    Args:
        stylizer: the style for white parts of the mask; its engine is shared.
        mask: must have the pictures' aspect ratio.
        beside: the style for black parts; None to keep the photograph there.
        lock: held while `beside` paints; give it if several MaskedStylizers share `beside`.
    """

    def __init__(
        self, stylizer: Stylizer, mask: Mask, beside: Stylizer | None,
        lock: "threading.Lock | None" = None,
    ) -> None:  # fmt: skip
        vars(self).update(vars(stylizer))
        self.mask, self.beside = mask, beside
        self.lock = lock or threading.Lock()
        self.shares = np.empty((0, 0, 1), np.float32)  # for the size of the last picture

    def with_engine_of(self, stylizer: Stylizer) -> "MaskedStylizer":
        """Return a MaskedStylizer with this mask and another Stylizer's engine."""
        return MaskedStylizer(stylizer, self.mask, self.beside, self.lock)

    def paint_seen(
        self, pixels: np.ndarray, photograph: Photograph,
        statistics: np.ndarray | None = None, region: int = REGION, progress: bool = True,
    ) -> np.ndarray:  # fmt: skip
        """Return a painted picture, blended by the mask; see `Stylizer.paint_seen`.

        Raises:
            ValueError: if the picture has another aspect ratio than the mask.
        """
        if self.shares.shape[:2] != pixels.shape[:2]:
            self.shares = self.mask.fitted(*pixels.shape[:2])
        painted = super().paint_seen(pixels, photograph, statistics, region, progress)
        under = pixels
        if self.beside is not None:
            with self.lock:
                under = self.beside.paint_seen(
                    pixels, photograph, region=region, progress=progress
                )
        return blend(painted, under, self.shares)
