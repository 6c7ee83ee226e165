"""How still painted videos hold: what changes though the photograph says it should not.

python benchmarks/steadiness.py clip.mp4 --start 4 --frames 24 --style wave,udnie
python benchmarks/steadiness.py --noise 3          # a still photograph with camera noise
python benchmarks/steadiness.py --camera 3         # over the third sample photograph

Warping error: optical flow (OpenCV's DIS, medium) is taken from the photographs. Pixels
whose flow forward and back disagree are left out. Over the other pixels, it is the root
mean square of the difference between a frame and its predecessor, moved along the flow,
divided by the same value for the photographs. With --camera, the flow is known exactly
(benchmarks/camera.py). Sharpness: the variance of the Laplacian, and the share of the
energy above a quarter of the sampling rate, over those of the frame-by-frame paintings.
"""

import json
import time

import cv2
import numpy as np
from absl import app, flags

from fusion_style.benchmarks.camera import known_flow, views
from fusion_style.benchmarks.machine import machine
from fusion_style.data.images import (
    read_picture,
    sample_photograph,
    sample_photographs,
    to_bytes,
)
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.probe import open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.files import write_json
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.finish import Work
from fusion_style.inference.video.shots import CutFinder
from fusion_style.inference.video.stages import paint_frame
from fusion_style.inference.video.statistics import ShotStatistics
from fusion_style.inference.video.steady import Steady

FLAGS = flags.FLAGS
flags.DEFINE_list("style", ["wave", "udnie"], "Shipped styles or style files.")
flags.DEFINE_float("start", 0.0, "Second of the video to begin at.", 0)
flags.DEFINE_integer("frames", 24, "How many.", 2)
flags.DEFINE_float(
    "noise", 3.0, "Deviation of a still photograph's noise, without a video.", 0
)
flags.DEFINE_integer(
    "camera", None, "A moving camera over this sample photograph, without a video.", 1, 4
)
flags.DEFINE_float("steady", VideoConfig.steady, "Of the painting that holds still.", 0, 1)
flags.DEFINE_string("json", None, "Write the figures to this file too.")


