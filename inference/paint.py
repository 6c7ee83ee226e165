"""Paint many pictures in many styles, one job after the other."""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence

from fusion_style.data.video.probe import VideoError
from fusion_style.files import remove_old_leftovers
from fusion_style.inference.brushes import load_brushes
from fusion_style.inference.bulk import check_places, check_video, list_jobs
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job, find_pictures, plan
from fusion_style.inference.morph import morph_choice
from fusion_style.inference.outcomes import Outcome, outcomes
from fusion_style.models.choice import StyleChoice, choices
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

    def add(self, outcome: Outcome) -> None:
        """Note what came of one painting."""
        self.notes += outcome.notes
        if outcome.error is not None:
            if outcome.error not in self.failed[-1:]:  # what is wrong with its picture
                self.failed.append(outcome.error)
        elif outcome.kept:
            self.kept.append(outcome.painting)
        else:
            self.done[outcome.painting] = outcome.photograph


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
        for outcome in outcomes(job, brushes, config):
            painted.add(outcome)
    return painted


def wanted_styles(config: PaintConfig) -> list[StyleChoice]:
    """Return the choices of --style; with --morph, the one file of it.

    Raises:
        ValueError: as `choices` and `morph_choice`.
    """
    if config.video.morph is None:
        return choices(config.style)
    return [morph_choice(config.video.morph, config.style, config.stroke)]


def paint_in_bulk(inputs: Sequence[str], config: PaintConfig) -> Iterator[Outcome]:
    """Paint what is in buckets, or goes there, and yield what comes of each painting.

    Finished paintings are not kept in memory, and of a bucket's names at most one page is.

    Args:
        inputs: paths and addresses.
        config: how, and where to.

    Raises:
        ValueError: for settings that are not allowed, a style that can't be read, or a
            bucket that can't be used.
    """
    import tqdm

    check(config)
    check_video(config.video)
    found = {choice.name: choice for choice in choices(config.style)}
    styles = list(found)
    check_places(inputs, config.out, styles)
    brushes = load_brushes(found, config)
    notes = brushes.notes
    for job in tqdm.tqdm(list_jobs(inputs, config.out, styles), unit="picture"):
        if isinstance(job, str):
            yield Outcome("", "", "", error=job)
            continue
        for outcome in outcomes(job, brushes, config):
            outcome.notes, notes = notes + outcome.notes, []
            yield outcome


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
