"""Write LiteRT (TensorFlow Lite) files, for processors and GPUs of Android and iOS.

Only LiteRT's own operations are used, and of those only the ones that phones' GPUs have:
there is no DEPTH_TO_SPACE, MIRROR_PAD has the mode REFLECT, and all sizes are fixed.
"""

from collections import Counter

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from fusion_style.exports.plain import plain_painting
from fusion_style.exports.tensorflow import TensorFlowOperations, sides
from fusion_style.exports.whole import draw_whole, style_rows
from fusion_style.models.drawing import Tensor
from fusion_style.models.graph import Graph

SIZE = (512, 512)  # the default (height, width)
IDENTIFIER = b"TFL3"
ALIGNED = 16  # bytes; the format's schema demands that constants begin at a multiple


class LiteRTOperations(TensorFlowOperations):
    """`TensorFlowOperations` that phones' GPUs have, for pictures of a fixed size."""

    def mirror(self, x: Tensor, margin: int, multiple: int, smallest: int) -> Tensor:
        borders = []
        for size in sides(x):
            length = max(-(-(size + 2 * margin) // multiple) * multiple, smallest)
            after = length - size - margin
            if after >= size:
                raise ValueError(
                    f"size must be more than the {after} pixels that are mirrored. "
                    f"Received: {size}"
                )
            borders.append((margin, after))
        return tf.pad(x, [[0, 0], *borders, [0, 0]], "reflect")


class Builder(flatbuffers.Builder):
    """A builder that writes equal vectors once: most shapes are equal, which saves 11 KB.

    It also aligns constants, which Python's classes of the format do not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[tuple[str, bytes], int] = {}  # {vector: its place}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        key = x.dtype.str, x.tobytes()
        if key not in self.written:
            if x.dtype == np.uint8:  # a constant; other vectors are numbers of tensors
                self.Prep(ALIGNED, x.size)
            self.written[key] = super().CreateNumpyVector(x)
        return self.written[key]


def write_model(
    graph: Graph, path: str, precision: str, size: tuple[int, int] | None,
    pixels: str,
) -> Counter[str]:  # fmt: skip
    """Write a style as a .tflite file, for pictures of one size.

    Args, Returns: as for `exports.onnx.write_model`, but there is no input "style", the
        input "mix" must be fed, and without `size` it is `SIZE`. With int8, LiteRT itself
        decides where it computes with 8 bits ("dynamic range quantization").
    """
    plain, ops = plain_painting(graph), LiteRTOperations()
    specs = [tf.TensorSpec((1, *(size or SIZE), 3), tf.as_dtype(pixels), "picture")]
    if plain.conditions > 1:
        specs.append(tf.TensorSpec((plain.conditions,), tf.float32, "mix"))

    def paint(picture: tf.Tensor, mix: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        style = tf.constant(plain.style()) if plain.norms and mix is None else None
        if mix is not None:
            style = ops.mixed(mix, style_rows(plain))
        return {"painting": draw_whole(plain, ops, tf.cast(picture, tf.float32), style)}

    module = tf.Module()
    module.paint = tf.function(paint, specs, autograph=False)
    functions = [module.paint.get_concrete_function()]
    converter = tf.lite.TFLiteConverter.from_concrete_functions(functions, module)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    model = schema.ModelT.InitFromPackedBuf(converter.convert())
    order_inputs(model, [spec.name for spec in specs])
    strip(model)
    builder = Builder()
    builder.Finish(model.Pack(builder), IDENTIFIER)
    with open(path, "wb") as file:
        file.write(builder.Output())
    return operations(model)


def order_inputs(model: schema.ModelT, names: list[str]) -> None:
    """Sort the inputs of a model, for runtimes that find inputs by position."""
    (graph,), (signature,) = model.subgraphs, model.signatureDefs
    places = {tensor.name.decode(): tensor.tensorIndex for tensor in signature.inputs}
    graph.inputs = [places[name] for name in names]


def strip(model: schema.ModelT) -> None:
    """Remove names inside the model and empty buffers, which nothing reads: 18 KB."""
    (graph,) = model.subgraphs
    ends = {*graph.inputs, *graph.outputs}
    kept = [0]  # the empty buffer, by convention
    for i, tensor in enumerate(graph.tensors):
        if i not in ends:
            tensor.name = None
        quantized = tensor.quantization
        if quantized is not None and quantized.scale is None:
            tensor.quantization = None
        data = model.buffers[tensor.buffer].data
        if data is None or not len(data):
            tensor.buffer = 0
    holders = [*graph.tensors, *(model.metadata or [])]
    kept = sorted({0, *(holder.buffer for holder in holders)})
    places = {old: new for new, old in enumerate(kept)}
    for holder in holders:
        holder.buffer = places[holder.buffer]
    model.buffers = [model.buffers[old] for old in kept]


def operations(model: schema.ModelT) -> Counter[str]:
    """Return {operation: how often it is in a model}."""
    names = {
        code: name
        for name, code in vars(schema.BuiltinOperator).items()
        if isinstance(code, int)
    }
    codes = [code.builtinCode for code in model.operatorCodes]
    graph = model.subgraphs[0]
    return Counter(names[codes[operator.opcodeIndex]] for operator in graph.operators)
