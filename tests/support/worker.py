"""Learning a style with a tiny network and gradient descent.

Not Adam: Adam's step for a parameter whose gradient is nothing but rounding (a bias
before batch norm) is as large as for any other.
"""

import json
import signal

import keras

from fusion_style.settings import build
from fusion_style.tests.support.tiny_train import send_at
from fusion_style.training.config import TrainConfig
from fusion_style.training.learn import learn_style


def main(settings, dies_at=None):
    """`learn_style`, whose losses are printed; killed after a step, if so."""
    keras.optimizers.Adam = keras.optimizers.SGD
    send_at(dies_at, signal.SIGKILL)
    try:
        record = learn_style(build(TrainConfig, settings))
    except (ValueError, OSError) as error:
        return f"train.py: {error}"
    print(json.dumps(record["history"]))
