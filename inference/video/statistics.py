"""Mean and contrast of a shot, which change slowly from frame to frame.

A network sees each photograph scaled to the same mean and contrast. With each frame's own
statistics, a wall would be painted differently as soon as somebody walks into the picture.
So the statistics follow those of the frames slowly, and start again at each cut.

The statistics of the norms are each frame's own. When they were held over a shot, paintings
became harsher and flickered more (docs/video.md has the figures): each norm corrects errors
of the norms before it, and norms with given statistics cannot do that.
"""

import numpy as np

from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.statistics import photograph_of, samples
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import REGION

KEPT = 0.9  # weight of the statistics before, from one frame to the next


class ShotStatistics:
    """Compute the statistics with which to paint each frame.

    Args:
        stylizer: measures the norms' inputs, if frames are painted in tiles.
    """

    def __init__(self, stylizer: Stylizer) -> None:
        self.stylizer = stylizer
        self.photograph: Photograph | None = None

    def __call__(
        self, pixels: np.ndarray, cut: bool, region: int = REGION,
        stylizer: Stylizer | None = None,
    ) -> tuple[Photograph, np.ndarray | None]:  # fmt: skip
        """Return (photograph, statistics) for `Engine.paint`.

        Args:
            pixels: float32 RGB (height, width, 3), 0-255; give the frames in order.
            cut: whether the frame begins a shot.
            region: see `inference.tiles.paint_in_tiles`.
            stylizer: of the mix for this frame, with the same engine; by default the one
                for all frames.
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
        style = (stylizer or self.stylizer).style
        return self.photograph, engine.measure(samples(pixels), self.photograph, style)
