"""Keras's backend: what must be set before it is imported, and how it compiles.

Every floor may use it.
"""

import os

from fusion_style.devices import gpus


def set_defaults() -> None:
    """Set the environment variables that decide how Keras computes, where nobody has.

    Call it before the first import of Keras or TensorFlow.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Off by default on processors without AVX-512, where it is 1.75 times as fast too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def jit_compile() -> str | bool:
    """Return what to give `compile`: Keras's choice, but no XLA for TensorFlow on a CPU.

    There it would replace oneDNN's convolutions by slower ones.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return "auto"
    return "auto" if gpus() else False
