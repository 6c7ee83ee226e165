"""Add paintings to a trained network: learn new rows of γ and β, and change nothing else.

The convolutions that were learned also work for other paintings (Dumoulin et al. 2017).
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

PHOTOGRAPHS = 4  # number of photographs on which earlier rows are compared


def with_rows(
    config: NetworkConfig, lessons: int, add_to: str | None = None
) -> NetworkConfig:
    """Return the settings of a training's network, with the number of its rows.

    Args:
        config: the network's settings in the training.
        lessons: number of rows to learn.
        add_to: path of a style file with earlier rows, or None. Its settings replace
            `config`.

    Raises:
        StyleFileError: if it is not a style file.
    """
    base = read_config(add_to) if add_to else None
    rows = lessons + (base.conditions if base else 0)
    return dataclasses.replace(base or config, conditions=rows)


def hold(network: ImageTransformationNetwork) -> None:
    """Make only γ and β trainable."""
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
    """Copy the weights of a style file into a network, and choose its new rows.

    Each new row starts as a copy of the earlier row that paints a few photographs with the
    lowest loss for the new painting, or as the mean of all rows if that is better.

    Args:
        network: it has as many rows as the file and the loss together. Its weights are set.
        path: of the style file.
        loss: has a row for each painting to learn.
        photographs: uint8 or float32 RGB (height, width, 3), 0-255, all of the same size.
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
    """Return rows of γ or β with mixes of them appended.

    Args:
        rows: (rows, channels) or (channels,).
        begin: weights of the mixes, (mixes, rows).

    Returns:
        (rows + mixes, channels).
    """
    rows = np.atleast_2d(rows)
    return np.vstack([rows, (begin @ rows).astype(rows.dtype)])


def losses_of(
    network: ImageTransformationNetwork, mix: np.ndarray, crops: np.ndarray,
    loss: PerceptualLoss, lessons: int,
) -> list[float]:  # fmt: skip
    """Return, for each lesson, the mean total loss of crops painted with a mix of rows."""
    weights = np.tile(mix.astype(np.float32), (len(crops), 1))
    single = network.config.conditions == 1
    painted = network(crops if single else [crops, weights], training=False)
    found = []
    for lesson in range(lessons):
        one = loss.of(ops.full((len(crops),), lesson, "int32"))
        total = ops.mean(one.total(one(crops, painted)))
        found.append(float(keras.ops.convert_to_numpy(total)))
    return found
