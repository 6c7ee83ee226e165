"""Learning a style with a tiny network and gradient descent.

Not Adam: Adam's step for a parameter whose gradient is nothing but rounding (a bias
before batch norm) is as large as for any other.
"""

import json
import signal

import keras

import fusion_style.training.learn
from fusion_style.tests.support.tiny import build_tiny_network
from fusion_style.tests.support.tiny_train import send_at


def main(settings, dies_at=None):
    """`learn_style`, whose losses are printed; killed after a step, if so."""
    fusion_style.training.learn.build_network = build_tiny_network
    keras.optimizers.Adam = keras.optimizers.SGD
    send_at(dies_at, signal.SIGKILL)
    try:
        record = fusion_style.training.learn.learn_style(**settings)
    except (ValueError, OSError) as error:
        return f"train.py: {error}"
    print(json.dumps(record["history"]))
