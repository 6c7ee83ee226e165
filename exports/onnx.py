"""Write ONNX files, for ONNX Runtime on servers and phones and in browsers, and others."""

from collections import Counter
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fusion_style.exports.biases import drop_biases
from fusion_style.exports.onnx_model import NONE, Defaults, Dtypes, Ends, assembled
from fusion_style.exports.weights import stored
from fusion_style.exports.whole import draw_whole, style_rows
from fusion_style.models.config import EPSILON, FLOOR
from fusion_style.models.drawing import Tensor, Vectors
from fusion_style.models.graph import Graph, Node
from fusion_style.models.rewrites import painting


class OnnxOperations:
    """`exports.whole.WholeOperations` in ONNX, on (batch, channels, height, width).

    Tensors are their names. Vectors have one axis.

    Args:
        precision: of the kernels in the file.

    Attributes:
        nodes, initializers: those that were added until now.
    """

    def __init__(self, precision: str = "float32") -> None:
        self.precision = precision
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[bytes, onnx.TensorProto] = {}

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; return the name of its output, or a list of names."""
        name = f"{op}_{len(self.nodes)}"
        names = [f"{name}_{i}" for i in range(outputs)] if outputs > 1 else [name]
        self.nodes.append(helper.make_node(op, list(inputs), names, name, **attributes))
        return names if outputs > 1 else name

    def output(self, op: str, *inputs: str, name: str, **attributes: Any) -> None:
        """Add a node that gives an output of the model, with this name."""
        self.nodes.append(helper.make_node(op, list(inputs), [name], name, **attributes))

    def model(
        self, inputs: Ends, outputs: Ends, defaults: Defaults = NONE, dtypes: Dtypes = NONE
    ) -> onnx.ModelProto:
        """Return the model with all nodes added; see `exports.onnx_model.assembled`."""
        constants = self.initializers.values()
        return assembled(self.nodes, constants, inputs, outputs, defaults, dtypes)

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """Return the name of a constant. Equal constants are stored once."""
        array = np.ascontiguousarray(values, dtype)
        if np.ndim(values) == 0:
            array = array.reshape(())
        key = f"{array.dtype}{array.shape}".encode() + array.tobytes()
        name = f"constant_{len(self.initializers)}"
        tensor = numpy_helper.from_array(array, name)
        return self.initializers.setdefault(key, tensor).name

    def integers(self, *values: int) -> str:
        """Return the name of a constant vector of whole numbers."""
        return self.constant(values, np.int64)

    def kernel(self, node: Node) -> str:
        """Return a convolution's kernel as (out, in, height, width)."""
        kernel, rows = node.options.get("narrow", (node.weights["kernel"], None))
        values, scale = stored(kernel, self.precision)
        name = self.constant(values.transpose(3, 2, 0, 1), values.dtype)
        if self.precision != "float32":
            name = self.node("Cast", name, to=TensorProto.FLOAT)
        if scale is not None:
            name = self.node("Mul", name, self.constant(scale.transpose(3, 2, 0, 1)))
        if rows is None:
            return name
        # Runtimes compute `models.kernels.sub_pixel` once, when they load the file.
        rows_of = self.constant(rows)
        equation = "aiu,bjv,dcuv->abdcij"
        blocks = self.node("Einsum", rows_of, rows_of, name, equation=equation)
        shape = (-1, kernel.shape[2], *rows.shape[1:2] * 2)
        return self.node("Reshape", blocks, self.integers(*shape))

    def scale(self, x: str, offset: str | float, factor: str | float) -> str:
        offset, factor = (
            self.constant(v) if isinstance(v, float) else v for v in (offset, factor)
        )
        return self.node("Mul", self.node("Sub", x, offset), factor)

    def pad(self, x: str, before: int, after: int, mode: str) -> str:
        borders = self.integers(0, 0, before, before, 0, 0, after, after)
        return self.node("Pad", x, borders, mode="constant" if mode == "zero" else mode)

    def conv(self, x: str, node: Node) -> str:
        inputs, bias = [x, self.kernel(node)], node.weights["bias"]
        if bias.any():
            inputs.append(self.constant(bias))
        return self.node("Conv", *inputs, strides=[node.options["stride"]] * 2)

    def depth_to_space(self, x: str, block: int, crop: int) -> str:
        x = self.node("DepthToSpace", x, blocksize=block, mode="DCR")
        if not crop:
            return x
        ends = self.integers(crop, crop), self.integers(-crop, -crop)
        return self.node("Slice", x, *ends, self.integers(2, 3))

    def relu(self, x: str) -> str:
        return self.node("Relu", x)

    def tanh(self, x: str) -> str:
        return self.node("Tanh", x)

    def add(self, x: str, y: str) -> str:
        return self.node("Add", x, y)

    def concatenate(self, x: str, y: str) -> str:
        return self.node("Concat", x, y, axis=1)

    def moments(self, x: str) -> Vectors:
        """Return nothing: the node that `normalize` adds computes them itself."""
        return None, None

    def normalize(
        self, x: str, mean: Tensor, variance: Tensor, gamma: str, beta: str
    ) -> str:
        if mean is not None:  # a folded batch norm of many conditions: 0 and 1
            return self.affine(x, gamma, beta)
        return self.node("InstanceNormalization", x, gamma, beta, epsilon=EPSILON)

    def affine(self, x: str, factor: str, shift: str) -> str:
        """Return x · factor + shift, of vectors."""
        shape = self.integers(1, -1, 1, 1)
        factor, shift = (self.node("Reshape", v, shape) for v in (factor, shift))
        return self.node("Add", self.node("Mul", x, factor), shift)

    def vectors(self, rows: str, sizes: list[int]) -> list[tuple[str, str]]:
        # Split would have too many outputs: WebGPU can write only eight at a time.
        ends = [int(end) for end in np.cumsum(sizes)]
        both = []
        for row in (0, 1):
            row = self.node("Gather", rows, self.constant(row, np.int64), axis=0)
            both.append(
                [
                    self.node("Slice", row, self.integers(end - size), self.integers(end))
                    for size, end in zip(sizes, ends, strict=True)
                ]
            )
        return list(zip(*both, strict=True))

    def rows(self, vectors: list[Vectors]) -> Tensor:
        """Return nothing: files do not return the norms' statistics."""

    def photograph(self, x: str) -> tuple[str, str]:
        axes = self.integers(2, 3)
        mean = self.node("ReduceMean", x, axes, keepdims=1)
        difference = self.node("Sub", x, mean)
        squared = self.node("Mul", difference, difference)
        variance = self.node("ReduceMean", squared, axes, keepdims=1)
        deviation = self.node("Add", variance, self.constant(FLOOR**2))
        return mean, self.node("Reciprocal", self.node("Sqrt", deviation))

    def mirror(self, x: str, margin: int, multiple: int, smallest: int) -> str:
        for axis in (2, 3):  # as `inference.tiles.mirrored`
            size = self.side(x, axis)
            one, zero = self.integers(1), self.integers(0)
            last = self.node("Max", self.node("Sub", size, one), one)
            up = self.integers(2 * margin + multiple - 1)
            units = self.node("Div", self.node("Add", size, up), self.integers(multiple))
            length = self.node("Mul", units, self.integers(multiple))
            length = self.node("Max", length, self.integers(smallest))
            scalar = self.node("Squeeze", length, zero)
            steps = (self.constant(v, np.int64) for v in (0, 1))
            places = self.node("Range", next(steps), scalar, next(steps))
            places = self.node("Sub", places, self.integers(margin))
            period = self.node("Add", last, last)
            wave = self.node("Mod", places, period)
            away = self.node("Abs", self.node("Sub", last, wave))
            inside = self.node("Sub", last, away)
            inside = self.node("Min", inside, self.node("Sub", size, one))
            x = self.node("Gather", x, inside, axis=axis)
        return x

    def crop(self, x: str, margin: int, like: str) -> str:
        start = self.integers(margin)
        for axis in (2, 3):
            end = self.node("Add", self.side(like, axis), start)
            x = self.node("Slice", x, start, end, self.integers(axis))
        return x

    def mixed(self, mix: str, rows: np.ndarray) -> str:
        table = self.constant(rows.reshape(len(rows), -1))
        both = self.node("MatMul", mix, table)
        return self.node("Reshape", both, self.integers(*rows.shape[1:]))

    def side(self, x: str, axis: int) -> str:
        """Return the length of an axis, of shape (1,)."""
        return self.node("Shape", x, start=axis, end=axis + 1)


