"""The last stage of painting a video: reduce flicker, and write the frames."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from fusion_style.data.colors import with_colors_of
from fusion_style.data.video.frames import Frame
from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.video.preview import Preview
from fusion_style.inference.video.steady import Steady

State = dict[str, np.ndarray]


@dataclasses.dataclass
class Work:
    """A frame on its way through the stages.

    Attributes:
        frame: from the reader.
        photograph: the frame's pixels, float32 RGB (height, width, 3), 0-255; None if there
            is nothing to paint. Then the other attributes keep their defaults.
        cut: whether the frame begins a shot.
        seen: the `Photograph` statistics of the shot.
        norms: mean and variance for the norms; None to use those of the frame.
        mix: the shares of the paintings, if they move with time; else None.
        painting: the painted frame, float32 RGB (height, width, 3), 0-255.
    """

    frame: Frame
    photograph: Any = None
    cut: bool = False
    seen: Any = None
    norms: np.ndarray | None = None
    mix: np.ndarray | None = None
    painting: Any = None


class Output(Protocol):
    """The interface of everything to which painted frames are written."""

    def write(self, frame: Frame, cut: bool, held: Callable[[], State]) -> None:
        """Write a frame; see `Segments.write`."""

    def close(self) -> None:
        """Finish writing."""

    def abandon(self, error: BaseException) -> None:
        """Stop writing, because of an error."""


class Finish:
    """Reduce the flicker of painted frames, and write them.

    Args:
        output: where to write them.
        steady: how much flicker to reduce, 0 to 1.
        strength, keep_colors: see `Stylizer.__call__`.
        preview: shows the newest painted frame, or None.

    Attributes:
        frames: number of frames written.
    """

    def __init__(
        self, output: Output, steady: float, strength: float = 1.0,
        keep_colors: bool = False, preview: Preview | None = None,
    ) -> None:  # fmt: skip
        self.output, self.steady = output, Steady(steady)
        self.strength, self.keep_colors = strength, keep_colors
        self.preview = preview
        self.good: Frame | None = None
        self.before: Work | None = None  # the last one that was painted
        self.frames = 0

    def __call__(self, work: Work) -> None:
        """Write the painted frame of a `Work`."""
        frame, held = work.frame, self.state()
        if work.painting is not None:
            self.show(frame, work)
        elif self.good is not None:  # it is damaged: repeat the last good painting
            frame.pixels, frame.alpha = self.good.pixels, self.good.alpha
        self.output.write(frame, work.cut, lambda: held)
        self.frames += 1
        if self.preview is not None and frame.pixels is not None:
            self.preview(frame.pixels)

    def show(self, frame: Frame, work: Work) -> None:
        """Replace a frame's pixels with the painted ones."""
        photograph = work.photograph
        painting = self.steady(photograph, work.painting, work.cut, work.mix)
        if self.keep_colors:
            painting = with_colors_of(painting, photograph)
        if self.strength < 1:
            painting = photograph + np.float32(self.strength) * (painting - photograph)
        frame.pixels = painting
        self.before = work
        if self.good is None or not frame.damaged:
            self.good = frame

    def state(self) -> State:
        """Return the data of earlier frames that the next frames need, without copies."""
        if self.before is None or self.good is None or self.good.pixels is None:
            return {}
        held = {f"steady_{name}": values for name, values in self.steady.state().items()}
        held |= {"photograph": self.before.photograph, "good": self.good.pixels}
        held |= {"mean": self.before.seen.mean, "factor": self.before.seen.factor}
        if self.good.alpha is not None:
            held["alpha"] = self.good.alpha
        return held | {"undamaged": np.array(not self.good.damaged)}

    def go_on(self, state: Mapping[str, np.ndarray]) -> Photograph:
        """Continue from what `state` returned; return the statistics of the shot."""
        photograph, seen = state["photograph"], Photograph(state["mean"], state["factor"])
        good = Frame(state["good"], state.get("alpha"), 0, 0, not state["undamaged"])
        self.good, self.before = good, Work(good, photograph, seen=seen)
        prefix = "steady_"
        self.steady.go_on(photograph, {
            name.removeprefix(prefix): values
            for name, values in state.items() if name.startswith(prefix)
        })  # fmt: skip
        return seen
