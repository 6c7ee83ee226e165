"""TensorFlow's operations, for a SavedModel and for LiteRT."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from fusion_style.models.config import EPSILON, FLOOR
from fusion_style.models.drawing import Tensor, Vectors
from fusion_style.models.graph import Node


class TensorFlowOperations:
    """`exports.whole.WholeOperations` in TensorFlow, on (batch, height, width, channels).

    Vectors have the shape (1, 1, 1, channels).

    Args:
        kernel: function from a kernel, an array, to its tensor.
    """

    def __init__(self, kernel: Callable[[np.ndarray], tf.Tensor] = tf.constant) -> None:
        self.kernel = kernel

    def scale(self, x: Tensor, offset: Tensor, factor: Tensor) -> Tensor:
        return (x - offset) * factor

    def pad(self, x: Tensor, before: int, after: int, mode: str) -> Tensor:
        return tf.pad(x, [[0, 0], [before, after], [before, after], [0, 0]], mode)

    def conv(self, x: Tensor, node: Node) -> Tensor:
        kernel = self.kernel(node.weights["kernel"])
        y = tf.nn.conv2d(x, kernel, node.options["stride"], "VALID")
        return plus(y, node.weights["bias"])

    def depth_to_space(self, x: Tensor, block: int, crop: int) -> Tensor:
        """Raise NotImplementedError: phones' GPUs cannot do this."""
        raise NotImplementedError("draw a graph of exports.plain.plain_painting")

    def nearest(self, x: Tensor, times: int) -> Tensor:
        """Return x of `times` the height and width, each pixel a square."""
        height, width = sides(x)
        return tf.image.resize(x, (times * height, times * width), "nearest")

    def transposed_conv(
        self, x: Tensor, kernel: np.ndarray, bias: np.ndarray, times: int
    ) -> Tensor:
        """Return x of `times` the height and width, by a transposed convolution."""
        (height, width), channels = sides(x), len(bias)
        shape = (1, times * height, times * width, channels)
        y = tf.nn.conv2d_transpose(x, self.kernel(kernel), shape, times)
        return plus(y, bias)

    def relu(self, x: Tensor) -> Tensor:
        return tf.nn.relu(x)

    def tanh(self, x: Tensor) -> Tensor:
        return tf.tanh(x)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def concatenate(self, x: Tensor, y: Tensor) -> Tensor:
        return tf.concat([x, y], -1)

    def moments(self, x: Tensor) -> Vectors:
        mean = tf.reduce_mean(x, (1, 2), keepdims=True)
        squares = tf.square(x - mean)
        return mean, tf.reduce_mean(squares, (1, 2), keepdims=True)

    def normalize(
        self, x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor
    ) -> Tensor:
        return (x - mean) * (tf.math.rsqrt(variance + EPSILON) * gamma) + beta

    def vectors(self, rows: Tensor, sizes: list[int]) -> list[Vectors]:
        both = (tf.split(row[None, None, None], sizes, -1) for row in tf.unstack(rows))
        return list(zip(*both, strict=True))

    def rows(self, vectors: list[Vectors]) -> None:
        """Return nothing: a file is not asked for the norms' statistics."""

    def photograph(self, x: Tensor) -> Vectors:
        mean, variance = self.moments(x)
        return mean, tf.math.rsqrt(variance + FLOOR**2)

    def mirror(self, x: Tensor, margin: int, multiple: int, smallest: int) -> Tensor:
        for axis, size in enumerate(sides(x), start=1):  # as `inference.tiles.mirrored`
            last = tf.maximum(size - 1, 1)
            length = (size + 2 * margin + multiple - 1) // multiple * multiple
            places = tf.range(tf.maximum(length, smallest)) - margin
            inside = last - tf.abs(last - places % (2 * last))
            x = tf.gather(x, tf.minimum(inside, size - 1), axis=axis)
        return x

    def mixed(self, mix: Tensor, rows: np.ndarray) -> Tensor:
        table = tf.constant(rows.reshape(len(rows), -1))
        return tf.reshape(tf.matmul(mix[None], table), rows.shape[1:])

    def crop(self, x: Tensor, margin: int, like: Tensor) -> Tensor:
        height, width = sides(like)
        return x[:, margin : margin + height, margin : margin + width]


def plus(x: tf.Tensor, bias: np.ndarray) -> tf.Tensor:
    """Return x + bias, or x itself if the bias is zero."""
    return x + bias if bias.any() else x


def sides(x: tf.Tensor) -> tuple:
    """Return (height, width): numbers if they are known, else tensors."""
    known, found = x.shape[1:3], tf.shape(x)
    return tuple(found[i + 1] if n is None else n for i, n in enumerate(known))
