"""A shot's statistics, which change slowly, instead of each frame's own.

A network that sees the contrast and the averages of each frame by itself paints a wall
otherwise as soon as somebody walks into the picture. So what is taken over a whole frame
follows with a delay, and begins anew at each cut.
"""

import numpy as np

from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.statistics import photograph_of
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import REGION, mirrored, spans

KEPT = 0.9  # of the statistics from one frame to the next
EVERY = 8  # frames between two measurements of what goes into the norms


class ShotStatistics:
    """Gives each frame the statistics to paint it with.

    Args:
        stylizer: which measures. What it measures costs nearly as much as painting, so
            only one of `EVERY` frames is measured.
    """

    def __init__(self, stylizer: Stylizer) -> None:
        self.stylizer = stylizer
        self.photograph: Photograph | None = None
        self.norms: np.ndarray | None = None
        self.target: np.ndarray | None = None
        self.age = 0

    def __call__(
        self, pixels: np.ndarray, cut: bool
    ) -> tuple[Photograph, np.ndarray | None]:
        """Return what `Engine.paint` takes for a frame: (photograph, statistics).

        Args:
            pixels: float32 RGB (height, width, 3), 0-255; frames are given in order.
            cut: whether the frame begins a shot.
        """
        seen = photograph_of(pixels)
        if cut or self.photograph is None:
            self.photograph, self.age = seen, 0
        else:
            pairs = zip(self.photograph, seen, strict=True)
            self.photograph = Photograph(*(follow(old, new) for old, new in pairs))
        if self.stylizer.engine.graph.norms:
            if self.age % EVERY == 0:
                self.target = measure(self.stylizer, pixels, self.photograph)
            if self.age == 0 or self.norms is None:
                self.norms = self.target
            else:
                self.norms = follow(self.norms, self.target)
        self.age += 1
        return self.photograph, self.norms


def follow(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    return (KEPT * old + (1 - KEPT) * new).astype(np.float32)


def measure(
    stylizer: Stylizer, pixels: np.ndarray, photograph: Photograph, region: int = REGION
) -> np.ndarray:
    """Return mean and variance of what goes into the norms, from a whole frame.

    A frame larger than `region` is measured in tiles that cover it.

    Returns:
        float32 (2, channels of the norms in all).
    """
    graph, margin = stylizer.engine.graph, stylizer.margin
    axes = []
    for size in pixels.shape[:2]:
        length, places = spans(
            size + 2 * margin, region, graph.halo, graph.multiple, graph.smallest
        )
        axes.append([
            mirrored(start - margin, start - margin + length, size)
            for start, _, _ in places
        ])  # fmt: skip
    tiles = [
        stylizer.engine.measure(
            pixels[down[:, None], across][None], photograph, stylizer.style
        )
        for down in axes[0]
        for across in axes[1]
    ]
    means, variances = np.stack(tiles, axis=1)
    mean = means.mean(axis=0)
    return np.stack([mean, (variances + means**2).mean(axis=0) - mean**2])
