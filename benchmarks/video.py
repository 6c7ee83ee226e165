"""Frames a second of each stage of painting a video, and of all together.

python benchmarks/video.py clip.mp4 --frames 24 --workers 1,2 --rounds 3

Decoding, flow and blend, and encoding are measured alone. Then, for each number of workers,
in processes of their own that are pinned to as many cores (they stand for as many GPUs):
the network alone; all stages one after the other, as a program without stages does it, with
one engine; and all stages together. Rounds take turns, and medians are shown, with the
processor time of a frame, which hardly depends on other programs.
"""

import concurrent.futures
import contextlib
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine
from fusion_style.data.video.encoders import Encoding, choose_encoding, output_extension
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.probe import open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.data.video.writer import VideoWriter
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.inference.video.pipeline import in_order
from fusion_style.inference.video.steady import Steady
from fusion_style.inference.video.workers import load_workers

FLAGS = flags.FLAGS
flags.DEFINE_string("style", "wave", "A shipped style or a style file.")
flags.DEFINE_float("start", 0.0, "Second of the video to begin at.", 0)
flags.DEFINE_integer("frames", 24, "How many.", 2)
flags.DEFINE_list("workers", ["1", "2"], "Frames painted at a time, each on a core.")
flags.DEFINE_integer("rounds", 3, "How often everything is measured, in turns.", 1)
WAYS = ("network alone", "one after the other", "together")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that a call takes, and those of the processor."""
    begin, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin, time.process_time() - busy


@contextlib.contextmanager
def read(
    path: str, start: float, count: int
) -> Iterator[tuple[list[Frame], Encoding, VideoReader]]:
    """Yield the frames of a video, how to write it, and its open reader."""
    with open_video(path) as container:
        reader = VideoReader(container, path, start, max_frames=count)
        frames = [frame for frame in reader if frame.pixels is not None]
        extension = output_extension(os.path.splitext(path)[1])
        yield frames, choose_encoding(reader.probe, extension), reader


def blended(frames: list[Frame], paintings: list[np.ndarray]) -> list[np.ndarray]:
    """Return paintings that hold still."""
    steady = Steady(VideoConfig.steady)
    pairs = enumerate(zip(frames, paintings, strict=True))
    return [np.array(steady(frame.pixels, p, i == 0)) for i, (frame, p) in pairs]


def write(
    path: str, encoding: Encoding, reader: VideoReader, frames: list[Frame],
    paintings: list[np.ndarray],
) -> None:  # fmt: skip
    """Encode paintings in place of frames."""
    writer = VideoWriter(path, encoding, reader, paintings[0].shape[:2])
    for frame, painting in zip(frames, paintings, strict=True):
        writer.write(Frame(painting, None, frame.time, frame.duration))
    writer.close()


def serially(path: str, out: str, stylizer: Stylizer, start: float, count: int) -> None:
    """Decode, paint, blend and encode, one stage after the other."""
    with read(path, start, count) as (frames, encoding, reader):
        paintings = [stylizer.paint(frame.pixels) for frame in frames]
        write(out, encoding, reader, frames, blended(frames, paintings))


def trial(
    way: str, path: str, style: str, start: float, count: int, workers: int
) -> tuple[float, float]:
    """Measure one of `WAYS` on as many cores as there are workers; see `timed`."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:workers])
    engines = 1 if way == "one after the other" else workers
    stylizers = load_workers(style, workers=engines)
    with read(path, start, count) as (frames, _, _):
        pixels = [frame.pixels for frame in frames]
    for stylizer in stylizers:
        stylizer.paint(pixels[0])  # compiles
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/out{output_extension(os.path.splitext(path)[1])}"
        if way == "network alone":
            return timed(
                lambda: list(in_order(pixels, lambda p, i: stylizers[i].paint(p), workers))
            )
        if way == "one after the other":
            return timed(lambda: serially(path, out, stylizers[0], start, count))
        config = VideoConfig(start=start or None, max_frames=count, workers=workers)
        return timed(lambda: paint_video(path, out, stylizers, config, progress=False))


def alone(*arguments: object) -> tuple[float, float]:
    """Call `trial` in a new process, whose cores are its own choice."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        return pool.submit(trial, *arguments).result()  # type: ignore[arg-type]


def stages(path: str) -> None:
    """Print what decoding, flow and blend, and encoding take alone."""
    out = f"out{output_extension(os.path.splitext(path)[1])}"
    begin = time.perf_counter()
    with (
        read(path, FLAGS.start, FLAGS.frames) as (frames, encoding, reader),
        tempfile.TemporaryDirectory() as folder,
    ):
        found = {"decoding": (time.perf_counter() - begin, 0.0)}
        pixels = [np.array(frame.pixels) for frame in frames]
        found["flow and blend"] = timed(lambda: blended(frames, pixels))
        found["encoding"] = timed(
            lambda: write(os.path.join(folder, out), encoding, reader, frames, pixels)
        )
    height, width = pixels[0].shape[:2]
    print(f"{len(frames)} frames of {width}x{height}, {FLAGS.style}, {encoding.encoder}")
    for name, (seconds, _) in found.items():
        print(f"  {name:<34}{len(frames) / seconds:8.2f} frames/s")


def main(argv: list[str]) -> None:
    if len(argv) != 2:
        raise app.UsageError("give one video")
    path, count, numbers = argv[1], FLAGS.frames, list(map(int, FLAGS.workers))
    print(machine("openvino", "av"))
    stages(path)
    given = (path, FLAGS.style, FLAGS.start, count)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(FLAGS.rounds):
        for number in numbers:
            for way in WAYS:
                measured = alone(way, *given, number)
                found.setdefault((way, number), []).append(measured)
    speeds = {}
    for (way, number), rounds in sorted(found.items(), key=lambda item: item[0][1]):
        speeds[way, number] = count / statistics.median(wall for wall, _ in rounds)
        busy = 1000 / count * statistics.median(busy for _, busy in rounds)
        print(
            f"  {f'{way}, cores: {number}':<34}{speeds[way, number]:8.2f} frames/s, "
            f"processor {busy:.0f} ms a frame"
        )
    for number in numbers:
        together, network = (speeds[way, number] for way in (WAYS[2], WAYS[0]))
        more = together / speeds[WAYS[2], numbers[0]]
        print(f"  together / network alone, {number}: {together / network:.2f}")
        print(f"  together, {number} / {numbers[0]}: {more:.2f}")


if __name__ == "__main__":
    app.run(main)
