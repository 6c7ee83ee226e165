"""OpenVINO, on a CPU: starts in a moment; imports neither Keras nor TensorFlow."""

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.inference.engines.engine import MEASURE, PAINT, Engine, Photograph
from fusion_style.models.config import EPSILON
from fusion_style.models.drawing import Inputs, Tensor, Vectors, draw
from fusion_style.models.graph import Graph, Node

if TYPE_CHECKING:
    import openvino

HINTS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVINOOperations:
    """`models.drawing.Operations` as OpenVINO's; (batch, channels, height, width)."""

    def __init__(self) -> None:
        import openvino.opset13

        self.nodes = openvino.opset13

    def constant(self, values: np.ndarray | float) -> Tensor:
        """Return a node that holds the values in float32."""
        return self.nodes.constant(np.ascontiguousarray(values, np.float32))

    def scale(self, x: Tensor, offset: Tensor, factor: Tensor) -> Tensor:
        offset, factor = (
            self.constant(v) if isinstance(v, float) else v for v in (offset, factor)
        )
        return self.nodes.multiply(self.nodes.subtract(x, offset), factor)

    def pad(self, x: Tensor, before: int, after: int, mode: str) -> Tensor:
        begin, end = (np.array([0, 0, n, n]) for n in (before, after))
        return self.nodes.pad(x, begin, end, "constant" if mode == "zero" else mode)

    def conv(self, x: Tensor, node: Node) -> Tensor:
        kernel = self.constant(node.weights["kernel"].transpose(3, 2, 0, 1))
        strides = [node.options["stride"]] * 2
        y = self.nodes.convolution(x, kernel, strides, [0, 0], [0, 0], [1, 1])
        y.set_friendly_name(node.name)
        return self.nodes.add(y, self.constant(node.weights["bias"].reshape(1, -1, 1, 1)))

    def depth_to_space(self, x: Tensor, block: int, crop: int) -> Tensor:
        x = self.nodes.depth_to_space(x, "blocks_first", block)
        if not crop:
            return x
        return self.nodes.slice(x, [crop] * 2, [-crop] * 2, [1, 1], [2, 3])

    def relu(self, x: Tensor) -> Tensor:
        return self.nodes.relu(x)

    def tanh(self, x: Tensor) -> Tensor:
        return self.nodes.tanh(x)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return self.nodes.add(x, y)

    def concatenate(self, x: Tensor, y: Tensor) -> Tensor:
        return self.nodes.concat([x, y], 1)

    def moments(self, x: Tensor) -> Vectors:
        mean = self.nodes.reduce_mean(x, [0, 2, 3], True)
        difference = self.nodes.subtract(x, mean)
        squared = self.nodes.multiply(difference, difference)
        return mean, self.nodes.reduce_mean(squared, [0, 2, 3], True)

    def normalize(
        self, x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor
    ) -> Tensor:
        deviation = self.nodes.sqrt(self.nodes.add(variance, self.constant(EPSILON)))
        factor = self.nodes.divide(gamma, deviation)
        # Not x · factor + shift: where a channel is flat, both would be large, and cancel.
        return self.nodes.add(self.scale(x, mean, factor), beta)

    def vectors(self, rows: Tensor, sizes: list[int]) -> list[Vectors]:
        return list(
            zip(
                *(
                    self.nodes.variadic_split(row, 1, sizes).outputs()
                    for row in self.nodes.split(rows, 0, 2).outputs()
                ),
                strict=True,
            )
        )

    def rows(self, vectors: list[Vectors]) -> Tensor:
        both = (self.nodes.concat(list(row), 1) for row in zip(*vectors, strict=True))
        return self.nodes.concat(list(both), 0)


@functools.cache
def openvino_core() -> "openvino.Core":
    """Return the core that all engines share."""
    import openvino

    return openvino.Core()


def openvino_model(
    graph: Graph, result: str = PAINT, given: bool = False
) -> "openvino.Model":
    """Return a model of a graph, for pictures of any size.

    Args:
        graph: of `models.rewrites.painting`.
        result: `PAINT` or `MEASURE`.
        given: whether the norms' statistics are an input.

    Returns:
        A model of the inputs that `openvino_inputs` makes.
    """
    import openvino

    ops = OpenVINOOperations()
    parameters = {"picture": ops.nodes.parameter([-1, -1, -1, 3], np.float32, "picture")}
    shapes: dict[str, list[int]] = {}
    if graph.standardizes:
        shapes |= {"mean": [1, 3, 1, 1], "factor": [1, 3, 1, 1]}
    if graph.norms:
        total = sum(norm.channels for norm in graph.norms)
        shapes |= {"style": [2, total, 1, 1]}
        shapes |= {"statistics": [2, total, 1, 1]} if given else {}
    for name, shape in shapes.items():
        parameters[name] = ops.nodes.parameter(shape, np.float32, name)
    fed = Inputs(**{name: parameters[name] for name in shapes})
    x = ops.nodes.transpose(parameters["picture"], [0, 3, 1, 2])
    painting, statistics = draw(graph, ops, x, fed)
    output = statistics
    if result == PAINT:
        output = ops.nodes.transpose(painting, [0, 2, 3, 1])
    model = openvino.Model([output], list(parameters.values()), result)
    for name, parameter in parameters.items():
        parameter.output(0).get_tensor().set_names({name})
    return model


def openvino_inputs(
    inputs: Iterable["openvino.Output | openvino.ConstOutput"],
    pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
    statistics: np.ndarray | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return what a request for an `openvino_model` takes.

    Args:
        inputs: of the model or the request; only what they name is returned.
        pixels, photograph, style, statistics: see `Engine.paint`.
    """
    found = {
        "picture": pixels,
        "mean": photograph.mean.reshape(1, 3, 1, 1),
        "factor": photograph.factor.reshape(1, 3, 1, 1),
        "style": style[..., None, None],
    }
    if statistics is not None:
        found["statistics"] = statistics[..., None, None]
    return {port.any_name: found[port.any_name] for port in inputs}


class OpenVINOEngine(Engine):
    """Paint with OpenVINO on a CPU.

    Args:
        graph: of `models.rewrites.painting`.
        precision: "float32", "bfloat16", or "auto": bfloat16 where the processor has it,
            which OpenVINO knows.
        make_model: takes what `openvino_model` does; for a model that is quantized.
    """

    def __init__(
        self, graph: Graph, precision: str = "auto",
        make_model: Callable[..., "openvino.Model"] = openvino_model,
    ) -> None:  # fmt: skip
        super().__init__(graph)
        self.settings = {"PERFORMANCE_HINT": "LATENCY"}
        if precision in HINTS:
            self.settings["INFERENCE_PRECISION_HINT"] = HINTS[precision]
        self.model = functools.cache(functools.partial(make_model, graph))
        self.request = functools.lru_cache(8)(self.compile)

    def compile(
        self, shape: tuple[int, ...], result: str, given: bool
    ) -> "openvino.InferRequest":
        """Compile for pictures of one shape: faster than a network of any size.

        Args:
            shape: of the pixels, (batch, height, width, 3).
            result, given: see `openvino_model`.
        """
        self.compilations += 1
        sized = self.model(result, given).clone()
        sized.reshape({"picture": list(shape)})
        compiled = openvino_core().compile_model(sized, "CPU", self.settings)
        return compiled.create_infer_request()

    def run(
        self, result: str, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        request = self.request(pixels.shape, result, statistics is not None)
        fed = openvino_inputs(request.model_inputs, pixels, photograph, style, statistics)
        found = request.infer(fed)[0]
        return found[..., 0, 0] if result == MEASURE else found
