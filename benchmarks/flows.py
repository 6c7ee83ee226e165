"""What cheaper ways of moving the painting before cost, in steadiness and sharpness.

    python benchmarks/flows.py clip.mp4 --start 4 --frames 24 --style wave,udnie

Each way changes one thing of `inference.video.steady`: how flow is searched, at which size,
or the kernel that moves the painting. The same paintings are given to all. Times are the
processor's, with one thread, over that of the program's own way in the same round; the ways
take turns. benchmarks/steadiness.py defines the other columns.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from unittest import mock

import cv2
import numpy as np
from absl import app, flags

from fusion_style.benchmarks import steadiness
from fusion_style.benchmarks.machine import machine
from fusion_style.inference.video import steady

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 3, "How often each way is timed, in turns.", 1)


@contextmanager
def searched(preset: str = "MEDIUM", **settings: int) -> Iterator[None]:
    """Search flow with other settings of OpenCV's DIS, as PatchStride=4."""
    create = cv2.DISOpticalFlow_create  # type: ignore[attr-defined]

    def changed(_: int) -> object:
        search = create(getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{preset}"))
        for name, value in settings.items():
            getattr(search, f"set{name}")(value)
        return search

    with mock.patch.object(cv2, "DISOpticalFlow_create", changed):
        yield


def at_most(pixels: int) -> mock._patch:
    """Search flow in photographs whose longer side has at most so many pixels."""
    return mock.patch.object(steady, "LONGEST", pixels)


@contextmanager
def bicubic(sharper: float = 0.0) -> Iterator[None]:
    """Move the painting with a bicubic kernel, after sharpening it.

    Args:
        sharper: a quarter of how much the finest lines are made stronger.
    """
    remap = steady.remap
    kernel = np.array([-sharper, 1 + 2 * sharper, -sharper], np.float32)

    def moved(values: np.ndarray, places: np.ndarray, method: int) -> np.ndarray:
        if method == cv2.INTER_LANCZOS4:
            values, method = cv2.sepFilter2D(values, -1, kernel, kernel), cv2.INTER_CUBIC
        return remap(values, places, method)

    with mock.patch.object(steady, "remap", moved):
        yield


WAYS: dict[str, Callable] = {
    "as it is": nullcontext,
    "flow in 16 steps instead of 25": lambda: searched(GradientDescentIterations=16),
    "patches 4 pixels apart instead of 3": lambda: searched(PatchStride=4),
    "5 apart, 8 steps, 2 refinements": lambda: searched(
        PatchStride=5, GradientDescentIterations=8, VariationalRefinementIterations=2
    ),
    "the same without refinement": lambda: searched(
        PatchStride=5, GradientDescentIterations=8, VariationalRefinementIterations=0
    ),
    "DIS fast": lambda: searched("FAST"),
    "DIS ultrafast": lambda: searched("ULTRAFAST"),
    "flow in 480 pixels": lambda: at_most(480),
    "flow in 320 pixels": lambda: at_most(320),
    "bicubic": bicubic,
    "bicubic, sharpened by 0.05 before": lambda: bicubic(0.05),
    "bicubic, sharpened by 0.08 before": lambda: bicubic(0.08),
}


def held(
    photographs: list[np.ndarray], paintings: list[np.ndarray]
) -> tuple[list[np.ndarray], float]:
    """Return the paintings that hold still, and the processor's seconds for them."""
    blend = steady.Steady(FLAGS.steady)
    begin, frames = time.process_time(), []
    for i, (photograph, painting) in enumerate(zip(photographs, paintings, strict=True)):
        frames.append(np.array(blend(photograph, painting, i == 0)))
    return frames, time.process_time() - begin


def main(argv: list[str]) -> None:
    if FLAGS.json:
        raise app.UsageError("--json is for steadiness.py: this program prints a table")
    cv2.setNumThreads(1)
    photographs, flow, base = steadiness.scene(argv)
    print(machine("openvino", "opencv-python-headless"))
    figures: dict[str, list[str]] = {way: [] for way in WAYS}
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for style in FLAGS.style:
        found = steadiness.paintings(style, photographs)
        paintings, first = found["a shot's contrast"], found["frame by frame"]
        sharp, fine = steadiness.laplacian(first), steadiness.fine_energy(first)
        for i in range(FLAGS.rounds):
            for way, changed in WAYS.items():
                with changed():
                    frames, taken = held(photographs, paintings)
                seconds[way].append(taken)
                if not i:
                    values = (
                        steadiness.warping_error(frames, flow) / base,
                        steadiness.laplacian(frames) / sharp,
                        steadiness.fine_energy(frames) / fine,
                    )
                    figures[way].append(" / ".join(f"{value:.2f}" for value in values))
    usual = seconds["as it is"]
    print(f"as it is: {1000 * statistics.median(usual) / len(photographs):.0f} ms a frame")
    heads = [f"{style}: error / Laplacian / fine" for style in FLAGS.style]
    print(f"| | time | {' | '.join(heads)} |")
    print("|---|---|" + "---|" * len(FLAGS.style))
    for way, row in figures.items():
        ratio = statistics.median(np.divide(seconds[way], usual))
        print(f"| {way} | {ratio:.2f} | {' | '.join(row)} |")


if __name__ == "__main__":
    app.run(main)
