"""A network, a loss and a training that are quick, and pictures of noise."""

import numpy as np

from fusion_style.losses.config import LossConfig
from fusion_style.models.blocks import Builder, T
from fusion_style.models.networks import NETWORKS

RNG = np.random.default_rng(0)
TINY_LOSS = LossConfig(
    loss_network="vgg16",
    loss_weights="random",
    content_layers=("relu1_2",),
    style_layers=("relu1_1", "relu2_1=3"),
)
TINY_TRAINING = {  # settings of a `TrainConfig`
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": ["relu1_1", "relu2_1"],
    "network": "tiny",
    "width": 0.125,
    "size": 16,
    "style_size": 24,
    "batch": 4,
}


def tiny(net: Builder[T], x: T) -> T:
    """Draw four convolutions: compiled in a quarter of the time of five blocks."""
    c = net.channels
    x = net.conv(x, c(32), 9, name="conv1")
    x = net.conv(x, c(64), 3, stride=2, name="conv2")
    x = net.up(x, c(32), 3, name="up1")
    return net.conv(x, 3, 9, relu=False, name="conv3")


NETWORKS["tiny"] = tiny


def as_flags(settings):
    """{name: value} as flags of train.py."""
    return [
        f"--{name}={','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in settings.items()
    ]


def picture(*shape):
    """Float32 RGB, (*shape, 3), 0-255."""
    return RNG.uniform(0, 255, (*shape, 3)).astype("float32")
