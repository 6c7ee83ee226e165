"""Painting a video: decoded, painted and encoded at the same time, frame by frame."""

import dataclasses
import os
import threading
from collections.abc import Generator, Iterator, Sequence

import numpy as np
import tqdm

from fusion_style.data.images import fit_size, resize, to_bytes
from fusion_style.data.video.copies import choose_copies
from fusion_style.data.video.encoders import choose_encoding
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.probe import open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.files import replacing
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import REGION, paint_in_tiles
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.finish import Finish, Work, said
from fusion_style.inference.video.pipeline import Sink, ahead, in_order
from fusion_style.inference.video.shots import CutFinder
from fusion_style.inference.video.statistics import ShotStatistics

DEPTH = 3  # frames that may wait between two stages


@dataclasses.dataclass
class VideoReport:
    """What came of painting a video.

    Attributes:
        frames: how many were written.
        shots: how many there were.
        notes: what is not as it was, each a line for the user.
    """

    frames: int
    shots: int
    notes: list[str]


def paint_video(
    source: str, out: str, stylizers: Sequence[Stylizer], config: VideoConfig,
    max_size: int | None = None, strength: float = 1.0, keep_colors: bool = False,
    progress: bool = True,
) -> VideoReport:  # fmt: skip
    """Paint a video into a file, which appears whole or not at all.

    Args:
        source: path of the video.
        out: path of the painting; its extension decides the container.
        stylizers: of one style, one for each frame that is painted at a time.
        config: what of the video, and how it is written.
        max_size, strength, keep_colors: see `Stylizer.__call__`.
        progress: show a bar.

    Raises:
        VideoError: if the video can't be read, or not be written as `out`.
        OSError: if the file can't be written.
    """
    with open_video(source) as container:
        reader = VideoReader(container, source, config.start, config.end, config.max_frames)
        extension = os.path.splitext(out)[1]
        encoding = choose_encoding(reader.probe, extension, config.crf, config.bitrate)
        reader.copied, refused = choose_copies(reader, encoding.container)
        with replacing(out) as temporary:
            finish = Finish(temporary, encoding, reader, config, strength, keep_colors)
            bar = tqdm.tqdm(
                total=expected(reader, config), unit="frame", disable=not progress,
                leave=False,
            )  # fmt: skip
            try:
                with bar:
                    run(reader, stylizers, finish, max_size, bar)
            except BaseException:
                finish.abandon()
                raise
    notes = [*encoding.notes, *refused, *said(reader), *finish.notes]
    return VideoReport(finish.frames, finish.shots, notes)


def run(
    reader: VideoReader, stylizers: Sequence[Stylizer], finish: Finish,
    max_size: int | None, bar: tqdm.tqdm,
) -> None:  # fmt: skip
    """Decode in one thread, paint in this one, finish and encode in a third."""
    statistics = ShotStatistics(stylizers[0])
    lock = threading.Lock()  # an engine measures or paints, not both

    def measured(works: Iterator[Work]) -> Iterator[Work]:
        for work in works:
            if work.photograph is not None:
                with lock:
                    found = statistics(work.photograph, work.cut)
                work.seen, work.norms = found
            yield work

    def paint(work: Work, worker: int) -> Work:
        if work.photograph is not None:
            if worker == 0:
                with lock:
                    work.painting = paint_frame(stylizers[0], work)
            else:
                work.painting = paint_frame(stylizers[worker], work)
        return work

    works = ahead(prepared(reader, max_size), DEPTH)
    sink = Sink(finish, DEPTH)
    try:
        for work in in_order(measured(works), paint, len(stylizers)):
            sink.put(work)
            bar.update(work.step.frame is not None)
        sink.close()
        finish.close()
    except BaseException:
        sink.stop()
        raise
    finally:
        works.close()


def prepared(reader: VideoReader, max_size: int | None) -> Generator[Work, None, None]:
    """Yield steps with the photographs to paint, and where shots begin."""
    is_cut, good = CutFinder(), False
    for step in reader:
        frame, work = step.frame, Work(step)
        if frame is not None and frame.pixels is not None and not (good and frame.damaged):
            good = good or not frame.damaged
            fit(frame, max_size)
            work.photograph = frame.pixels
            work.cut = is_cut(frame.pixels)
        yield work


def fit(frame: Frame, max_size: int | None) -> None:
    """Make a frame smaller if its longer side is longer; both sides become even."""
    assert frame.pixels is not None
    height, width = frame.pixels.shape[:2]
    if not max_size or max(height, width) <= max_size:
        return
    size = [max(n - n % 2, 1) for n in fit_size(height, width, max_size)]
    frame.pixels = resize(frame.pixels, *size)
    if frame.alpha is not None:
        frame.alpha = to_bytes(resize(frame.alpha, *size))


def paint_frame(stylizer: Stylizer, work: Work) -> np.ndarray:
    """Return the painting of a frame, with the statistics of its shot."""
    engine, graph = stylizer.engine, stylizer.engine.graph
    return paint_in_tiles(
        work.photograph,
        lambda tile: engine.paint(tile[None], work.seen, stylizer.style, work.norms)[0],
        graph.halo, REGION, stylizer.margin, progress=False, multiple=graph.multiple,
        smallest=graph.smallest,
    )  # fmt: skip


def expected(reader: VideoReader, config: VideoConfig) -> int | None:
    """Return how many frames are to come, or None if the file doesn't say."""
    source = reader.probe
    frames = source.frames
    if source.duration and (config.start or config.end):
        end = min(config.end or source.duration, source.duration)
        frames = max(1, round((end - (config.start or 0)) * float(source.rate)))
    if config.max_frames:
        frames = min(frames or config.max_frames, config.max_frames)
    return frames
