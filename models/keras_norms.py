"""Norms as Keras layers, with one γ and β or with a row of them for each condition.

A network that learns many styles shares everything except γ and β (Dumoulin et al. 2017).
Weights, (batch, conditions), choose the rows. In training, one weight is 1 and the others
are 0. In painting, any mix of rows is possible.
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
        norm: "batch" or "instance".
        name: of the layer.
        conditions: number of rows of γ and β. With more than one, the layer takes
            [features, weights]; otherwise it takes the features.

    Raises:
        ValueError: for another norm.
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

    This is not a matrix product, because some GPUs round its factors. A single row with
    weight 1 must be returned bit for bit.

    Args:
        rows: (conditions, channels).
        weights: (batch, conditions).
        dtype: in which to compute.
    """
    rows, weights = ops.cast(rows, dtype), ops.cast(weights, dtype)
    return ops.sum(weights[:, :, None] * rows[None], axis=1)[:, None, None]


@register
class ConditionalInstanceNormalization(keras.layers.Layer):
    """Instance norm with rows of γ and β: z = γ_s (x - μ) / σ + β_s.

    Dumoulin et al. 2017, eq. 5. With one row it gives the same as Keras's
    GroupNormalization(groups=-1), bit for bit.

    Args:
        conditions: number of rows.
    """

    def __init__(self, conditions: int, **kwargs: Any) -> None:
        # No autocast, because weights would lose bits in bfloat16. Inputs are cast below.
        super().__init__(autocast=False, **kwargs)
        self.conditions = conditions

    def build(self, shapes: Sequence[Shape]) -> None:
        add_rows(self, shapes)

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        x, weights = inputs
        dtype = keras.backend.result_type(x.dtype, "float32")
        # Five axes, as in GroupNormalization, so that sums have the same order.
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
    """Batch norm with rows of γ and β, and one moving mean and variance for all rows.

    Args:
        conditions: number of rows.

    Attributes:
        held: whether the moving mean and variance are used in training too, and do not
            change.
    """

    def __init__(self, conditions: int, **kwargs: Any) -> None:
        options = {"momentum": MOMENTUM, "epsilon": EPSILON} | kwargs
        super().__init__(**options | {"center": False, "scale": False}, autocast=False)
        self.conditions, self.held = conditions, False

    def build(self, shapes: Sequence[Shape]) -> None:
        add_rows(self, shapes)
        super().build(shapes[0])
        self.input_spec = None  # Keras's describes the features without the weights

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
    """Give a norm γ (ones) and β (zeros), each of shape (conditions, channels)."""
    shape = (layer.conditions, shapes[0][-1])
    layer.gamma, layer.beta = (
        layer.add_weight(shape, initializer, name=name, autocast=False)
        for name, initializer in (("gamma", "ones"), ("beta", "zeros"))
    )
