"""A program that trains tiny networks of both norms: python replicas.py DEVICES FILE

Gradient descent, not Adam: Adam's step for a parameter whose gradient is nothing
but rounding (a bias before batch norm) is as large as for any other.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from tiny import build_tiny_network

from losses.perceptual import PerceptualLoss
from training.strategy import make_strategy, scope, synchronize_batch_norm
from training.trainer import StyleTrainer


class Logs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.rows = []

    def on_train_batch_end(self, batch, logs=None):
        self.rows.append([float(logs[name]) for name in sorted(logs)])


def main(devices, path):
    strategy = make_strategy(devices)
    found = {}
    for norm in ("batch", "instance"):
        logs, weights = learn(norm, strategy)
        found |= {f"{norm}{i}": w for i, w in enumerate(weights)} | {f"{norm} logs": logs}
    np.savez(path, **found)


def learn(norm, strategy):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    painting = rng.uniform(0, 255, (24, 24, 3)).astype("float32")
    photographs = rng.uniform(0, 255, (20, 32, 32, 3)).astype("float32")
    with scope(strategy):
        loss = PerceptualLoss(painting, "vgg16", "random", ["relu1_2"], ["relu2_1"])
        network = build_tiny_network(norm=norm)
        if strategy:
            synchronize_batch_norm(network)
        trainer = StyleTrainer(network, loss)
        trainer.compile(keras.optimizers.SGD(1e-4), jit_compile=False)
    logs = Logs()
    batches = tf.data.Dataset.from_tensor_slices(photographs).batch(4)
    trainer.fit(batches, shuffle=False, verbose=0, callbacks=[logs])
    return logs.rows, network.get_weights()


if __name__ == "__main__":
    main(*sys.argv[1:])
