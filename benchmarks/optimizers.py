"""Measure the time of an iteration of optimize.py, and its predicted and peak memory.

    python benchmarks/optimizers.py --sizes 512
    python benchmarks/optimizers.py --sizes 256,512,1024 --optimizers lbfgs

The loss network is VGG19 up to relu4_1 with random weights, on which the time does not
depend. Each row is measured in a process of its own, so that the peak memory is its own.
The first iteration is left out, because L-BFGS then searches the length of its first step,
and TensorFlow plans its memory. Prints medians, and the middle half of the timings as the
spread.
"""

import os
import sys

from fusion_style import backend

backend.set_defaults()
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

import json
import subprocess
import time

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine, peak_bytes
from fusion_style.files import check_writable, write_json

FLAGS = flags.FLAGS
flags.DEFINE_list("sizes", ["512"], "Sides of the square pictures, in pixels.")
flags.DEFINE_list("optimizers", ["lbfgs", "adam", "gd"], "Which optimizers.")
flags.DEFINE_integer("iterations", 8, "Timed iterations of each.", 1)
flags.DEFINE_string("json", None, "A file for the numbers.")

ONE = (
    "import sys; from fusion_style.benchmarks import optimizers;"
    "optimizers.measure(*sys.argv[1:])"
)


def measure(method, size, iterations):
    """Print the seconds of each iteration, the predicted and the peak bytes, as JSON."""
    from fusion_style.losses.config import LossConfig
    from fusion_style.losses.objective import PictureObjective
    from fusion_style.losses.perceptual import PerceptualLoss
    from fusion_style.optimization.memory import bytes_needed
    from fusion_style.optimization.minimize import minimize

    size, times = int(size), []
    rng = np.random.default_rng(0)
    painting, photograph = rng.uniform(0, 255, (2, size, size, 3)).astype("float32")
    loss = PerceptualLoss(painting, LossConfig("vgg19", "random"))
    objective = PictureObjective(loss, photograph)

    def callback(step):
        times.append(time.perf_counter())

    minimize(objective, photograph, method, int(iterations) + 1, callback=callback)
    result = {
        "seconds": np.diff(times).tolist(),
        "said": bytes_needed(loss.network, size, size, method),
        "taken": peak_bytes(),
    }
    print(json.dumps(result))


def main(argv):
    try:
        if FLAGS.json:
            check_writable(FLAGS.json)
    except OSError as error:
        return f"optimizers.py: {error}"
    results = {}
    about = machine("tensorflow", "keras", "numpy", "scipy")
    print(", ".join(f"{name} {value}" for name, value in about.items()) + "\n")
    print(f"{'':<16}{'s/iteration':>12}{'middle half':>16}{'said':>10}{'taken':>10}")
    for size in FLAGS.sizes:
        for method in FLAGS.optimizers:
            printed = subprocess.run(
                [sys.executable, "-c", ONE, method, size, str(FLAGS.iterations)],
                cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
            ).stdout  # fmt: skip
            row = results[f"{method} {size}²"] = json.loads(printed.splitlines()[-1])
            low, median, high = np.percentile(row["seconds"], [25, 50, 75])
            print(
                f"{method + ' ' + size + '²':<16}{median:>12.2f}"
                f"{f'{low:.2f} to {high:.2f}':>16}"
                f"{row['said'] / 1e9:>7.2f} GB{row['taken'] / 1e9:>7.2f} GB",
                flush=True,
            )
    if FLAGS.json:
        write_json(FLAGS.json, {"machine": about, "optimizers": results})


if __name__ == "__main__":
    app.run(main)
