"""VideoConfig: the settings for videos, besides those of painting pictures."""

import dataclasses

from fusion_style.settings import setting


@dataclasses.dataclass(frozen=True)
class VideoConfig:
    """The settings for painting and writing videos."""

    start: float | None = setting(
        "Begin at this second of a video.", None, at_least=0
    )  # fmt: skip
    end: float | None = setting("Stop at this second of a video.", None, above=0)
    max_frames: int | None = setting(
        "Paint at most this many frames of a video.", None, at_least=1
    )
    crf: float | None = setting(
        "Quality of a painted video, on its encoder's scale; smaller is better. The "
        "default suits the source.", None,
        at_least=0, at_most=63,
    )  # fmt: skip
    bitrate: int | None = setting(
        "Bits per second of a painted video, instead of a constant quality.", None,
        at_least=1000,
    )  # fmt: skip
    steady: float = setting(
        "How much flicker is reduced: from 0 (each frame is painted alone) to 1.", 1.0,
        at_least=0, at_most=1,
    )  # fmt: skip
    morph: str | None = setting(
        'A mix that moves: seconds of a video and paintings of one file, as in "0:wave '
        '5:udnie".', None,
    )  # fmt: skip
    resume: bool = setting("Continue a video that was interrupted.", False)
    part: str | None = setting(
        "Paint only this part of a video, such as 2/5; each machine paints another.", None
    )
    join: bool = setting("Join painted parts. Give all of them, and --out FILE.", False)
    preview: str | None = setting(
        "A picture file that always shows the newest painted frame.", None
    )
    workers: int | None = setting(
        "How many frames of a video to paint at the same time. The default is one on each "
        "of --devices.", None, at_least=1, at_most=64,
    )  # fmt: skip
