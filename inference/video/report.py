"""What is said to the user when a video is painted."""

import dataclasses
from collections.abc import Sequence

from fusion_style.data.video.parts import Part


@dataclasses.dataclass
class VideoReport:
    """What came of painting a video.

    Attributes:
        frames: how many were written.
        shots: how many there were.
        notes: what is not as it was, each a line for the user.
    """

    frames: int
    shots: int
    notes: list[str]


def said(parts: Sequence[Part]) -> list[str]:
    """Return what was wrong with a video, each a line for the user."""
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
            f"{resized} frames had another size, and were resized to {width}x{height}"
        )
    cut_short = [part.trailer["cut_short"] for part in parts if part.trailer["cut_short"]]
    if cut_short:
        lines.append(f"the file is incomplete: {cut_short[0]}. What there is is painted")
    return lines
