"""PyTorch's example network as an ONNX file, in two runtimes, as a careful user has it.

The file holds the operations that PyTorch's exporter writes for pytorch/examples'
fast_neural_style (see `benchmarks.peer`). Its weights are random: the time does not depend
on them. PyTorch is not needed.
"""

import functools
import importlib.util
import os
from collections.abc import Callable

import numpy as np

from fusion_style.benchmarks.runtimes import THREADS
from fusion_style.inference.engines.openvino import openvino_core

NAME = "PyTorch's example network"
Painter = Callable[[np.ndarray], np.ndarray]


class Writer:
    """Collect the nodes and weights of the network; tensors are their names."""

    def __init__(self) -> None:
        self.nodes, self.weights = [], []
        self.rng = np.random.default_rng(0)

    def node(self, op: str, *inputs: str, **attributes) -> str:
        """Add a node, and return its output."""
        from onnx import helper

        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def weight(self, values: np.ndarray) -> str:
        """Add a constant, and return its name."""
        from onnx import numpy_helper

        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, inputs: int, outputs: int, kernel: int, stride: int = 1) -> str:
        """Add a ReflectionPad2d and a Conv2d."""
        half, shape = kernel // 2, (outputs, inputs, kernel, kernel)
        border = np.array([0, 0, half, half] * 2)
        kernels = self.rng.normal(0, (inputs * kernel**2) ** -0.5, shape)
        x = self.node("Pad", x, self.weight(border), mode="reflect")
        weights = (self.weight(w.astype(np.float32)) for w in (kernels, np.zeros(outputs)))
        return self.node("Conv", x, *weights, strides=[stride] * 2)

    def norm(self, x: str, channels: int) -> str:
        """Add an InstanceNorm2d."""
        ends = (np.ones(channels, np.float32), np.zeros(channels, np.float32))
        return self.node("InstanceNormalization", x, *map(self.weight, ends), epsilon=1e-5)

    def block(self, x: str, inputs: int, outputs: int, kernel: int, stride: int = 1) -> str:
        """Add a convolution, its norm and a ReLU."""
        x = self.norm(self.conv(x, inputs, outputs, kernel, stride), outputs)
        return self.node("Relu", x)

    def twice(self, x: str) -> str:
        """Add an nn.Upsample by 2."""
        scales = self.weight(np.array([1, 1, 2, 2], np.float32))
        return self.node(
            "Resize", x, "", scales, mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip


def write(path: str) -> None:
    """Write the network, for pictures (1, 3, height, width) of any size."""
    import onnx
    from onnx import TensorProto, helper

    net, x = Writer(), "picture"
    for layer in ((3, 32, 9), (32, 64, 3, 2), (64, 128, 3, 2)):
        x = net.block(x, *layer)
    for _ in range(5):
        y = net.conv(net.block(x, 128, 128, 3), 128, 128, 3)
        x = net.node("Add", x, net.norm(y, 128))
    for layer in ((128, 64, 3), (64, 32, 3)):
        x = net.block(net.twice(x), *layer)
    last = net.conv(x, 32, 3, 9)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, "height", "width"])
        for name in ("picture", last)
    ]
    graph = helper.make_graph(net.nodes, "peer", ends[:1], ends[1:], net.weights)
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def painters(folder: str) -> dict[str, Painter]:
    """Return {name: what paints (height, width, 3)} of the runtimes that are here."""
    path, found = os.path.join(folder, "peer.onnx"), {}
    if importlib.util.find_spec("onnx"):
        write(path)
        found[f"{NAME}, OpenVINO"] = with_openvino(path)
        if importlib.util.find_spec("onnxruntime"):
            found[f"{NAME}, ONNX Runtime"] = with_onnxruntime(path)
    return found


def channels_first(paint: Callable[[np.ndarray], np.ndarray]) -> Painter:
    """Return what paints (height, width, 3) with what paints (1, 3, height, width)."""
    return lambda x: paint(np.ascontiguousarray(x.transpose(2, 0, 1))[None])[0].transpose(
        1, 2, 0
    )


def with_openvino(path: str) -> Painter:
    """Return what paints in the precision that OpenVINO chooses, compiled for each size."""

    @functools.cache
    def compiled(shape: tuple[int, ...]):
        model = openvino_core().read_model(path)
        model.reshape(list(shape))
        settings = {"PERFORMANCE_HINT": "LATENCY"}
        return openvino_core().compile_model(model, "CPU", settings)

    return channels_first(lambda x: compiled(x.shape)([x])[0])


def with_onnxruntime(path: str) -> Painter:
    """Return what paints in float32."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = THREADS or 0
    session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    return channels_first(lambda x: session.run(None, {"picture": x})[0])
