"""The last stage of painting a video: paintings are steadied, and written."""

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
    """A frame, with what it is painted with, and then its painting.

    Attributes:
        frame: of the reader.
        photograph: the frame's pixels, float32 RGB (height, width, 3); None where there
            is nothing to paint, and then so is all that follows.
        cut: whether the frame begins a shot.
        seen: a `Photograph`, of the shot.
        norms: mean and variance for the norms; None for the frame's own.
        painting: float32 RGB (height, width, 3), 0-255.
    """

    frame: Frame
    photograph: Any = None
    cut: bool = False
    seen: Any = None
    norms: np.ndarray | None = None
    painting: Any = None


class Output(Protocol):
    """Where painted frames go."""

    def write(self, frame: Frame, cut: bool, held: Callable[[], State]) -> None:
        """Write a frame; see `Segments.write`."""

    def close(self) -> None:
        """Write the end."""

    def abandon(self, error: BaseException) -> None:
        """Let go of what will not be finished."""


class Finish:
    """Steadies paintings, and writes them; the last stage.

    Args:
        output: where to.
        steady: how much is held, 0 to 1.
        strength, keep_colors: see `Stylizer.__call__`.
        preview: shows the newest painting.

    Attributes:
        frames: how many were written.
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
        """Write a frame of the video."""
        frame, held = work.frame, self.state()
        if work.painting is not None:
            self.show(frame, work)
        elif self.good is not None:  # a damaged one: the last good painting stays
            frame.pixels, frame.alpha = self.good.pixels, self.good.alpha
        self.output.write(frame, work.cut, lambda: held)
        self.frames += 1
        if self.preview is not None and frame.pixels is not None:
            self.preview(frame.pixels)

    def show(self, frame: Frame, work: Work) -> None:
        """Give a frame the pixels to show."""
        photograph = work.photograph
        painting = self.steady(photograph, work.painting, work.cut)
        if self.keep_colors:
            painting = with_colors_of(painting, photograph)
        if self.strength < 1:
            painting = photograph + np.float32(self.strength) * (painting - photograph)
        frame.pixels = painting
        self.before = work
        if self.good is None or not frame.damaged:
            self.good = frame

    def state(self) -> State:
        """Return what the next frames need to know of those before; nothing is copied."""
        if self.before is None or self.good is None or self.good.pixels is None:
            return {}
        held = {f"steady_{name}": values for name, values in self.steady.state().items()}
        held |= {"photograph": self.before.photograph, "good": self.good.pixels}
        held |= {"mean": self.before.seen.mean, "factor": self.before.seen.factor}
        if self.good.alpha is not None:
            held["alpha"] = self.good.alpha
        return held | {"undamaged": np.array(not self.good.damaged)}

    def go_on(self, state: Mapping[str, np.ndarray]) -> Photograph:
        """Take up what `state` returned; return the statistics of the shot."""
        photograph, seen = state["photograph"], Photograph(state["mean"], state["factor"])
        good = Frame(state["good"], state.get("alpha"), 0, 0, not state["undamaged"])
        self.good, self.before = good, Work(good, photograph, seen=seen)
        prefix = "steady_"
        self.steady.go_on(photograph, {
            name.removeprefix(prefix): values
            for name, values in state.items() if name.startswith(prefix)
        })  # fmt: skip
        return seen
