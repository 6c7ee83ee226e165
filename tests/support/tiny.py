"""A network, a loss and a training that are quick, and pictures of noise."""

import keras
import numpy as np

from fusion_style.models.keras_builder import ImageTransformationNetwork
from fusion_style.models.keras_layers import register

RNG = np.random.default_rng(0)
TINY_LOSS = {
    "loss_network": "vgg16",
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": {"relu1_1": 1, "relu2_1": 3},
}
TINY_TRAINING = {
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": ["relu1_1", "relu2_1"],
    "size": 16,
    "style_size": 24,
    "batch": 4,
}


def as_flags(settings):
    """{name: value} as flags of train.py."""
    return [
        f"--{name}={','.join(value) if isinstance(value, list) else value}"
        for name, value in settings.items()
    ]


def picture(*shape):
    """Float32 RGB, (*shape, 3), 0-255."""
    return RNG.uniform(0, 255, (*shape, 3)).astype("float32")


@register
class TinyNetwork(ImageTransformationNetwork):
    """The six convolutions outside the blocks, an eighth as wide."""

    @staticmethod
    def block(channels, name, norm):
        return keras.layers.Identity(name=name)


def build_tiny_network(network="fusion", width=0.125, **options):
    """In place of `models.keras_builder.build_network`."""
    return TinyNetwork(width=width, **options)
