"""Keras's backend: variables to set before it is imported, and how it compiles.

Every floor may use this file.
"""

import os

from fusion_style.devices import gpus


def set_defaults() -> None:
    """Set the environment variables that decide how Keras computes, unless they are set.

    Call this before the first import of Keras or TensorFlow.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow turns oneDNN off on processors without AVX-512, though it is 1.75 times as
    # fast there too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def jit_compile() -> str | bool:
    """Return the `jit_compile` of Keras's `compile`: "auto", or False for no XLA.

    It is False for TensorFlow on a CPU, where XLA would replace oneDNN's convolutions with
    slower ones.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return "auto"
    return "auto" if gpus() else False