def gray(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(to_bytes(pixels), cv2.COLOR_RGB2GRAY)


def moved(values: np.ndarray, flow: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(values.shape[:2], np.float32)
    places = np.stack([columns, rows], axis=-1) + flow
    return cv2.remap(
        values, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def flows(photographs: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (flow to the frame before, pixels where it is sound) of all but the first."""
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grays, found = [gray(p) for p in photographs], []
    for before, now in zip(grays, grays[1:], strict=False):
        back, forth = search.calc(now, before, None), search.calc(before, now, None)
        there = moved(forth, back)
        far = np.square(back).sum(axis=-1) + np.square(there).sum(axis=-1)
        # Sundaram et al. 2010, eq. 5: there and back must end where it began.
        sound = np.square(back + there).sum(axis=-1) < 0.01 * far + 0.5
        rows, columns = np.indices(now.shape, np.float32)
        places = np.stack([columns, rows], axis=-1) + back
        inside = (places >= 0) & (places <= np.array(now.shape)[::-1] - 1)
        found.append((back, sound & inside.all(axis=-1)))
    return found


def warping_error(frames: list[np.ndarray], flow: list) -> float:
    """Return the root mean square, white being 1, of changes that flow does not explain."""
    squares = count = 0.0
    for before, now, (back, sound) in zip(frames, frames[1:], flow, strict=False):
        squares += np.square((now - moved(before, back))[sound] / 255).sum(dtype=float)
        count += 3 * sound.sum()
    return float(np.sqrt(squares / count))


def laplacian(frames: list[np.ndarray]) -> float:
    return float(np.mean([cv2.Laplacian(gray(f), cv2.CV_64F).var() for f in frames]))


def fine_energy(frames: list[np.ndarray]) -> float:
    """Return the energy above a quarter of the sampling rate, across or down."""
    height, width = frames[0].shape[:2]
    down, across = np.abs(np.fft.fftfreq(height)), np.abs(np.fft.rfftfreq(width))
    fine = np.maximum(down[:, None], across) > 0.25
    spectra = [np.abs(np.fft.rfft2(gray(f).astype(float))) ** 2 for f in frames]
    return float(np.mean([s[fine].sum() for s in spectra]))


def read(path: str) -> list[np.ndarray]:
    """Return frames of a video, float32."""
    with open_video(path) as container:
        reader = VideoReader(container, path, FLAGS.start, max_frames=FLAGS.frames)
        return [frame.pixels for frame in reader if frame.pixels is not None]


def still() -> list[np.ndarray]:
    """Return a photograph that holds still, with new noise in each frame."""
    rng = np.random.default_rng(0)
    pixels = read_picture(sample_photograph()).pixels[::2, ::2]
    return [
        np.clip(pixels + rng.normal(0, FLAGS.noise, pixels.shape), 0, 255).astype("float32")
        for _ in range(FLAGS.frames)
    ]


def paintings(style: str, photographs: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Return {way: paintings}; prints how long each way takes a frame."""
    stylizer, is_cut = Stylizer(style), CutFinder()
    cuts = [is_cut(photograph) for photograph in photographs]
    stylizer.paint(photographs[0])  # compiles
    begin = time.perf_counter()
    found = {"frame by frame": [stylizer.paint(p) for p in photographs]}
    alone = time.perf_counter() - begin
    statistics, held = ShotStatistics(stylizer), []
    for photograph, cut in zip(photographs, cuts, strict=True):
        work = Work(Frame(photograph, None, 0, 0), photograph, cut)
        work.seen, work.norms = statistics(photograph, cut)
        held.append(paint_frame(stylizer, work))
    found["a shot's contrast"] = held
    steady = Steady(FLAGS.steady)
    begin = time.perf_counter()
    found[f"and steady {FLAGS.steady:g}"] = [
        np.array(steady(*each)) for each in zip(photographs, held, cuts, strict=True)
    ]
    extra = time.perf_counter() - begin
    print(
        f"{style}: the network {1000 * alone / len(held):.0f} ms a frame, flow and blend "
        f"{1000 * extra / len(held):.0f} ms"
    )
    return found


def scene(argv: list[str]) -> tuple[list[np.ndarray], list, float]:
    """Return the photographs that the flags name, their flow, and their warping error."""
    if FLAGS.camera is not None:
        pixels = read_picture(sample_photographs()[FLAGS.camera - 1]).pixels
        photographs = list(views(pixels, FLAGS.frames))
        flow = [known_flow(pixels, number) for number in range(1, FLAGS.frames)]
    else:
        photographs = read(argv[1]) if len(argv) > 1 else still()
        flow = flows(photographs)
    return photographs, flow, warping_error(photographs, flow)


def main(argv: list[str]) -> None:
    photographs, flow, base = scene(argv)
    height, width = photographs[0].shape[:2]
    print(machine("openvino", "opencv-python-headless"))
    print(f"{len(photographs)} photographs, {width}x{height}: warping error {base:.4f}")
    figures: dict[str, dict] = {}
    for style in FLAGS.style:
        found = paintings(style, photographs)
        first = found["frame by frame"]
        sharp, fine = laplacian(first), fine_energy(first)
        for way, frames in found.items():
            row = {
                "error": warping_error(frames, flow) / base,
                "laplacian": laplacian(frames) / sharp,
                "fine": fine_energy(frames) / fine,
            }
            figures.setdefault(style, {})[way] = row
            said = "  ".join(f"{name} {value:.2f}" for name, value in row.items())
            print(f"  {way:<22}{said}")
    if FLAGS.json:
        write_json(FLAGS.json, {"machine": machine("openvino"), "figures": figures})
        print(json.dumps(figures))


if __name__ == "__main__":
    app.run(main)
