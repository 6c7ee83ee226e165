"""Frames a second of each stage of painting a video, and of all together.

python benchmarks/video.py clip.mp4 --frames 24 --workers 1,2

Decoding, painting and encoding are measured alone, then one after the other as a program
without stages does it, then overlapping, with one or more frames painted at a time.
"""

import os
import tempfile
import time
from collections.abc import Callable

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine, peak_bytes
from fusion_style.data.video.encoders import choose_encoding, output_extension
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.probe import open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.data.video.writer import VideoWriter
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.inference.video.steady import Steady
from fusion_style.inference.video.workers import load_workers

FLAGS = flags.FLAGS
flags.DEFINE_string("style", "wave", "A shipped style or a style file.")
flags.DEFINE_float("start", 0.0, "Second of the video to begin at.", 0)
flags.DEFINE_integer("frames", 24, "How many.", 2)
flags.DEFINE_list("workers", ["1", "2"], "Frames painted at a time, each measured.")


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Return the seconds that a call takes, and what it returns."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def main(argv: list[str]) -> None:
    if len(argv) != 2:
        raise app.UsageError("give one video")
    path, count = argv[1], FLAGS.frames
    out = output_extension(os.path.splitext(path)[1])
    (stylizer,) = load_workers(FLAGS.style)
    with tempfile.TemporaryDirectory() as folder, open_video(path) as container:
        reader = VideoReader(container, path, FLAGS.start, max_frames=count)
        decoding, frames = timed(
            lambda: [frame for frame in reader if frame.pixels is not None]
        )
        stylizer.paint(frames[0].pixels)  # compiles
        painting, paintings = timed(lambda: [stylizer.paint(f.pixels) for f in frames])
        steady = Steady(VideoConfig.steady)
        steadying, _ = timed(
            lambda: [
                steady(f.pixels, p, i == 0)
                for i, (f, p) in enumerate(zip(frames, paintings, strict=True))
            ]
        )
        encoding = choose_encoding(reader.probe, out)
        encode, _ = timed(
            lambda: write(f"{folder}/a{out}", encoding, reader, frames, paintings)
        )
        height, width = frames[0].pixels.shape[:2]
        print(machine("openvino", "av"))
        print(f"{count} frames of {width}x{height}, {FLAGS.style}, {encoding.encoder}")
        stages = {
            "decoding": decoding, "painting": painting, "flow and blend": steadying,
            "encoding": encode,
            "one after the other": decoding + painting + steadying + encode,
        }  # fmt: skip
        for name, seconds in stages.items():
            print(f"  {name:<22}{count / seconds:8.2f} frames a second")
        for number in map(int, FLAGS.workers):
            workers = load_workers(FLAGS.style, workers=number)
            for worker in workers:
                worker.paint(frames[0].pixels)
            config = VideoConfig(start=FLAGS.start, max_frames=count, workers=number)
            seconds, _ = timed(
                lambda workers=workers, config=config: paint_video(
                    path, f"{folder}/b{out}", workers, config, progress=False
                )
            )
            name = f"overlapping, {number} at once"
            print(f"  {name:<22}{count / seconds:8.2f} frames a second")
    print(f"  most memory: {peak_bytes() / 2**20:.0f} MiB")


def write(
    path: str, encoding, reader: VideoReader, frames: list[Frame],
    paintings: list[np.ndarray],
) -> None:  # fmt: skip
    """Encode paintings in place of frames."""
    writer = VideoWriter(path, encoding, reader, frames[0].pixels.shape[:2])
    for frame, painting in zip(frames, paintings, strict=True):
        writer.write(Frame(painting, None, frame.time, frame.duration))
    writer.close()


if __name__ == "__main__":
    app.run(main)
