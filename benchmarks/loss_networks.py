"""Measure the time and memory of a training step with each loss network.

    python benchmarks/loss_networks.py
    python benchmarks/loss_networks.py --size 128 --networks vgg16,squeezenet --json l.json

A step takes one batch forward and backward through the Fusion network and the loss network,
with the default layers. Each loss network runs in a process of its own, so that the peak
memory is its own. The time is the median after two steps to warm up, with the middle half
of the timings as the spread. Processor time is the sum over all cores; it hardly depends on
other programs. The weights are random: the costs do not depend on them.
"""

from fusion_style import backend

backend.set_defaults()

import multiprocessing
import time

import keras
import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine, peak_bytes
from fusion_style.files import check_writable, write_json
from fusion_style.losses.config import LossConfig
from fusion_style.losses.features.networks import ARCHITECTURES
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.keras_builder import build_network
from fusion_style.training.trainer import StyleTrainer

FLAGS = flags.FLAGS
flags.DEFINE_list("networks", list(ARCHITECTURES), "Loss networks to measure.")
flags.DEFINE_integer("size", 256, "Side of the photographs, in pixels.", 16)
flags.DEFINE_integer("batch", 4, "Photographs in a step.", 1)
flags.DEFINE_integer("repeats", 5, "Timed steps of each, after two to warm up.", 1)
flags.DEFINE_string("json", None, "A file for the numbers.")


def measure(name, size, batch, repeats, results):
    """Measure one loss network and put the results into the queue `results`."""
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    photographs = rng.uniform(0, 255, (batch, size, size, 3)).astype("float32")
    loss = PerceptualLoss(photographs[0], LossConfig(name, "random"))
    trainer = StyleTrainer(build_network(), loss)
    trainer.compile(optimizer="adam", jit_compile=False)
    seconds, processor = [], []
    for _ in range(repeats + 2):
        start = time.perf_counter(), time.process_time()
        logs = trainer.train_on_batch(photographs, return_dict=True)
        seconds.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    if not np.isfinite(logs["loss"]):
        raise FloatingPointError(f"The loss of {name} is not finite: {logs}")
    results.put({
        "parameters": loss.network.count_params(),
        "seconds": seconds[2:],
        "processor_seconds": processor[2:],
        "peak_bytes": peak_bytes(),
    })  # fmt: skip


def measure_apart(name, *options):
    """Return the results of `measure` in a new process.

    Raises:
        RuntimeError: if the process fails.
    """
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    process = context.Process(target=measure, args=(name, *options, results))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{name} could not be measured: see above")
    return results.get()


def main(argv):
    try:
        if FLAGS.json:
            check_writable(FLAGS.json)
    except OSError as error:
        return f"loss_networks.py: {error}"
    unknown = set(FLAGS.networks) - ARCHITECTURES.keys()
    if unknown:
        return f"There is no loss network {', '.join(unknown)}: {', '.join(ARCHITECTURES)}"
    about = machine("tensorflow", "keras")
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(f"Fusion network, {FLAGS.batch} photographs of {FLAGS.size}²\n")
    print(
        f"{'':<14}{'parameters':>12}{'ms a step':>11}{'middle half':>16}"
        f"{'of vgg16':>10}{'processor':>11}{'of vgg16':>10}{'peak memory':>13}"
    )
    networks = {}
    for name in FLAGS.networks:
        found = measure_apart(name, FLAGS.size, FLAGS.batch, FLAGS.repeats)
        networks[name] = found
        low, median, high = 1000 * np.percentile(found["seconds"], [25, 50, 75])
        processor = 1000 * np.median(found["processor_seconds"])
        ratios = [
            f"{np.median(found[kind]) / np.median(networks['vgg16'][kind]):.2f}"
            if "vgg16" in networks
            else ""
            for kind in ("seconds", "processor_seconds")
        ]
        print(
            f"{name:<14}{found['parameters']:>12,}{median:>11.0f}"
            f"{f'{low:.0f} to {high:.0f}':>16}{ratios[0]:>10}{processor:>11.0f}"
            f"{ratios[1]:>10}{found['peak_bytes'] / 1e6:>10.0f} MB",
            flush=True,
        )
    if FLAGS.json:
        report = {
            "machine": about,
            "size": FLAGS.size,
            "batch": FLAGS.batch,
            "networks": networks,
        }
        write_json(FLAGS.json, report)


if __name__ == "__main__":
    app.run(main)
