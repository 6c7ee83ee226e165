"""A program that learns a style, with a tiny network: python worker.py SETTINGS.json

TF_CONFIG in its environment makes it one of several workers. Gradient descent, not
Adam: Adam's step for a parameter whose gradient is nothing but rounding (a bias before
batch norm) is as large as for any other.
"""

import json
import os
import signal
import sys

import keras
from tiny import build_tiny_network

import training.learn
from training.record import RunRecord
from training.strategy import worker

training.learn.build_network = build_tiny_network
keras.optimizers.Adam = keras.optimizers.SGD


def main(path):
    with open(path) as file:
        settings = json.load(file)
    dies, dies_at = settings.pop("dies", None), settings.pop("dies_at", None)
    add = RunRecord.add

    def add_or_die(self, step, losses):
        if step == dies_at and worker()[0] == dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return add(self, step, losses)

    RunRecord.add = add_or_die
    try:
        record = training.learn.learn_style(**settings)
    except (ValueError, OSError) as error:
        sys.exit(f"train.py: {error}")
    print(json.dumps(record["history"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
