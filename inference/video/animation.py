"""Painting animated pictures: as videos are painted, but written at once at the end."""

from collections.abc import Sequence

import tqdm

from fusion_style.data.video.animation import AnimationReader, AnimationWriter
from fusion_style.inference.morph import morph_of
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.finish import Finish
from fusion_style.inference.video.preview import Preview
from fusion_style.inference.video.report import VideoReport
from fusion_style.inference.video.stages import run


def paint_animation(
    source: str, out: str, stylizers: Sequence[Stylizer], config: VideoConfig,
    max_size: int | None = None, strength: float = 1.0, keep_colors: bool = False,
    progress: bool = True,
) -> VideoReport:  # fmt: skip
    """Paint an animated GIF, WebP or PNG into a file, which appears whole or not at all.

    Args:
        source: path of the animation.
        out: path of the painting, with the extension of one of the three.
        stylizers, config, max_size, strength, keep_colors, progress: see `paint_video`.

    Raises:
        VideoError: if the animation can't be read, or not be written as `out`.
        OSError: if the file can't be written.
    """
    morph = morph_of(config, stylizers[0])
    reader = AnimationReader(source, config.start, config.end, config.max_frames)
    writer = AnimationWriter(out, reader.loops)
    preview = Preview(config.preview) if config.preview else None
    finish = Finish(writer, config.steady, strength, keep_colors, preview)
    count = min(reader.count, config.max_frames or reader.count)
    with tqdm.tqdm(total=count, unit="frame", disable=not progress, leave=False) as bar:
        run(reader, stylizers, finish, max_size, bar, morph=morph)
    notes = []
    if reader.cut_short:
        notes.append(
            f"the file is incomplete: {reader.cut_short}. What there is is painted"
        )
    return VideoReport(finish.frames, writer.shots, notes)
