"""Carry out what stylize.py asks for videos: paint one, paint a part, or join parts."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fusion_style.data.video.animation import ANIMATIONS
from fusion_style.data.video.probe import is_video
from fusion_style.inference.engines.places import find_places
from fusion_style.inference.masked import MaskedStylizer
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.animation import paint_animation
from fusion_style.inference.video.join import join, parts_and_source
from fusion_style.inference.video.paint import paint_part, paint_video
from fusion_style.inference.video.workers import load_workers
from fusion_style.models.choice import StyleChoice

if TYPE_CHECKING:
    from fusion_style.inference.config import PaintConfig


def paint_moving(
    source: str, path: str, style: StyleChoice, stylizer: Stylizer, config: "PaintConfig"
) -> list[str]:
    """Paint a video or an animation, or a part of one; return messages for the user.

    Args:
        source: path of the video.
        path: path of the painted video; with `--part`, of the joined video.
        style: the style from which `stylizer` was loaded.
        stylizer: paints the frames.
        config: the settings.

    Raises:
        VideoError, OSError: see `paint_video`.
    """
    workers: list[Stylizer] = [stylizer]
    look = (config.max_size, config.strength, config.keep_colors)
    if count_workers(config) > 1:
        workers = load_workers(
            style, config.engine, config.precision, config.video.workers, config.stroke,
            config.devices,
        )  # fmt: skip
        if isinstance(stylizer, MaskedStylizer):
            workers = [stylizer.with_engine_of(worker) for worker in workers]
    extension = os.path.splitext(path)[1].lower()
    if extension in ANIMATIONS and not is_video(source):
        return paint_animation(source, path, workers, config.video, *look).notes
    if config.video.part is not None:
        part = paint_part(
            source, path, workers, config.video, *look, overwrite=config.overwrite
        )
        return [f"{part} is painted. Join all parts with --join"]
    report = paint_video(
        source, path, workers, config.video, *look, overwrite=config.overwrite
    )
    return report.notes


def count_workers(config: "PaintConfig") -> int:
    """Return how many engines are asked for, by --workers or by --devices.

    Raises:
        ValueError: see `find_places`.
    """
    places = find_places(config.devices, config.engine, config.precision)
    return max(config.video.workers or 1, len(places))


def join_parts(inputs: Sequence[str], out: str) -> list[str]:
    """Join parts of a painted video; return messages for the user.

    Args:
        inputs: paths of the parts, and of the source if it has been moved.
        out: path of the file to write.

    Raises:
        VideoError, OSError: see `join`.
    """
    parts, source = parts_and_source(inputs, out)
    return join(parts, out, source).notes
