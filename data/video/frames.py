"""Frames of a video."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from av import VideoFrame


@dataclasses.dataclass
class Frame:
    """A frame, ready to be painted, or painted.

    Attributes:
        pixels: float32 RGB (height, width, 3), 0-255, upright; None of a damaged frame.
        alpha: uint8 (height, width), or None.
        time: when it is shown, in ticks of the video.
        duration: how long, in ticks; 0 where the file doesn't say.
        damaged: whether the decoder could not read it, or not all of it.
        resized: whether it had another size than the first frame.
        second: when it is shown in the source, in seconds after the source's first frame.
    """

    pixels: np.ndarray | None
    alpha: np.ndarray | None
    time: int
    duration: int
    damaged: bool = False
    resized: bool = False
    second: float = 0.0


def side_data(frame: "VideoFrame") -> dict[str, bytes]:
    """Return {name: FFmpeg's struct as bytes} of the side data of a frame of PyAV."""
    container: Any = frame.side_data  # PyAV's annotations are incomplete
    found = (container[i] for i in range(len(container)))
    return {data.type.name: bytes(data) for data in found}
