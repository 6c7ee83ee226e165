"""A shot's contrast and average, which change slowly, instead of each frame's own.

A photograph is given to the network at one contrast. If each frame were given at its own,
a wall would be painted otherwise as soon as somebody walks into the picture. So what is
taken over a whole frame follows with a delay, and begins anew at each cut.

What goes into the norms is not held: it is each frame's own. Held from frame to frame it
made paintings harsher and less steady (docs/video.md has the figures): each norm corrects
what the ones before it let through, and norms that are given can't.
"""

import numpy as np

from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.statistics import photograph_of, samples
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import REGION

KEPT = 0.9  # of the statistics from one frame to the next


class ShotStatistics:
    """Gives each frame the statistics to paint it with.

    Args:
        stylizer: which measures what goes into the norms, where frames are painted in
            tiles.
    """

    def __init__(self, stylizer: Stylizer) -> None:
        self.stylizer = stylizer
        self.photograph: Photograph | None = None

    def __call__(
        self, pixels: np.ndarray, cut: bool, region: int = REGION
    ) -> tuple[Photograph, np.ndarray | None]:
        """Return what `Engine.paint` takes for a frame: (photograph, statistics).

        Args:
            pixels: float32 RGB (height, width, 3), 0-255; frames are given in order.
            cut: whether the frame begins a shot.
            region: see `inference.tiles.paint_in_tiles`.
        """
        seen = photograph_of(pixels)
        if cut or self.photograph is None:
            self.photograph = seen
        else:
            mean, factor = (
                (KEPT * old + (1 - KEPT) * new).astype(np.float32)
                for old, new in zip(self.photograph, seen, strict=True)
            )
            self.photograph = Photograph(mean, factor)
        engine, margin = self.stylizer.engine, self.stylizer.margin
        if not engine.graph.measured or max(pixels.shape[:2]) + 2 * margin <= region:
            return self.photograph, None
        style = self.stylizer.style
        return self.photograph, engine.measure(samples(pixels), self.photograph, style)
