"""Layers that Keras does not have: padding, and both ends of a network.

Shapes are (batch, height, width, channels). Height and width are unknown until a picture
comes.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

import keras
from keras import ops

from fusion_style.models.config import FLOOR, LEAK, LIMIT, TRAINING_LIMIT

Tensor: TypeAlias = Any  # keras.KerasTensor or a tensor of the backend
Shape: TypeAlias = tuple[int | None, ...]  # None for unknown sizes

Class = TypeVar("Class", bound=type)


def register(cls: Class) -> Class:
    """Register a class, so that `.keras` files can name it: fusion_style>ClassName."""
    return keras.saving.register_keras_serializable("fusion_style")(cls)


@register
class ReflectionPadding(keras.layers.Layer):
    """Add `width` mirrored pixels at each border, without repeating the edge pixel.

    A departure from Qiu & Huang 2017, who pad with zeros: with zeros, a dark frame shows
    around the picture.

    Args:
        width: of the border, in pixels.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, x: Tensor) -> Tensor:
        border = (self.width, self.width)
        return ops.pad(x, ((0, 0), border, border, (0, 0)), mode="reflect")

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, *size, channels = shape
        return (batch, *[n and n + 2 * self.width for n in size], channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}


@register
class InputNormalization(keras.layers.Layer):
    """Scale each channel of each picture to mean 0 and standard deviation 1, and limit it.

    Takes pictures with values in 0-255. With batch norm in the network, this prevents flat
    regions from collapsing to one color. These are the only statistics of the whole picture
    that such a network uses.
    """

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        limit = TRAINING_LIMIT if training else LIMIT
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=(1, 2), keepdims=True)
        normalized = (x - mean) / ops.sqrt(variance + FLOOR**2)
        return limit * ops.tanh(normalized / limit)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return shape


@register
class MirrorToMultiple(keras.layers.Layer):
    """Extend a picture of any size, by mirroring, to a size that the network takes.

    Rows are added at the bottom and columns at the right, until the sides are multiples of
    `multiple` and at least `minimum`. So every reflection inside the network has pixels to
    mirror. A side that is shorter than its extension is mirrored back and forth. A side of
    one pixel is repeated.

    Args:
        multiple, minimum: in pixels; see `multiple` and `smallest` of `models.graph.Graph`.
    """

    def __init__(self, multiple: int = 4, minimum: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.multiple, self.minimum = multiple, minimum

    def call(self, x: Tensor) -> Tensor:
        for axis in (1, 2):
            n = ops.shape(x)[axis]
            maximum = max if isinstance(n, int) else ops.maximum  # static for JAX
            extended = maximum(-(-n // self.multiple) * self.multiple, self.minimum)
            # 0 1 2 3 | 2 1 0 1 2 …: a triangle wave of period 2 (n - 1)
            last = ops.maximum(n - 1, 1)
            wave = ops.arange(extended) % (2 * last)
            index = ops.minimum(last - ops.abs(last - wave), n - 1)
            x = ops.take(x, index, axis=axis)
        return x

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, *size, channels = shape
        size = [
            n and max(-(-n // self.multiple) * self.multiple, self.minimum) for n in size
        ]
        return (batch, *size, channels)

    def get_config(self) -> dict[str, Any]:
        config = {"multiple": self.multiple, "minimum": self.minimum}
        return {**super().get_config(), **config}


@register
class UnsaturatedTanh(keras.layers.Layer):
    """Compute tanh, with the gradient 1 - tanh² + `LEAK`.

    A departure from Johnson et al. 2016: a saturated tanh has no gradient, so no loss could
    correct a pixel that is pure white.
    """

    def call(self, x: Tensor) -> Tensor:
        return ops.tanh(x) + LEAK * (x - ops.stop_gradient(x))


@register
class CropLike(keras.layers.Layer):
    """Cut the first of two inputs to the height and width of the second."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        x, like = inputs
        height, width = ops.shape(like)[1:3]
        return x[:, :height, :width]

    def compute_output_shape(self, shapes: Sequence[Shape]) -> Shape:
        (batch, _, _, channels), like = shapes
        return (batch, *like[1:3], channels)
