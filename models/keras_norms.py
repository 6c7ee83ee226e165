"""Norms as Keras layers: with one γ and β, or with a row of them for each condition.

Of a network that learns many styles all is shared but γ and β (Dumoulin et al. 2017). Which
row is meant is said by weights, (batch, conditions): one of them 1 and the others 0 where
a style is learned; any mix of the rows where it is painted with.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from fusion_style.models.config import EPSILON, MOMENTUM
from fusion_style.models.keras_layers import Shape, Tensor, register


def normalization(norm: str, name: str, conditions: int = 1) -> keras.layers.Layer:
    """Return the layer called `norm`: "batch", as in the paper, or "instance".

    Args:
        norm: which one.
        name: of the layer.
        conditions: how many rows of γ and β it has. With more than one it takes
            [features, weights], else the features.

    Raises:
        ValueError: for any other name.
    """
    many = conditions > 1
    if norm == "batch":
        if many:
            return ConditionalBatchNormalization(conditions, name=name)
        return keras.layers.BatchNormalization(
            momentum=MOMENTUM, epsilon=EPSILON, name=name
        )
    if norm == "instance":
        if many:
            return ConditionalInstanceNormalization(conditions, name=name)
        return keras.layers.GroupNormalization(groups=-1, epsilon=EPSILON, name=name)
    raise ValueError(f"norm must be 'batch' or 'instance'. Received: {norm!r}")


def mix(rows: Tensor, weights: Tensor, dtype: str) -> Tensor:
    """Return Σ weight · row for each picture, (batch, 1, 1, channels).

    Not as a matrix product: on some GPUs that rounds its factors, and a row that is
    taken alone must be itself to the bit.

    Args:
        rows: (conditions, channels).
        weights: (batch, conditions).
        dtype: to compute in.
    """
    rows, weights = ops.cast(rows, dtype), ops.cast(weights, dtype)
    return ops.sum(weights[:, :, None] * rows[None], axis=1)[:, None, None]


@register
class ConditionalInstanceNormalization(keras.layers.Layer):
    """Instance norm with rows of γ and β: z = γ_s (x - μ) / σ + β_s.

    Dumoulin et al. 2017, eq. 5. With one row it is Keras's GroupNormalization(groups=-1),
    to the bit.

    Args:
        conditions: how many rows.
    """

    def __init__(self, conditions: int, **kwargs: Any) -> None:
        # Weights of a mix would lose bits in bfloat16: what goes in is cast below.
        super().__init__(autocast=False, **kwargs)
        self.conditions = conditions

    def build(self, shapes: Sequence[Shape]) -> None:
        add_rows(self, shapes)

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        x, weights = inputs
        dtype = keras.backend.result_type(x.dtype, "float32")
        # In five axes, as GroupNormalization has it: sums have the same order then.
        x = ops.expand_dims(ops.cast(x, dtype), -1)
        mean, variance = ops.moments(x, axes=(1, 2, 4), keepdims=True)
        gamma, beta = (
            ops.expand_dims(mix(rows, weights, dtype), -1)
            for rows in (self.gamma, self.beta)
        )
        factor = ops.rsqrt(variance + EPSILON) * gamma
        shift = -mean * factor + beta
        return ops.cast(ops.squeeze(x * factor + shift, -1), self.compute_dtype)

    def compute_output_shape(self, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "conditions": self.conditions}


@register
class ConditionalBatchNormalization(keras.layers.BatchNormalization):
    """Batch norm with rows of γ and β, and one moving mean and variance for all.

    Args:
        conditions: how many rows.

    Attributes:
        held: whether training, too, normalizes by the moving mean and variance, and leaves
            them as they are.
    """

    def __init__(self, conditions: int, **kwargs: Any) -> None:
        options = {"momentum": MOMENTUM, "epsilon": EPSILON} | kwargs
        super().__init__(**options | {"center": False, "scale": False}, autocast=False)
        self.conditions, self.held = conditions, False

    def build(self, shapes: Sequence[Shape]) -> None:
        add_rows(self, shapes)
        super().build(shapes[0])
        self.input_spec = None  # of features alone

    def call(
        self, inputs: Sequence[Tensor], training: bool | None = None, mask: None = None
    ) -> Tensor:
        x, weights = inputs
        dtype = keras.backend.result_type(x.dtype, "float32")
        x = super().call(ops.cast(x, dtype), training=training and not self.held)
        x = ops.cast(x, dtype)
        x = x * mix(self.gamma, weights, dtype) + mix(self.beta, weights, dtype)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        kept = ("name", "trainable", "dtype", "momentum", "epsilon", "synchronized")
        config = {k: v for k, v in super().get_config().items() if k in kept}
        return config | {"conditions": self.conditions}


def add_rows(layer: keras.layers.Layer, shapes: Sequence[Shape]) -> None:
    """Give a norm its γ, of ones, and its β, of zeros, (conditions, channels) each."""
    shape = (layer.conditions, shapes[0][-1])
    layer.gamma, layer.beta = (
        layer.add_weight(shape, initializer, name=name, autocast=False)
        for name, initializer in (("gamma", "ones"), ("beta", "zeros"))
    )
