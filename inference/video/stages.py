"""The stages of painting a video: decode, paint and finish frames at the same time."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

import numpy as np
import tqdm

from fusion_style.data.images import fit_size, resize, to_bytes
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.reader import VideoReader
from fusion_style.inference.morph import Morph
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.finish import Finish, Work
from fusion_style.inference.video.pipeline import Sink, ahead, in_order
from fusion_style.inference.video.shots import CutFinder
from fusion_style.inference.video.statistics import ShotStatistics

DEPTH = 3  # frames that may wait between two stages
Frames = Iterable[Frame]
State = Mapping[str, np.ndarray]
Tell = Callable[[int, int | None], None]


def run(
    reader: Frames, stylizers: Sequence[Stylizer], finish: Finish,
    max_size: int | None, bar: tqdm.tqdm, state: State | None = None,
    tell: Tell | None = None, morph: Morph | None = None,
) -> None:  # fmt: skip
    """Decode in one thread, paint in this one, finish and encode in a third.

    Args:
        reader: gives the frames.
        stylizers: see `paint_video`.
        finish: the last stage.
        max_size: see `fit`.
        bar: shows the number of painted frames.
        state: the state of `finish` when the video was interrupted, or None.
        tell: see `paint_video`.
        morph: the mix for each frame; None to paint with the stylizers as they are.
    """
    statistics, is_cut = ShotStatistics(stylizers[0]), CutFinder()
    if state:
        statistics.photograph = finish.go_on(state)
        is_cut(state["photograph"])
    lock = threading.Lock()  # an engine must not measure and paint at the same time

    def painter(work: Work, worker: int) -> Stylizer:
        if morph is None or work.mix is None:
            return stylizers[worker]
        return morph.choose(stylizers[worker], work.mix)

    def measured(works: Iterator[Work]) -> Iterator[Work]:
        for work in works:
            if work.photograph is not None:
                if morph is not None:
                    work.mix = morph.mix(work.frame.second)
                stylizer = painter(work, 0)
                with lock:
                    found = statistics(work.photograph, work.cut, stylizer=stylizer)
                work.seen, work.norms = found
            yield work

    def paint(work: Work, worker: int) -> Work:
        if work.photograph is not None:
            if worker == 0:
                with lock:
                    work.painting = paint_frame(painter(work, 0), work)
            else:
                work.painting = paint_frame(painter(work, worker), work)
        return work

    good = bool(state and state["undamaged"])
    works = ahead(prepared(reader, max_size, is_cut, good), DEPTH)
    sink = Sink(finish, DEPTH)
    try:
        for done, work in enumerate(in_order(measured(works), paint, len(stylizers)), 1):
            sink.put(work)
            bar.update()
            if tell:
                tell(done, bar.total)
        sink.close()
        finish.output.close()
    except BaseException:
        sink.stop()
        raise
    finally:
        works.close()


def prepared(
    reader: Frames, max_size: int | None, is_cut: CutFinder, good: bool
) -> Generator[Work, None, None]:
    """Yield a `Work` for each frame, with the photograph and whether a shot begins.

    Args:
        reader, max_size: see `run`.
        is_cut: must have seen the frame before, if there was one.
        good: whether there was an undamaged frame before.
    """
    for frame in reader:
        work = Work(frame)
        if frame.pixels is not None and not (good and frame.damaged):
            good = good or not frame.damaged
            fit(frame, max_size)
            work.photograph = frame.pixels
            work.cut = is_cut(frame.pixels)
        yield work


def fit(frame: Frame, max_size: int | None) -> None:
    """Resize a frame whose longer side is over `max_size`; both sides become even."""
    assert frame.pixels is not None
    height, width = frame.pixels.shape[:2]
    if not max_size or max(height, width) <= max_size:
        return
    size = [max(n - n % 2, 1) for n in fit_size(height, width, max_size)]
    frame.pixels = resize(frame.pixels, *size)
    if frame.alpha is not None:
        frame.alpha = to_bytes(resize(frame.alpha, *size))


def paint_frame(stylizer: Stylizer, work: Work) -> np.ndarray:
    """Return a frame painted with the statistics of its shot."""
    return stylizer.paint_seen(work.photograph, work.seen, work.norms, progress=False)


def expected(reader: VideoReader, config: VideoConfig) -> int | None:
    """Return the expected number of frames, or None if the file does not say."""
    source = reader.probe
    frames = source.frames
    begin = reader.start if reader.after is not None else reader.begin or reader.start
    if source.duration and (begin or reader.stop):
        whole = reader.zero + reader.ticks(source.duration)
        end = whole if reader.stop is None else min(reader.stop, whole)
        seconds = (end - (reader.zero if begin is None else begin)) * source.time_base
        frames = max(1, round(seconds * source.rate))
    if config.max_frames:
        frames = min(frames or config.max_frames, config.max_frames)
    return frames
