"""What painting is told: the settings of stylize.py."""

import dataclasses

from fusion_style.inference.engines.registry import ENGINES, PRECISIONS
from fusion_style.inference.video.config import VideoConfig
from fusion_style.settings import setting


@dataclasses.dataclass(frozen=True)
class PaintConfig:
    """How photographs and videos are painted, and where the paintings go."""

    style: str = setting(
        "A shipped style's name, a style file, a training's folder, or all. FILE:wave is "
        "one painting of a file; wave=0.6,udnie=0.4 is a mix, whose weights are shares and "
        "need not sum to 1.",
        "all",
    )
    stroke: int | None = setting(
        "Size of the strokes: the painting's shorter side in pixels. The default is the "
        "largest learned size. Beyond the learned sizes, the photograph is scaled.",
        None,
        at_least=1,
        at_most=65536,
    )
    mask: str | None = setting(
        "A picture with the photographs' aspect ratio. White is painted, black is not.",
        None,
    )
    style2: str | None = setting("The style of what is black in --mask; see --style.", None)
    out: str = setting("A folder; or, for one picture or video, a file.", "stylized")
    max_size: int | None = setting(
        "Make the longer side no longer, in pixels.", None, at_least=1
    )
    strength: float = setting(
        "0, the photograph, to 1, the painting.", 1.0, at_least=0, at_most=1
    )
    keep_colors: bool = setting("Keep the photograph's colors.", False)
    engine: str = setting(
        "OpenVINO on a CPU, TensorFlow on a GPU.", "auto", choices=ENGINES
    )
    precision: str = setting(
        "Of the network's activations; int8 is no faster than auto on processors without "
        "VNNI.",
        "auto",
        choices=PRECISIONS,
    )
    overwrite: bool = setting("Replace pictures that are there already.", False)
    video: VideoConfig = VideoConfig()
