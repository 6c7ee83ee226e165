"""One job: the paintings of a picture or a video, and what came of each."""

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator

from fusion_style.data.buckets import BucketError, is_bucket
from fusion_style.data.images import Picture, PictureError, encode, read_picture
from fusion_style.data.places import (
    exists,
    fingerprint,
    local_copy,
    local_target,
    read_bytes,
    write_bytes,
)
from fusion_style.data.video.animation import is_moving
from fusion_style.data.video.probe import VideoError, is_video
from fusion_style.inference.brushes import Brushes
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job


@dataclasses.dataclass
class Outcome:
    """What came of a painting.

    Attributes:
        photograph: path of the picture or the video; "" where there is none.
        style: its name, of `StyleChoice`.
        painting: path.
        error: what went wrong, or None.
        kept: whether it was there already and is as it was.
        notes: lines for the user about what differs from the source video.
        sha256: of the photograph's file, where it was read.
        size: of that file, in bytes.
        seconds: that painting and writing took.
        part: "2/5" for the second of five parts of a video that are joined later, or None.
    """

    photograph: str
    style: str
    painting: str
    error: str | None = None
    kept: bool = False
    notes: list[str] = dataclasses.field(default_factory=list)
    sha256: str | None = None
    size: int | None = None
    seconds: float | None = None
    part: str | None = None


def outcomes(job: Job, brushes: Brushes, config: PaintConfig) -> Iterator[Outcome]:
    """Make the paintings of one picture or video, and yield what came of each.

    If the picture cannot be read, every painting of it gets the same error.
    """
    wanted: list[Outcome] = []
    for style, path in job.paintings:
        outcome = Outcome(job.path, style, path)
        try:
            outcome.kept = not config.overwrite and exists(path)
        except BucketError as error:
            outcome.error = str(error)
        if outcome.kept or outcome.error:
            yield outcome
        else:
            wanted.append(outcome)
    if not wanted:
        return
    picture = None
    if not is_painted_by_frames(job.path, wanted[0].painting):
        try:
            if config.video.morph is not None:
                raise PictureError(
                    f"{job.path} is not a video: --morph changes the mix with a video's "
                    "time"
                )
            picture = photograph(job.path, wanted)
        except PictureError as error:
            for outcome in wanted:
                outcome.error = str(error)
            yield from wanted
            return
    for outcome in wanted:
        begin = time.perf_counter()
        outcome.error = paint_one(outcome, picture, brushes, config)
        outcome.seconds = time.perf_counter() - begin
        yield outcome


def is_painted_by_frames(path: str, painting: str) -> bool:
    """Return whether a file is a video, or an animation that stays one.

    Of an animation in a bucket, the first frame is painted: finding out would take another
    request for each picture.
    """
    return is_video(path) or (not is_bucket(path) and is_moving(path, painting))


def photograph(path: str, wanted: list[Outcome]) -> Picture:
    """Read a picture; note its file's hash and size in each outcome of `wanted`.

    Raises:
        PictureError: if it can't be read.
    """
    data = read_bytes(path)
    for outcome in wanted:
        outcome.sha256, outcome.size = hashlib.sha256(data).hexdigest(), len(data)
    return read_picture(data, path)


def paint_one(
    outcome: Outcome, picture: Picture | None, brushes: Brushes, config: PaintConfig
) -> str | None:
    """Make one painting, of a picture or else of a video; return what went wrong."""
    path, style = outcome.painting, outcome.style

    def paint() -> None:
        if picture is None:
            notes = paint_frames(outcome.photograph, path, style, brushes, config)
            outcome.notes += [f"{path}: {note}" for note in notes]
        else:
            painted = brushes.stylizers[style](
                picture, config.max_size, config.strength, config.keep_colors
            )
            # To memory first: see `data.images.write_picture`.
            write_bytes(path, encode(path, painted))

    return attempt(outcome, paint)


def attempt(outcome: Outcome, work: Callable[[], None]) -> str | None:
    """Do what makes a painting; return what went wrong, in words, or None."""
    path = outcome.painting
    try:
        work()
    except (VideoError, BucketError) as error:
        return str(error)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    except Exception as error:
        # The types of TensorFlow's errors cannot be named without importing it.
        known = isinstance(error, (ValueError, RuntimeError, MemoryError))
        if not known and not type(error).__module__.startswith("tensorflow"):
            raise
        return f"{outcome.photograph} cannot be painted: {error or 'out of memory'}"
    return None


def paint_frames(
    source: str, path: str, style: str, brushes: Brushes, config: PaintConfig
) -> list[str]:
    """Paint a video or an animation, on disk or in a bucket.

    Returns:
        Lines for the user about what differs from the source.
    """
    # OpenCV and PyAV take half a second to import, which pictures don't need.
    from fusion_style.inference.video.command import paint_moving

    choice, stylizer = brushes.choices[style], brushes.stylizers[style]
    with local_copy(source) as video, local_target(path) as target, named(video, source):
        return paint_moving(video, target, choice, stylizer, config)


@contextlib.contextmanager
def named(copy: str, path: str) -> Iterator[None]:
    """Name in messages the path that the user knows, and not that of its copy."""
    try:
        yield
    except VideoError as error:
        raise VideoError(str(error).replace(copy, path)) from None


def add_facts(outcome: Outcome) -> None:
    """Note which file a photograph or a video is, if it can be read."""
    try:
        outcome.sha256, outcome.size = fingerprint(outcome.photograph)
    except PictureError:
        return
