"""What pictures are compared by: Gram matrices of features, and total variation."""

from collections.abc import Callable
from typing import Any, TypeAlias

from keras import ops

Tensor: TypeAlias = Any  # TensorFlow's, PyTorch's or JAX's: they have no class in common

EPSILON = 1e-8


def gram_matrix(features: Tensor) -> Tensor:
    """Return G = FᵀF / (C·H·W) (Johnson et al. 2016, sec. 3.2), in float32.

    Its gradient is right for every function that treats G's two halves alike, as
    the distance to another Gram matrix does.

    Args:
        features: (batch, height, width, C).

    Returns:
        (batch, C, C).
    """
    features = ops.cast(features, "float32")
    _, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (-1, height * width, channels))
    # Both factors' gradients are the same: computed once, counted twice.
    gram = ops.matmul(ops.transpose(ops.stop_gradient(flat), (0, 2, 1)), flat)
    gram = 2 * gram - ops.stop_gradient(gram)
    return gram / ops.cast(channels * height * width, "float32")


def total_variation(pictures: Tensor, reduce: Callable[..., Tensor] = ops.mean) -> Tensor:
    """Return the absolute differences between neighbors, down and across.

    Args:
        pictures: (batch, height, width, 3).
        reduce: `ops.mean` or `ops.sum`, over each picture.

    Returns:
        (batch,), in gray levels.
    """
    down = ops.abs(pictures[:, 1:] - pictures[:, :-1])
    across = ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1])
    return reduce(down, axis=(1, 2, 3)) + reduce(across, axis=(1, 2, 3))
