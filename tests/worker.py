"""Learning a style with a tiny network and gradient descent.

Not Adam: Adam's step for a parameter whose gradient is nothing but rounding (a bias
before batch norm) is as large as for any other.
"""

import json
import signal

import keras
from tiny import build_tiny_network
from tiny_train import send_at

import training.learn


def main(settings, dies_at=None):
    """`learn_style`, whose losses are printed; killed after a step, if so."""
    training.learn.build_network = build_tiny_network
    keras.optimizers.Adam = keras.optimizers.SGD
    send_at(dies_at, signal.SIGKILL)
    try:
        record = training.learn.learn_style(**settings)
    except (ValueError, OSError) as error:
        return f"train.py: {error}"
    print(json.dumps(record["history"]))
