"""What painting a video is told, besides what painting a picture is told."""

import dataclasses

from fusion_style.settings import setting


@dataclasses.dataclass(frozen=True)
class VideoConfig:
    """How videos are painted and written."""

    start: float | None = setting(
        "Of a video, begin at this second.", None, at_least=0
    )  # fmt: skip
    end: float | None = setting("Of a video, stop at this second.", None, above=0)
    max_frames: int | None = setting(
        "Of a video, paint at most so many frames.", None, at_least=1
    )
    crf: float | None = setting(
        "A painted video's quality, on its encoder's scale; smaller is better.", None,
        at_least=0, at_most=63,
    )  # fmt: skip
    bitrate: int | None = setting(
        "A painted video's bits a second, instead of a constant quality.", None,
        at_least=1000,
    )  # fmt: skip
    steady: float = setting(
        "How much of a painting is held from frame to frame: 0, each is new, to 1.", 1.0,
        at_least=0, at_most=1,
    )  # fmt: skip
    resume: bool = setting("Go on with a video that was interrupted.", False)
    part: str | None = setting(
        "Paint one of several parts of a video, as in 2/5, on its own machine.", None
    )
    join: bool = setting("Put parts together. Give all of them, and --out FILE.", False)
    preview: str | None = setting(
        "Of videos, a picture to keep open: always the newest painting.", None
    )
    workers: int = setting(
        "How many frames of a video are painted at a time.", 1, at_least=1, at_most=64
    )
