"""Measure photographs per second in training: networks, precisions, replicas.

    python benchmarks/training.py
    python benchmarks/training.py --networks fusion,johnson,inception --peers
    python benchmarks/training.py --networks fusion --replicas 1,2
    python benchmarks/training.py --precisions float32,bfloat16 --json training.json
    python benchmarks/training.py --networks fusion,mobile --losses vgg16,vgg19_distilled

Every configuration runs in a process of its own, which does two steps to warm up and waits.
Then the processes take turns of a few steps each. Prints medians over the turns. The loss
is that of pytorch/examples: VGG16 up to relu4_3 with random weights, content at relu2_2; or
that of the loss network in the package, with its own layers.
Photographs are read without a cache from 640×480 JPEGs, which this program makes. "Waiting"
is the share of the time in which steps waited for photographs. The peer (--peers, needs
PyTorch) is the recipe of fast_neural_style in pytorch/examples. Its photographs are in
memory, which is an advantage for it.
"""

import os
import sys

from fusion_style import backend

backend.set_defaults()

import contextlib
import json
import subprocess
import tempfile
import time

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.photographs import make_photographs
from fusion_style.files import check_writable, write_json

FLAGS = flags.FLAGS
flags.DEFINE_list("networks", ["fusion", "johnson", "inception"], "Which networks.")
flags.DEFINE_list("losses", ["vgg16"], "Loss networks: vgg16, vgg19_distilled.")
flags.DEFINE_list("precisions", ["float32"], "Which precisions: float32, bfloat16.")
flags.DEFINE_list("replicas", ["1"], "Numbers of replicas.")
flags.DEFINE_enum("device", "cpu", ["cpu", "gpu"], "Where the replicas are.")
flags.DEFINE_integer("size", 256, "Side of the crops, in pixels.", 16)
flags.DEFINE_integer("batch", 4, "Photographs in a step, over all replicas.", 1)
flags.DEFINE_integer("steps", 3, "Steps of each configuration in a turn.", 1)
flags.DEFINE_integer("turns", 3, "Turns of each configuration.", 1)
flags.DEFINE_boolean("peers", False, "Also the recipe of pytorch/examples.")
flags.DEFINE_string("json", None, "A file for the numbers.")
flags.DEFINE_string("worker", None, "Internal: the configuration that a process trains.")
flags.DEFINE_string("photographs", None, "Internal: the folder that a process reads.")

PEER = "pytorch/examples"


def training(network, loss, precision, replicas):
    """Return a function that does one step, and one that discards what was read before.

    The step returns the seconds that it waited for photographs.
    """
    import keras
    import tensorflow as tf

    from fusion_style.data.photos.sources import Folder
    from fusion_style.data.photos.stream import PhotoStream
    from fusion_style.losses.config import LossConfig
    from fusion_style.models.config import NetworkConfig
    from fusion_style.training.strategy import make_strategy
    from fusion_style.training.trainer import build_trainer, compile_trainer

    policy = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision]
    keras.config.set_dtype_policy(policy)
    strategy = make_strategy(f"{FLAGS.device}:{replicas}")
    painting = np.random.default_rng(0).uniform(0, 255, (256, 256, 3)).astype("float32")
    losses = {
        "vgg16": LossConfig(
            "vgg16", "random", ("relu2_2",), content_weight=0.2, tv_weight=0.002
        ),
        "vgg19_distilled": LossConfig("vgg19_distilled"),
    }
    config = NetworkConfig(network, norm="batch")
    trainer = build_trainer([painting], config, [losses[loss]], strategy)
    compile_trainer(trainer, 1e-3, 1000, strategy)
    batches = PhotoStream(Folder(FLAGS.photographs), FLAGS.size).batches(FLAGS.batch)
    if strategy:
        batches = strategy.experimental_distribute_dataset(batches)
    batches = iter(batches)

    @tf.function
    def update(batch):
        if strategy:
            strategy.run(trainer.train_step, (batch,))
        else:
            trainer.train_step(batch)

    def step():
        start = time.perf_counter()
        batch = next(batches)
        waited = time.perf_counter() - start
        update(batch)
        keras.ops.convert_to_numpy(trainer.optimizer.iterations)  # until it is done
        return waited

    def empty():
        """Discard the batches that were read while other processes had their turn."""
        for _ in range(max(2, os.cpu_count()) + 2):  # what `PhotoStream.batches` holds
            next(batches)

    return step, empty


