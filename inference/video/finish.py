"""The last stage of painting a video: paintings are steadied, and written."""

import dataclasses
from typing import Any

import numpy as np

from fusion_style.data.colors import with_colors_of
from fusion_style.data.video.encoders import Encoding
from fusion_style.data.video.frames import Frame, Step
from fusion_style.data.video.probe import VideoError
from fusion_style.data.video.reader import VideoReader
from fusion_style.data.video.writer import VideoWriter
from fusion_style.inference.video.config import VideoConfig


@dataclasses.dataclass
class Work:
    """A step, with what its frame is painted with, and then its painting.

    Attributes:
        step: of the reader.
        photograph: the frame's pixels, float32 RGB (height, width, 3); None where there
            is nothing to paint, and then so is all that follows.
        cut: whether the frame begins a shot.
        seen: a `Photograph`, of the shot.
        norms: mean and variance for the norms; None for the frame's own.
        painting: float32 RGB (height, width, 3), 0-255.
    """

    step: Step
    photograph: Any = None
    cut: bool = False
    seen: Any = None
    norms: np.ndarray | None = None
    painting: Any = None


class Finish:
    """Steadies paintings, and writes them; the last stage.

    Args:
        path: of the file that is written.
        encoding, reader: see `VideoWriter`.
        config: how steady.
        strength, keep_colors: see `Stylizer.__call__`.
    """

    def __init__(
        self, path: str, encoding: Encoding, reader: VideoReader, config: VideoConfig,
        strength: float, keep_colors: bool,
    ) -> None:  # fmt: skip
        from fusion_style.inference.video.steady import Steady  # OpenCV, for videos only

        self.path, self.encoding, self.reader = path, encoding, reader
        self.steady = Steady(config.steady)
        self.strength, self.keep_colors = strength, keep_colors
        self.writer: VideoWriter | None = None
        self.waiting: list = []
        self.good: Frame | None = None
        self.frames = self.shots = 0
        self.notes: list[str] = []

    def __call__(self, work: Work) -> None:
        """Write a step of the video."""
        frame = work.step.frame
        self.waiting += work.step.packets
        if frame is not None:
            if work.painting is not None:
                self.show(frame, work)
            elif self.good is not None:  # a damaged one: the last good painting stays
                frame.pixels, frame.alpha = self.good.pixels, self.good.alpha
            if self.writer is None:
                self.writer = VideoWriter(self.path, self.encoding, self.reader, frame)
            self.writer.write(frame)
            self.frames += 1
        if self.writer is not None:
            self.writer.copy(self.waiting)
            self.waiting = []

    def show(self, frame: Frame, work: Work) -> None:
        """Give a frame the pixels to show."""
        self.shots += work.cut
        photograph = work.photograph
        painting = self.steady(photograph, work.painting, work.cut)
        if self.keep_colors:
            painting = with_colors_of(painting, photograph)
        if self.strength < 1:
            painting = photograph + np.float32(self.strength) * (painting - photograph)
        frame.pixels = painting
        if self.good is None or not frame.damaged:
            self.good = frame

    def close(self) -> None:
        """Write the end of the file."""
        if self.writer is None:
            raise VideoError(f"{self.reader.path} has no frame that can be read")
        self.writer.close()

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        if self.writer is not None:
            self.writer.abandon()


def said(reader: VideoReader) -> list[str]:
    """Return what was wrong with a video, each a line for the user."""
    lines = []
    if reader.damaged:
        times = ", ".join(f"{time:.2f}" for time in reader.damaged[:5])
        more = ", ..." if len(reader.damaged) > 5 else ""
        lines.append(
            f"damaged frames: {len(reader.damaged)}, at {times}{more} s. The last good "
            "painting is shown instead"
        )
    if reader.resized:
        width, height = reader.size or (0, 0)
        lines.append(
            f"{reader.resized} frames had another size, and were resized to "
            f"{width}x{height}"
        )
    if reader.cut_short:
        lines.append(
            f"the file is incomplete: {reader.cut_short}. What there is is painted"
        )
    return lines
