"""Write OpenVINO's .xml and .bin files, for Intel's processors, GPUs and NPUs, and ARM."""

from collections import Counter

import numpy as np

from fusion_style.exports.weights import stored
from fusion_style.exports.whole import draw_whole, style_rows
from fusion_style.models.config import FLOOR
from fusion_style.models.drawing import Tensor, Vectors
from fusion_style.models.graph import Graph, Node
from fusion_style.models.openvino_operations import OpenVINOOperations
from fusion_style.models.rewrites import painting


class WholeOpenVINOOperations(OpenVINOOperations):
    """`exports.whole.WholeOperations` in OpenVINO, on (batch, channels, height, width).

    Args:
        precision: of the kernels in the file.
    """

    def __init__(self, precision: str) -> None:
        super().__init__()
        self.precision = precision

    def kernel(self, node: Node) -> Tensor:
        """Return a convolution's kernel, (out, in, height, width), from its stored form."""
        kernel, rows = node.options.get("narrow", (node.weights["kernel"], None))
        values, scale = stored(kernel.transpose(3, 2, 0, 1), self.precision, channel=0)
        x = self.nodes.constant(np.ascontiguousarray(values))
        if self.precision != "float32":
            x = self.nodes.convert(x, "f32")
        if scale is not None:
            x = self.nodes.multiply(x, self.constant(scale))
        if rows is None:
            return x
        # `models.kernels.sub_pixel`, once, when the file is compiled.
        both = [self.constant(rows)] * 2
        blocks = self.nodes.einsum([*both, x], "aiu,bjv,dcuv->abdcij")
        shape = np.array([-1, kernel.shape[2], *rows.shape[1:2] * 2])
        return self.nodes.reshape(blocks, shape, False)

    def photograph(self, x: Tensor) -> Vectors:
        mean, variance = self.moments(x)
        deviation = self.nodes.sqrt(self.nodes.add(variance, self.constant(FLOOR**2)))
        return mean, self.nodes.divide(self.constant(1), deviation)

    def mirror(self, x: Tensor, margin: int, multiple: int, smallest: int) -> Tensor:
        n = self.nodes
        for axis in (2, 3):  # as `inference.tiles.mirrored`
            size = self.side(x, axis)
            last = n.maximum(n.subtract(size, whole(1)), whole(1))
            up = n.add(size, whole(2 * margin + multiple - 1))
            length = n.multiply(n.divide(up, whole(multiple)), whole(multiple))
            length = n.squeeze(n.maximum(length, whole(smallest)), whole(0))
            places = n.range(whole(0), length, whole(1), "i64")
            places = n.subtract(places, whole(margin))
            wave = n.floor_mod(places, n.add(last, last))
            # Not abs: OpenVINO 2026.4 does not change constant negative integers.
            away = n.maximum(n.subtract(last, wave), n.subtract(wave, last))
            inside = n.subtract(last, away)
            inside = n.minimum(inside, n.subtract(size, whole(1)))
            x = n.gather(x, inside, whole(axis))
        return x

    def crop(self, x: Tensor, margin: int, like: Tensor) -> Tensor:
        for axis in (2, 3):
            start = np.array([margin])
            end = self.nodes.add(self.side(like, axis), start)
            x = self.nodes.slice(x, start, end, np.array([1]), np.array([axis]))
        return x

    def mixed(self, mix: Tensor, rows: np.ndarray) -> Tensor:
        table = self.constant(rows.reshape(len(rows), -1))
        both = self.nodes.matmul(mix, table, False, False)
        return self.nodes.reshape(both, np.array([*rows.shape[1:], 1, 1]), False)

    def side(self, x: Tensor, axis: int) -> Tensor:
        """Return the length of an axis, of shape (1,)."""
        shape = self.nodes.shape_of(x, "i64")
        return self.nodes.gather(shape, np.array([axis]), whole(0))


def whole(number: int) -> np.ndarray:
    """Return an integer as nodes take it: an int64 array without axes."""
    return np.array(number, np.int64)


def write_model(
    graph: Graph, path: str, precision: str, size: tuple[int, int] | None,
    pixels: str,
) -> Counter[str]:  # fmt: skip
    """Write a style as OpenVINO's .xml, with its weights beside it as .bin.

    Args, Returns: as `exports.onnx.write_model`; without the input "style", and the input
        "mix" must be fed.
    """
    import openvino

    fast, ops = painting(graph), WholeOpenVINOOperations(precision)
    shape = [1, *(size or (-1, -1)), 3]
    picture = ops.nodes.parameter(shape, np.dtype(pixels).type, "picture")
    x = ops.nodes.transpose(picture, [0, 3, 1, 2])
    if pixels == "uint8":
        x = ops.nodes.convert(x, "f32")
    inputs, style = {"picture": picture}, None
    if fast.conditions > 1:
        inputs["mix"] = ops.nodes.parameter([fast.conditions], np.float32, "mix")
        style = ops.mixed(inputs["mix"], style_rows(fast))
    elif fast.norms:
        style = ops.constant(fast.style()[..., None, None])
    y = ops.nodes.transpose(draw_whole(fast, ops, x, style), [0, 2, 3, 1])
    model = openvino.Model([y], list(inputs.values()), "painting")
    for name, parameter in inputs.items():
        parameter.output(0).get_tensor().set_names({name})
    model.output(0).get_tensor().set_names({"painting"})
    openvino.save_model(model, path, compress_to_fp16=False)
    return Counter(node.get_type_name() for node in model.get_ops())