def peer():
    from fusion_style.benchmarks.peer import training_step

    update = training_step(FLAGS.batch, FLAGS.size)

    def step():
        update()
        return 0.0

    return step, lambda: None


def work(configuration):
    """Train in a process of its own: do one turn of steps for each line of input."""
    step, empty = peer() if configuration == PEER else training(*configuration.split(","))
    step(), step()
    print("ready", flush=True)
    for _ in sys.stdin:
        empty()
        start = time.perf_counter()
        waited = sum(step() for _ in range(FLAGS.steps))
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "waited": waited}), flush=True)


class Worker:
    """Control a process that trains one configuration.

    Args:
        configuration: "network,loss,precision,replicas", or `PEER`.
        photographs: the folder that it reads.

    Raises:
        RuntimeError: if the process ends.
    """

    def __init__(self, configuration, photographs):
        self.log = tempfile.TemporaryFile("w+")
        same = [f"--{n}={FLAGS[n].value}" for n in ("device", "size", "batch", "steps")]
        self.process = subprocess.Popen(
            [sys.executable, __file__, f"--worker={configuration}",
             f"--photographs={photographs}", *same],
            env={**os.environ, "TF_FORCE_GPU_ALLOW_GROWTH": "true"},  # for all of them
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"A process ended: {self.log.read()[-2000:]}")
        return line

    def turn(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.answer())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def main(argv):
    if FLAGS.worker:
        return work(FLAGS.worker)
    try:
        if FLAGS.json:
            check_writable(FLAGS.json)
    except OSError as error:
        return f"training.py: {error}"
    configurations = [
        f"{network},{loss},{precision},{replicas}"
        for network in FLAGS.networks
        for loss in FLAGS.losses
        for precision in FLAGS.precisions
        for replicas in FLAGS.replicas
    ] + [PEER] * FLAGS.peers
    turns = {configuration: [] for configuration in configurations}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        make_photographs(folder, 64)
        workers = {}
        for configuration in configurations:
            workers[configuration] = Worker(configuration, folder)
            stack.callback(workers[configuration].end)
        for _ in range(FLAGS.turns):
            for configuration, worker in workers.items():
                turns[configuration].append(worker.turn())
    where = machine("tensorflow", "keras", "torch", "numpy")
    print(", ".join(f"{k} {v}" for k, v in where.items()))
    print(
        f"batch {FLAGS.batch} at {FLAGS.size}×{FLAGS.size}, medians of {FLAGS.turns} turns "
        f"of {FLAGS.steps} steps\n"
    )
    report(turns)
    if FLAGS.json:
        write_json(FLAGS.json, {"machine": where, "turns": turns})


def report(turns):
    print(f"{'':<48}{'photographs/s':>14}{'spread':>16}{'waiting':>9}{'over peer':>11}")
    rates = {
        name: FLAGS.steps * FLAGS.batch / np.array([turn["seconds"] for turn in found])
        for name, found in turns.items()
    }
    for name, rate in rates.items():
        waiting = np.median([turn["waited"] / turn["seconds"] for turn in turns[name]])
        label = name
        if name != PEER:
            *what, replicas = name.split(",")
            label = f"{', '.join(what)}, {replicas} replica{'s' * (replicas != '1')}"
        line = f"{label:<48}{np.median(rate):>14.2f}"
        line += f"{f'{rate.min():.2f} to {rate.max():.2f}':>16}"
        line += f"{'-' if name == PEER else f'{waiting:.1%}':>9}"
        if PEER in rates:
            line += f"{f'{np.median(rate) / np.median(rates[PEER]):.2f}×':>11}"
        print(line)


if __name__ == "__main__":
    app.run(main)
