"""train.py that can be interrupted: python tiny_train.py FLAGS-OF-TRAIN.PY

With KERAS_BACKEND other than tensorflow in its environment, as if TensorFlow were not
installed.
"""

import os
import sys


class WithoutTensorFlow:
    """One of Python's finders of modules, where TensorFlow is not installed."""

    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            return None
        return self.finder.find_spec(name, path, target)


if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
    sys.meta_path[:] = map(WithoutTensorFlow, sys.meta_path)

from fusion_style.tests.support import tiny  # noqa: F401, which makes --network=tiny
from fusion_style.training.record import RunRecord


def main(flags, step=None, signal=None):
    """What train.py exits with; with a signal to itself, if so, after a step."""
    from fusion_style import train

    send_at(step, signal)
    return train.main(train.FLAGS(["train.py", *flags]))


def send_at(step, signal):
    """Sends this process a signal after a step, before its losses are recorded."""
    add = RunRecord.add

    def send_and_add(self, number, losses):
        if number == step:
            os.kill(os.getpid(), signal)
        return add(self, number, losses)

    RunRecord.add = send_and_add


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
