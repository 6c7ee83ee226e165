"""Long videos: split into parts, which are painted like pictures, and joined at the end.

How many parts a video has follows from its length and the settings alone, and not from the
machines that are there. So a run that goes on where another was killed finds its parts.
"""

import contextlib
import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fusion_style.data.buckets import BucketError, bucket_of, is_bucket
from fusion_style.data.places import exists, local_copy, local_target, remove
from fusion_style.data.video.probe import is_video, open_video
from fusion_style.inference.brushes import Brushes
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job
from fusion_style.inference.outcomes import Outcome, add_facts, attempt, named

if TYPE_CHECKING:
    from av.container import InputContainer

MOST_PARTS = 10_000


@dataclasses.dataclass(frozen=True)
class PartJob(Job):
    """A part of a video, which is painted into files beside the paintings.

    Attributes:
        part: "2/5" for the second of five.
    """

    part: str


def split(job: Job, config: PaintConfig) -> Iterator[Job]:
    """Yield the parts of a long video; any other job as it is."""
    if not is_video(job.path) or config.video.max_frames is not None:
        yield job
        return
    there: list[tuple[str, str]] = []
    with contextlib.suppress(BucketError):  # whoever paints it will say the same
        if not config.overwrite:
            there = [pair for pair in job.paintings if exists(pair[1])]
    missing = [pair for pair in job.paintings if pair not in there]
    count = count_parts(job.path, config) if missing else 1
    if count == 1:
        yield job
        return
    if there:
        yield Job(job.path, there)
    for number in range(1, count + 1):
        yield PartJob(job.path, missing, f"{number}/{count}")


def count_parts(path: str, config: PaintConfig) -> int:
    """Return the number of parts of a video; 1 if its length is not known."""
    from fusion_style.data.video.reader import VideoReader

    try:
        with opened(path) as container:
            reader = VideoReader(container, path)
    except Exception:  # whoever paints it will find the same, and say it
        return 1
    if reader.probe.duration is None:
        return 1
    end = min(config.video.end or reader.probe.duration, reader.probe.duration)
    seconds = end - (config.video.start or 0)
    return min(max(1, round(seconds / config.ray.seconds_per_part)), MOST_PARTS)


@contextlib.contextmanager
def opened(path: str) -> "Iterator[InputContainer]":
    """Open a video; of one in a bucket, only what is needed is read.

    Raises:
        Exception: whatever the bucket's client raises, or FFmpeg.
    """
    if not is_bucket(path):
        with open_video(path) as container:
            yield container
        return
    import av

    with bucket_of(path).open(path, "rb") as file:
        with av.open(file, metadata_errors="replace") as container:
            yield container


def paint_parts(job: PartJob, brushes: Brushes, config: PaintConfig) -> Iterator[Outcome]:
    """Paint a part of a video in each style, and yield what came of it.

    A part that is there, or whose video is, is not painted again.
    """
    for style, path in job.paintings:
        outcome = Outcome(job.path, style, path, part=job.part)
        begin = time.perf_counter()
        work = functools.partial(paint_one, outcome, brushes, config)
        outcome.error = attempt(outcome, work)
        outcome.seconds = time.perf_counter() - begin
        yield outcome


def paint_one(outcome: Outcome, brushes: Brushes, config: PaintConfig) -> None:
    """Paint a part of a video in one style; note in `outcome` if it was there already.

    Raises:
        VideoError, OSError: see `inference.video.paint.paint_part`.
    """
    from fusion_style.inference.video.paint import paint_part

    source, path, place = outcome.photograph, outcome.painting, path_of(outcome)
    if not config.overwrite and (exists(path) or exists(place)):
        outcome.kept = True
        return
    with local_copy(source) as copy, local_target(place) as target, named(copy, source):
        paint_part(
            copy, path, [brushes.stylizers[outcome.style]],
            dataclasses.replace(config.video, part=outcome.part),
            config.max_size, config.strength, config.keep_colors,
            progress=False, overwrite=config.overwrite, path=target,
        )  # fmt: skip


def join_parts(parts: Sequence[Outcome], overwrite: bool) -> Outcome:
    """Join the painted parts of a video, and remove them.

    Args:
        parts: what came of all parts.
        overwrite: whether to replace a video that is there.

    Returns:
        What came of the video.
    """
    from fusion_style.inference.video.join import join
    from fusion_style.inference.video.paint import UNFINISHED
    from fusion_style.inference.video.segments import remove_parts as clear

    whole = Outcome(parts[0].photograph, parts[0].style, parts[0].painting)
    begin, places = time.perf_counter(), [path_of(part) for part in parts]

    def work() -> None:
        if exists(whole.painting) and not (overwrite and all(map(exists, places))):
            whole.kept = True  # a task joined it, and died before it could say so
            return
        with contextlib.ExitStack() as exits:
            copies = []
            for place in (*places, whole.photograph):
                copies.append(exits.enter_context(local_copy(place)))
                exits.enter_context(named(copies[-1], place))
            target = exits.enter_context(local_target(whole.painting))
            report = join(copies[:-1], target, copies[-1])
        whole.notes += [f"{whole.painting}: {note}" for note in report.notes]

    whole.error = attempt(whole, work)
    if whole.error is None:
        add_facts(whole)
        with contextlib.suppress(OSError):  # the video is there; they are only in the way
            remove([place for place in places if exists(place)])
        for place in places:  # of a worker that was killed when its part was whole
            clear(place + UNFINISHED)
    painting = sum(part.seconds or 0 for part in parts if not part.kept)
    whole.seconds = painting + time.perf_counter() - begin
    return whole


def path_of(part: Outcome) -> str:
    """Return where a part of a painted video is."""
    from fusion_style.inference.video.paint import numbers_of, part_path

    return part_path(part.painting, *numbers_of(part.part))
