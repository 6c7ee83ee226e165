"""A program that trains a narrow network: python replicas.py DEVICES NORM FILE

Gradient descent, not Adam: Adam's step for a parameter whose gradient is nothing
but rounding (a bias before batch norm) is as large as for any other.
"""

import sys

import keras
import numpy as np
import tensorflow as tf

from losses.perceptual import PerceptualLoss
from models.transformer import build_network
from training.strategy import make_strategy, scope, synchronize_batch_norm
from training.trainer import StyleTrainer


class Logs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.rows = []

    def on_train_batch_end(self, batch, logs=None):
        self.rows.append([float(logs[name]) for name in sorted(logs)])


def main(devices, norm, path):
    strategy = make_strategy(devices)
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    painting = rng.uniform(0, 255, (24, 24, 3)).astype("float32")
    photographs = rng.uniform(0, 255, (20, 32, 32, 3)).astype("float32")
    with scope(strategy):
        loss = PerceptualLoss(painting, "vgg16", "random", ["relu1_2"], ["relu2_1"])
        network = build_network(norm=norm, width=0.125)
        if strategy:
            synchronize_batch_norm(network)
        trainer = StyleTrainer(network, loss)
        trainer.compile(keras.optimizers.SGD(1e-4), jit_compile=False)
    logs = Logs()
    batches = tf.data.Dataset.from_tensor_slices(photographs).batch(4)
    trainer.fit(batches, shuffle=False, verbose=0, callbacks=[logs])
    weights = {f"w{i}": w for i, w in enumerate(network.get_weights())}
    np.savez(path, logs=logs.rows, **weights)


if __name__ == "__main__":
    main(*sys.argv[1:])
