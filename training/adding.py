"""Further paintings for a network that is there: new rows of γ and β, all else held.

Dumoulin et al. 2017: what the convolutions have learned serves other paintings, too.
"""

import dataclasses
from collections.abc import Iterable

import keras
import numpy as np
from keras import ops

from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.config import NetworkConfig
from fusion_style.models.keras_builder import ImageTransformationNetwork, named_layers
from fusion_style.models.keras_norms import ConditionalBatchNormalization
from fusion_style.models.loading import load_network
from fusion_style.models.style_file import read_config

PHOTOGRAPHS = 4  # on which earlier rows are compared


def with_rows(
    config: NetworkConfig, lessons: int, add_to: str | None = None
) -> NetworkConfig:
    """Return what the network of a training is told.

    Args:
        config: of the training.
        lessons: how many rows it learns.
        add_to: path of the style file that has the others, whose settings these are, too.

    Raises:
        StyleFileError: if that is none.
    """
    base = read_config(add_to) if add_to else None
    rows = lessons + (base.conditions if base else 0)
    return dataclasses.replace(base or config, conditions=rows)


def hold(network: ImageTransformationNetwork) -> None:
    """Keep training from changing anything but γ and β."""
    for name, layer in named_layers(network):
        layer.trainable = name.endswith("_norm")
        if isinstance(layer, ConditionalBatchNormalization):
            layer.held = True


def take_over(
    network: ImageTransformationNetwork,
    path: str,
    loss: PerceptualLoss,
    photographs: Iterable[np.ndarray],
) -> None:
    """Give a network the weights of a style file, and its new rows good ones to begin with.

    A new row begins as the earlier one whose paintings of a few photographs are nearest to
    the new painting, or as the mean of all, if that is nearer.

    Args:
        network: with as many rows as the file and the loss have together.
        path: of the file.
        loss: with a row for each painting that is to be learned.
        photographs: uint8 or float32 RGB (height, width, 3), 0-255, of one size.
    """
    earlier = load_network(path)
    rows, lessons = earlier.config.conditions, network.config.conditions
    lessons -= rows
    mixes = np.vstack([np.eye(rows), np.full((1, rows), 1 / rows)])[: rows + (rows > 1)]
    crops = np.stack(list(photographs)).astype(np.float32)
    losses = np.array([losses_of(earlier, mix, crops, loss, lessons) for mix in mixes])
    begin = mixes[losses.argmin(axis=0)]  # (lessons, rows)
    sources = dict(named_layers(earlier))
    for name, layer in named_layers(network):
        weights = sources[name].get_weights()
        if name.endswith("_norm"):
            weights[:2] = (extended(weight, begin) for weight in weights[:2])
        layer.set_weights(weights)


def extended(rows: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Return rows of γ or β, (rows, channels) or (channels,), and mixes of them below."""
    rows = np.atleast_2d(rows)
    return np.vstack([rows, (begin @ rows).astype(rows.dtype)])


def losses_of(
    network: ImageTransformationNetwork, mix: np.ndarray, crops: np.ndarray,
    loss: PerceptualLoss, lessons: int,
) -> list[float]:  # fmt: skip
    """Return the total loss of a mix's paintings for each lesson, a mean over crops."""
    weights = np.tile(mix.astype(np.float32), (len(crops), 1))
    single = network.config.conditions == 1
    painted = network(crops if single else [crops, weights], training=False)
    found = []
    for lesson in range(lessons):
        one = loss.of(ops.full((len(crops),), lesson, "int32"))
        total = ops.mean(one.total(one(crops, painted)))
        found.append(float(keras.ops.convert_to_numpy(total)))
    return found
