"""Write TensorFlow's SavedModel, for TensorFlow Serving and other uses of TensorFlow."""

from collections import Counter

import numpy as np
import tensorflow as tf

from fusion_style.exports.plain import plain_painting
from fusion_style.exports.tensorflow import TensorFlowOperations
from fusion_style.exports.weights import stored
from fusion_style.exports.whole import draw_whole, style_rows
from fusion_style.models.graph import Graph


class Painter(tf.Module):
    """The module to save. Both signatures share its kernels.

    Args:
        graph: from `exports.plain.plain_painting`.
        precision: of the kernels.
    """

    def __init__(self, graph: Graph, precision: str) -> None:
        super().__init__()
        self.precision = precision
        self.kernels: dict[str, tf.Variable] = {}
        self.scales: dict[str, np.ndarray] = {}
        self.graph, self.ops = graph, TensorFlowOperations(self.kernel)

    def kernel(self, kernel: np.ndarray) -> tf.Tensor:
        """Return a stored kernel as a float32 tensor."""
        key = str(id(kernel))  # unique, because self.graph keeps the kernel alive
        if key not in self.kernels:
            with tf.init_scope():
                values, scale = stored(kernel, self.precision)
                self.kernels[key] = tf.Variable(values, trainable=False)
                if scale is not None:
                    self.scales[key] = scale
        x = tf.cast(self.kernels[key], tf.float32)
        return x * self.scales[key] if key in self.scales else x

    def paint(self, picture: tf.Tensor) -> dict[str, tf.Tensor]:
        """Paint in the style of the file; if it has several, in the first one."""
        first = np.eye(self.graph.conditions)[0]
        style = tf.constant(self.graph.style(first)) if self.graph.norms else None
        return self.paint_in_style(picture, style)

    def paint_in_style(
        self, picture: tf.Tensor, style: tf.Tensor | None
    ) -> dict[str, tf.Tensor]:
        """Return {"painting"} for another γ and β, (2, sum of the norms' channels)."""
        photo = tf.cast(picture, tf.float32)
        return {"painting": draw_whole(self.graph, self.ops, photo, style)}

    def paint_in_mix(self, picture: tf.Tensor, mix: tf.Tensor) -> dict[str, tf.Tensor]:
        """Paint in a mix of the file's styles; `mix` has their shares, (conditions,)."""
        return self.paint_in_style(picture, self.ops.mixed(mix, style_rows(self.graph)))


def write_model(
    graph: Graph, path: str, precision: str, size: tuple[int, int] | None,
    pixels: str,
) -> Counter[str]:  # fmt: skip
    """Write a style as a SavedModel, a folder.

    Args, Returns: as for `exports.onnx.write_model`. The inputs "style" and "mix" belong
        to separate signatures, "with_style" and "with_mix".
    """
    painter = Painter(plain_painting(graph), precision)
    picture = tf.TensorSpec((1, *(size or (None, None)), 3), tf.as_dtype(pixels), "picture")
    paint = tf.function(painter.paint, [picture], autograph=False)
    signatures = {"serving_default": paint.get_concrete_function()}
    if painter.graph.conditions > 1:
        mix = tf.TensorSpec((painter.graph.conditions,), tf.float32, "mix")
        mixed = tf.function(painter.paint_in_mix, [picture, mix], autograph=False)
        signatures["with_mix"] = mixed.get_concrete_function()
    elif painter.graph.norms:
        style = tf.TensorSpec(painter.graph.style().shape, tf.float32, "style")
        both = tf.function(painter.paint_in_style, [picture, style], autograph=False)
        signatures["with_style"] = both.get_concrete_function()
    tf.saved_model.save(painter, path, signatures)
    operations = signatures["serving_default"].graph.get_operations()
    return Counter(operation.type for operation in operations)
