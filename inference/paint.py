"""Paint many pictures in many styles, one job after the other."""

import dataclasses
import os
from collections.abc import Iterable, Sequence

from fusion_style.data.images import PictureError, read_picture, write_picture
from fusion_style.data.video.animation import is_moving
from fusion_style.data.video.probe import VideoError, is_video
from fusion_style.files import remove_old_leftovers
from fusion_style.inference.brushes import Brushes, load_brushes
from fusion_style.inference.choice import StyleChoice, choices
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job, find_pictures, plan
from fusion_style.inference.morph import morph_choice
from fusion_style.settings import check


@dataclasses.dataclass
class Painted:
    """The result of painting.

    Attributes:
        jobs: the jobs that were planned.
        done: {path of a painted picture: path of its photograph}.
        kept: paths of painted pictures that existed already and were not changed.
        failed: a message for each error.
        notes: messages for the user about videos that differ from their source.
    """

    jobs: list[Job]
    done: dict[str, str] = dataclasses.field(default_factory=dict)
    kept: list[str] = dataclasses.field(default_factory=list)
    failed: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)


def paint_pictures(inputs: Sequence[str], config: PaintConfig) -> Painted:
    """Paint files and folders of pictures, and write the painted pictures.

    An error with one picture does not stop the others.

    Args:
        inputs: paths of pictures, videos and folders.
        config: how to paint, and where to write.

    Raises:
        ValueError: for settings that are not allowed, or a style that cannot be read.
    """
    check(config)
    if config.video.join:
        return joined(inputs, config)
    found = {choice.name: choice for choice in wanted_styles(config)}
    styles = list(found)
    pictures, missing = find_pictures(inputs, config.out, styles)
    jobs, refused = plan(pictures, styles, config.out)
    painted = Painted(jobs, failed=missing + refused)
    for folder in {
        os.path.dirname(path) or "." for job in jobs for _, path in job.paintings
    }:
        remove_old_leftovers(folder)  # even if nothing needs to be written
    brushes = load_brushes(found, config)
    painted.notes += brushes.notes
    shown: Iterable[Job] = jobs
    if len(jobs) > 1:
        import tqdm  # takes longer to import than a small picture takes to read

        shown = tqdm.tqdm(jobs, unit="picture")
    for job in shown:
        do(job, brushes, config, painted)
    return painted


def wanted_styles(config: PaintConfig) -> list[StyleChoice]:
    """Return the choices of --style; with --morph, the one file of it.

    Raises:
        ValueError: as `choices` and `morph_choice`.
    """
    if config.video.morph is None:
        return choices(config.style)
    return [morph_choice(config.video.morph, config.style, config.stroke)]


def do(job: Job, brushes: Brushes, config: PaintConfig, painted: Painted) -> None:
    """Paint one picture in all of its styles, and add the results to `painted`."""
    wanted = [p for p in job.paintings if config.overwrite or not os.path.exists(p[1])]
    painted.kept += [path for style, path in job.paintings if (style, path) not in wanted]
    try:
        if not wanted:
            return
        moving = is_video(job.path) or is_moving(job.path, wanted[0][1])
        if config.video.morph is not None and not moving:
            raise PictureError(
                f"{job.path} is not a video: --morph changes the mix with a video's time"
            )
        picture = None if moving else read_picture(job.path)
    except PictureError as error:
        painted.failed.append(str(error))
        return
    for style, path in wanted:
        try:
            if picture is None:
                # OpenCV and PyAV take half a second to import, which pictures don't need.
                from fusion_style.inference.video.command import paint_moving

                choice, stylizer = brushes.choices[style], brushes.stylizers[style]
                notes = paint_moving(job.path, path, choice, stylizer, config)
                painted.notes += [f"{path}: {note}" for note in notes]
            else:
                result = brushes.stylizers[style](
                    picture, config.max_size, config.strength, config.keep_colors
                )
                write_picture(path, result)
            painted.done[path] = job.path
        except VideoError as error:
            painted.failed.append(str(error))
        except OSError as error:
            painted.failed.append(f"{path} cannot be written: {error.strerror or error}")
        except Exception as error:
            # The types of TensorFlow's errors cannot be named without importing it.
            known = isinstance(error, (ValueError, RuntimeError, MemoryError))
            if not known and not type(error).__module__.startswith("tensorflow"):
                raise
            painted.failed.append(
                f"{job.path} cannot be painted: {error or 'out of memory'}"
            )


def joined(inputs: Sequence[str], config: PaintConfig) -> Painted:
    """Put the parts of a video together; return what came of it."""
    from fusion_style.inference.video.command import join_parts

    painted = Painted([])
    try:
        notes = join_parts(inputs, config.out)
        painted.notes += [f"{config.out}: {note}" for note in notes]
        painted.done[config.out] = f"{len(inputs)} files"
    except VideoError as error:
        painted.failed.append(str(error))
    except OSError as error:
        painted.failed.append(f"{config.out} cannot be written: {error.strerror or error}")
    return painted
