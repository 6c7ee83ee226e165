"""The report about a painted video, for the user."""

import dataclasses
from collections.abc import Sequence

from fusion_style.data.video.parts import Part


@dataclasses.dataclass
class VideoReport:
    """The result of painting a video.

    Attributes:
        frames: number of frames written.
        shots: number of shots.
        notes: messages for the user about what differs from the source.
    """

    frames: int
    shots: int
    notes: list[str]


def said(parts: Sequence[Part]) -> list[str]:
    """Return messages for the user about errors in a video."""
    lines = []
    damaged = [time for part in parts for time in part.trailer["damaged"]]
    if damaged:
        times = ", ".join(f"{time:.2f}" for time in damaged[:5])
        more = ", ..." if len(damaged) > 5 else ""
        lines.append(
            f"damaged frames: {len(damaged)}, at {times}{more} s. The last good "
            "painting is shown instead"
        )
    resized = sum(part.trailer["resized"] for part in parts)
    if resized:
        height, width = parts[0].header["painted"]
        lines.append(
            f"{resized} frames had another size and were resized to {width}x{height}"
        )
    cut_short = [part.trailer["cut_short"] for part in parts if part.trailer["cut_short"]]
    if cut_short:
        lines.append(
            f"the file is incomplete: {cut_short[0]}. The part that is there is painted"
        )
    return lines
