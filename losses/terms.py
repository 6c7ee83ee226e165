"""Gram matrices of features, and total variation of pictures."""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

Tensor: TypeAlias = Any  # of TensorFlow, PyTorch or JAX, which share no class

EPSILON = 1e-8


def gram_matrix(features: Tensor) -> Tensor:
    """Return G = FᵀF / (C·H·W) (Johnson et al. 2016, sec. 3.2), in float32.

    The gradient is computed through one of the two factors and counted twice. This is right
    for functions whose gradient with respect to G is symmetric, such as the distance to
    another Gram matrix.

    Args:
        features: (batch, height, width, C).

    Returns:
        (batch, C, C).
    """
    features = ops.cast(features, "float32")
    _, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (-1, height * width, channels))
    # Both factors have the same gradient: compute it once, count it twice.
    gram = ops.matmul(ops.transpose(ops.stop_gradient(flat), (0, 2, 1)), flat)
    gram = 2 * gram - ops.stop_gradient(gram)
    return gram / ops.cast(channels * height * width, "float32")


def total_variation(pictures: Tensor, reduce: Callable[..., Tensor] = ops.mean) -> Tensor:
    """Return the absolute differences between pixels and their neighbors below and right.

    Args:
        pictures: (batch, height, width, 3), 0-255.
        reduce: `ops.mean` or `ops.sum`, applied to each picture; the vertical and the
            horizontal result are added.

    Returns:
        (batch,), in gray levels.
    """
    down = ops.abs(pictures[:, 1:] - pictures[:, :-1])
    across = ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1])
    return reduce(down, axis=(1, 2, 3)) + reduce(across, axis=(1, 2, 3))
