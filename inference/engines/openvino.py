"""Paint with OpenVINO on a CPU. It starts fast, and needs neither Keras nor TensorFlow."""

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.inference.engines.compiled import compiled, key
from fusion_style.inference.engines.engine import MEASURE, PAINT, Engine, Photograph
from fusion_style.models.drawing import Inputs, draw
from fusion_style.models.graph import Graph
from fusion_style.models.openvino_import import import_openvino
from fusion_style.models.openvino_operations import OpenVINOOperations

if TYPE_CHECKING:
    import openvino

HINTS = {"float32": "f32", "bfloat16": "bf16"}


@functools.cache
def openvino_core() -> "openvino.Core":
    """Return the core that all engines share."""
    import_openvino()
    import openvino

    return openvino.Core()


def openvino_model(
    graph: Graph, result: str = PAINT, given: bool = False
) -> "openvino.Model":
    """Return a model of a graph, for pictures of any size.

    Args:
        graph: from `models.rewrites.painting`.
        result: `PAINT` or `MEASURE`.
        given: whether the norms' statistics are an input.

    Returns:
        A model that takes the inputs that `openvino_inputs` returns.
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
    """Return {name: array} of the inputs for an `openvino_model`.

    Args:
        inputs: of the model or the request; the others are left out.
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
        graph: from `models.rewrites.painting`.
        precision: "float32", "bfloat16", or "auto", for which OpenVINO takes bfloat16 if
            the processor has it.
        make_model: function with the arguments of `openvino_model`, for a quantized model.
        kind: name of what `make_model` makes.
    """

    def __init__(
        self, graph: Graph, precision: str = "auto",
        make_model: Callable[..., "openvino.Model"] = openvino_model, kind: str = "exact",
    ) -> None:  # fmt: skip
        super().__init__(graph)
        self.kind = kind
        self.settings: dict[str, str | int] = {"PERFORMANCE_HINT": "LATENCY"}
        if precision in HINTS:
            self.settings["INFERENCE_PRECISION_HINT"] = HINTS[precision]
        self.model = functools.cache(functools.partial(make_model, graph))
        self.request = functools.lru_cache(8)(self.compile)

    def use_threads(self, threads: int) -> None:
        """Use so many threads; call it before the first picture.

        The threads are not pinned to cores: all engines would choose the same cores.
        """
        self.settings |= {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}

    def compile(
        self, shape: tuple[int, ...], result: str, given: bool
    ) -> "openvino.InferRequest":
        """Compile for pictures of one shape, which is faster than for any size.

        Args:
            shape: of the pixels, (batch, height, width, 3).
            result, given: see `openvino_model`.
        """
        self.compilations += 1

        def sized() -> "openvino.Model":
            model = self.model(result, given).clone()
            model.reshape({"picture": list(shape)})
            return model

        name = None
        if self.compilations == 1:  # that a process begins with; others' sizes may be any
            name = f"{key(self.graph, openvino_core())} {shape} {result} {given} "
            name += f"{self.kind} {sorted(self.settings.items())}"
        return compiled(openvino_core(), sized, self.settings, name).create_infer_request()

    def run(
        self, result: str, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        request = self.request(pixels.shape, result, statistics is not None)
        fed = openvino_inputs(request.model_inputs, pixels, photograph, style, statistics)
        found = request.infer(fed)[0]
        return found[..., 0, 0] if result == MEASURE else found
