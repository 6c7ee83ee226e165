"""Make the ONNX models of the page: one for whole pictures, two for tiles.

All models share one file of weights. A large picture is painted in tiles, as
`inference.stylizer.Stylizer` does: the photograph's mean and deviation and the norms'
statistics are computed once, and every tile uses them.
"""

from collections.abc import Iterable

import onnx
from onnx.external_data_helper import set_external_data

from fusion_style.exports.biases import drop_biases
from fusion_style.exports.onnx import OnnxOperations
from fusion_style.exports.whole import draw_whole
from fusion_style.models.config import EPSILON
from fusion_style.models.drawing import Inputs, Tensor, Vectors, draw
from fusion_style.models.graph import Graph
from fusion_style.models.rewrites import painting

WEIGHTS = "weights.bin"  # the file of the weights; the models contain this name
LARGE = 1024  # bytes; constants of at least this size are stored in `WEIGHTS`
ALIGNED = 64  # bytes; each constant begins at a multiple of this


class TileOperations(OnnxOperations):
    """`OnnxOperations` for norms whose statistics are an input or an output.

    Vectors have the shape (1, channels, 1, 1).
    """

    def moments(self, x: str) -> tuple[str, str]:
        axes = self.integers(0, 2, 3)
        mean = self.node("ReduceMean", x, axes, keepdims=1)
        difference = self.node("Sub", x, mean)
        squared = self.node("Mul", difference, difference)
        return mean, self.node("ReduceMean", squared, axes, keepdims=1)

    def normalize(
        self, x: str, mean: Tensor, variance: Tensor, gamma: str, beta: str
    ) -> str:
        if isinstance(mean, float):  # a folded batch norm of many conditions: 0 and 1
            return self.affine(x, gamma, beta)
        deviation = self.node("Sqrt", self.node("Add", variance, self.constant(EPSILON)))
        factor = self.node("Div", gamma, deviation)
        shift = self.node("Sub", beta, self.node("Mul", mean, factor))
        return self.affine(x, factor, shift)

    def vectors(self, rows: str, sizes: list[int]) -> list[tuple[str, str]]:
        shape = self.integers(1, -1, 1, 1)
        return [
            (self.node("Reshape", first, shape), self.node("Reshape", second, shape))
            for first, second in super().vectors(rows, sizes)
        ]

    def rows(self, vectors: list[Vectors]) -> str:
        both = (self.node("Concat", *row, axis=1) for row in zip(*vectors, strict=True))
        both = (self.node("Reshape", row, self.integers(1, -1)) for row in both)
        return self.node("Concat", *both, axis=0)


def page_models(graph: Graph, precision: str) -> tuple[dict[str, onnx.ModelProto], bytes]:
    """Return the page's models of a style, and their weights.

    Args:
        graph: from `models.loading.load_graph`.
        precision: of the kernels, one of `exports.weights.PRECISIONS`.

    Returns:
        ({name: model}, weights). The models read the weights from the file `WEIGHTS`:

        - "whole": picture, style → painting, as `exports.onnx.write_model`;
        - "tile": picture, photograph, style, statistics → painting, for sides that the
          graph can take, without the mirrored border;
        - "measure": pictures (n, height, width, 3), photograph, style → statistics;
          only if norms compute statistics from the picture.

        `photograph`, float32 (2, 3), is the mean and 1 / deviation of each channel of the
        whole photograph; `style` and `statistics` are (2, sum of the norms' channels).
        Use only statistics from "measure": an engine's means contain the biases that
        `exports.biases` drops.
    """
    fast = painting(drop_biases(graph))
    models = {"whole": whole(fast, precision), "tile": tile(fast, precision)}
    if fast.measured:
        models["measure"] = measure(fast, precision)
    return models, share_weights(models.values())


def whole(graph: Graph, precision: str) -> onnx.ModelProto:
    """Return the model that paints a picture in one piece."""
    ops = OnnxOperations(precision)
    inputs = ends(graph, standardizes=False)
    x = ops.node("Transpose", "picture", perm=[0, 3, 1, 2])
    painted = draw_whole(graph, ops, x, "style" if graph.norms else None)
    ops.output("Transpose", painted, name="painting", perm=[0, 2, 3, 1])
    return ops.model(inputs, {"painting": inputs["picture"]})


def tile(graph: Graph, precision: str) -> onnx.ModelProto:
    """Return the model that paints a tile with the whole picture's statistics."""
    ops = TileOperations(precision)
    inputs = ends(graph, graph.standardizes)
    if graph.measured:
        inputs["statistics"] = inputs["style"]
    painted, _ = drawn(graph, ops, inputs)
    ops.output("Transpose", painted, name="painting", perm=[0, 2, 3, 1])
    return ops.model(inputs, {"painting": inputs["picture"]})


def measure(graph: Graph, precision: str) -> onnx.ModelProto:
    """Return the model that computes the norms' statistics over several pictures."""
    ops = TileOperations(precision)
    inputs = ends(graph, graph.standardizes)
    inputs["picture"] = ("pictures", *inputs["picture"][1:])
    _, statistics = drawn(graph, ops, inputs)
    ops.output("Identity", statistics, name="statistics")
    needed = onnx.utils.Extractor(ops.model(inputs, {"statistics": inputs["style"]}))
    return needed.extract_model(list(inputs), ["statistics"])


def ends(graph: Graph, standardizes: bool) -> dict[str, tuple[int | str, ...]]:
    """Return {input: shape} for the picture and the other inputs that a graph needs."""
    inputs: dict[str, tuple[int | str, ...]] = {"picture": (1, "height", "width", 3)}
    if standardizes:
        inputs["photograph"] = (2, 3)
    if graph.norms:
        inputs["style"] = (2, sum(norm.channels for norm in graph.norms))
    return inputs


def drawn(
    graph: Graph, ops: TileOperations, inputs: dict[str, tuple[int | str, ...]]
) -> tuple[str, str]:
    """Draw only the network; return its painting and its statistics."""
    x = ops.node("Transpose", "picture", perm=[0, 3, 1, 2])
    mean = factor = None
    if "photograph" in inputs:
        ((mean, factor),) = ops.vectors("photograph", [3])
    given = {name: name for name in ("style", "statistics") if name in inputs}
    return draw(graph, ops, x, Inputs(mean, factor, **given))


def share_weights(models: Iterable[onnx.ModelProto]) -> bytes:
    """Move the large constants out of the models; return the contents of `WEIGHTS`."""
    places: dict[bytes, int] = {}
    shared = bytearray()
    for model in models:
        for tensor in model.graph.initializer:
            data = tensor.raw_data
            if len(data) < LARGE:
                continue
            if data not in places:
                shared += bytes(-len(shared) % ALIGNED)
                places[data] = len(shared)
                shared += data
            set_external_data(tensor, WEIGHTS, places[data], len(data))
            tensor.ClearField("raw_data")
    return bytes(shared)
