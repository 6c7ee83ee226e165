"""Measure the size of exported files, and how much they differ from our own engine.

    python benchmarks/exports.py --style starry_night --size 512x384

Exports a style in every format and precision, paints the sample photograph with each file,
and compares with OpenVINO in float32. The bytes are those of the model, without its card.
Formats whose runtime is not installed are left out.
"""

import os
import tempfile

from fusion_style import backend

backend.set_defaults()

import numpy as np
from absl import app, flags, logging

from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.runtimes import RUNTIMES, installed, painter
from fusion_style.data.images import read_picture, resize, sample_photograph
from fusion_style.exports.config import parse_size
from fusion_style.exports.weights import PRECISIONS
from fusion_style.inference.stylizer import Stylizer

FLAGS = flags.FLAGS
flags.DEFINE_string("style", "starry_night", "A shipped style's name, or a style file.")
flags.DEFINE_string("size", "512x384", "Size of the photograph, width x height.")


def size_of(folder: str) -> int:
    """Return the size of all files in a folder, without model cards, in bytes."""
    return sum(
        os.path.getsize(os.path.join(place, file))
        for place, _, files in os.walk(folder)
        for file in files
        if not file.endswith((".json", ".md"))
    )


def main(argv: list[str]) -> str | None:
    """Measure and print the table; return an error message, or None."""
    logging.set_verbosity(logging.WARNING)
    try:
        height, width = parse_size(FLAGS.size)
        stylizer = Stylizer(FLAGS.style, "openvino", "float32")
    except ValueError as error:
        return f"exports.py: {error}"
    photograph = resize(read_picture(sample_photograph()).pixels, height, width)
    ours = stylizer.paint(photograph)
    versions = machine("onnxruntime", "ai-edge-litert", "openvino", "tensorflow")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print(f"{'format':<12}{'precision':<11}{'bytes':>11}{'most of 255':>13}{'dB':>7}")
    for runtime, (format, _) in RUNTIMES.items():
        for precision in PRECISIONS if installed(runtime) else ():
            with tempfile.TemporaryDirectory() as folder:
                paint = painter(FLAGS.style, runtime, folder, precision)
                difference = paint(photograph) - ours
                size = size_of(folder)
            most, error = np.abs(difference).max(), np.square(difference).mean()
            decibels = 10 * np.log10(255**2 / error)
            print(f"{format:<12}{precision:<11}{size:>11,}{most:>13.2f}{decibels:>7.0f}")
    return None


if __name__ == "__main__":
    app.run(main)
