"""PaintConfig: the settings of stylize.py."""

import dataclasses

from fusion_style.inference.cluster.config import RayConfig
from fusion_style.inference.engines.registry import ENGINES, PRECISIONS
from fusion_style.inference.video.config import VideoConfig
from fusion_style.settings import setting


@dataclasses.dataclass(frozen=True)
class PaintConfig:
    """How to paint photographs and videos, and where to write the results."""

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
    out: str = setting(
        "Output folder, here or in a bucket; for one picture or video also a file.",
        "stylized",
    )
    max_size: int | None = setting(
        "Largest longer side of the result, in pixels.", None, at_least=1
    )
    strength: float = setting(
        "From 0 (the photograph) to 1 (the painted picture).", 1.0, at_least=0, at_most=1
    )
    keep_colors: bool = setting("Keep the photograph's colors.", False)
    engine: str = setting(
        "What computes; auto is OpenVINO, or Keras's backend on an NVIDIA GPU.",
        "auto",
        choices=ENGINES,
    )
    precision: str = setting(
        "Precision of the network; int8 is no faster than auto on processors without VNNI.",
        "auto",
        choices=PRECISIONS,
    )
    devices: str = setting(
        "Where to paint: auto, cpu, gpu, cpu:N or gpu:N. Frames of a video go to all of "
        "them, pictures to the first.",
        "auto",
    )
    overwrite: bool = setting("Replace output files that exist already.", False)
    video: VideoConfig = VideoConfig()
    ray: RayConfig = RayConfig()