def write_model(
    graph: Graph, path: str, precision: str, size: tuple[int, int] | None,
    pixels: str,
) -> Counter[str]:  # fmt: skip
    """Write a style as an ONNX model.

    The model computes "painting", float32, from "picture", both RGB (1, height, width, 3),
    0-255. For several styles it also has the input "mix", float32 (conditions,). It has no
    default value: onnxruntime-web refuses values for inputs that have one. For one style
    whose norms are not folded it has "style", float32 (2, sum of the norms' channels),
    whose default value is the style of the file.

    Args:
        graph: from `models.loading.load_graph`.
        path: of the file.
        precision: of the kernels in the file, one of `exports.weights.PRECISIONS`.
        size: (height, width) of the pictures; None for any size.
        pixels: type of "picture", one of `exports.formats.PIXELS`.

    Returns:
        {operation: how often it is in the model}.

    Raises:
        ValueError: if a kernel has values that are too large for the precision.
    """
    fast, ops = painting(drop_biases(graph)), OnnxOperations(precision)
    shape = (1, *(size or ("height", "width")), 3)
    inputs, defaults = {"picture": shape}, {}
    style = None
    if fast.conditions > 1:
        inputs["mix"] = (fast.conditions,)
        style = ops.mixed("mix", style_rows(fast))
    elif fast.norms:
        defaults["style"] = fast.style()
        inputs["style"] = defaults["style"].shape
        style = "style"
    x = ops.node("Transpose", "picture", perm=[0, 3, 1, 2])
    if pixels == "uint8":
        x = ops.node("Cast", x, to=TensorProto.FLOAT)
    painted = draw_whole(fast, ops, x, style)
    ops.output("Transpose", painted, name="painting", perm=[0, 2, 3, 1])
    model = ops.model(inputs, {"painting": shape}, defaults, {"picture": pixels})
    onnx.save_model(model, path)
    return Counter(node.op_type for node in model.graph.node)
