"""What runs a trained network: OpenVINO on a CPU, TensorFlow on a GPU.

An engine is a function of float32 RGB (height, width, 3), 0-255, sides multiples of
4 and at least 8, and of the mean and one over the deviation of the channels of the
whole photograph, of which the picture may be a tile. It returns the same, painted.
Each brings the operations that `models.deploy.Deployment` draws the network with.
"""

import functools
import importlib.util
import os

import numpy as np

ENGINES = ("auto", "openvino", "tensorflow")
PRECISIONS = ("auto", "float32", "bfloat16")


class OpenVINOOperations:
    """Nodes of an OpenVINO graph; (batch, channels, height, width)."""

    def __init__(self):
        import openvino.opset13

        self.nodes = openvino.opset13

    def constant(self, values):
        return self.nodes.constant(np.ascontiguousarray(values, np.float32))

    def scale(self, x, offset, factor):
        offset, factor = (
            self.constant(v) if isinstance(v, float) else v for v in (offset, factor)
        )
        return self.nodes.multiply(self.nodes.subtract(x, offset), factor)

    def pad(self, x, before, after, mode):
        begin, end = (np.array([0, 0, n, n]) for n in (before, after))
        return self.nodes.pad(x, begin, end, "constant" if mode == "zero" else mode)

    def conv(self, x, kernel, bias, strides):
        kernel = self.constant(kernel.transpose(3, 2, 0, 1))
        x = self.nodes.convolution(x, kernel, [strides] * 2, [0, 0], [0, 0], [1, 1])
        return self.nodes.add(x, self.constant(bias[None, :, None, None]))

    def relu(self, x):
        return self.nodes.relu(x)

    def tanh(self, x):
        return self.nodes.tanh(x)

    def add(self, x, y):
        return self.nodes.add(x, y)

    def concatenate(self, x, y):
        return self.nodes.concat([x, y], 1)

    def depth_to_space(self, x, block, crop):
        x = self.nodes.depth_to_space(x, "blocks_first", block)
        if not crop:
            return x
        return self.nodes.slice(x, [crop] * 2, [-crop] * 2, [1, 1], [2, 3])


def openvino_engine(deployment, precision="auto"):
    """Paints on a CPU with OpenVINO; imports neither Keras nor TensorFlow.

    "auto" is bfloat16 where the processor has it, which OpenVINO knows.
    """
    import openvino

    settings = {"PERFORMANCE_HINT": "LATENCY"}
    if precision != "auto":
        hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
        settings["INFERENCE_PRECISION_HINT"] = hint
    core = openvino.Core()
    ops = OpenVINOOperations()

    @functools.lru_cache(4)
    def compiled(height, width):
        pixels = ops.nodes.parameter([1, height, width, 3], np.float32, "pixels")
        mean = ops.nodes.parameter([1, 3, 1, 1], np.float32, "mean")
        factor = ops.nodes.parameter([1, 3, 1, 1], np.float32, "factor")
        x = ops.nodes.transpose(pixels, [0, 3, 1, 2])
        x = ops.nodes.transpose(deployment.draw(ops, x, mean, factor), [0, 2, 3, 1])
        statistics = [mean, factor] if deployment.input_norm else []
        model = openvino.Model([x], [pixels, *statistics], "network")
        return core.compile_model(model, "CPU", settings).create_infer_request()

    def paint(pixels, mean, factor):
        inputs = {0: pixels[None]}
        if deployment.input_norm:
            inputs |= {1: mean.reshape(1, 3, 1, 1), 2: factor.reshape(1, 3, 1, 1)}
        return compiled(*pixels.shape[:2]).infer(inputs)[0][0]

    return paint


class TensorFlowOperations:
    """TensorFlow operations; (batch, height, width, channels).

    Args:
        dtype: of the convolutions. What is not near one is scaled in float32.
    """

    def __init__(self, dtype):
        import tensorflow

        self.tf, self.dtype = tensorflow, dtype

    def scale(self, x, offset, factor):
        return (x - offset) * factor

    def pad(self, x, before, after, mode):
        border = [before, after]
        mode = {"zero": "CONSTANT", "edge": "SYMMETRIC", "reflect": "REFLECT"}[mode]
        return self.tf.pad(x, [[0, 0], border, border, [0, 0]], mode)

    def conv(self, x, kernel, bias, strides):
        x, kernel, bias = (self.tf.cast(v, self.dtype) for v in (x, kernel, bias))
        return self.tf.nn.conv2d(x, kernel, strides, "VALID") + bias

    def relu(self, x):
        return self.tf.nn.relu(x)

    def tanh(self, x):
        return self.tf.tanh(self.tf.cast(x, "float32"))

    def add(self, x, y):
        return x + y

    def concatenate(self, x, y):
        return self.tf.concat([x, y], axis=-1)

    def depth_to_space(self, x, block, crop):
        x = self.tf.nn.depth_to_space(x, block)
        return x[:, crop:-crop, crop:-crop] if crop else x


def tensorflow_engine(deployment, precision="auto"):
    """Paints with TensorFlow, on a GPU if it sees one."""
    import tensorflow as tf

    ops = TensorFlowOperations("bfloat16" if precision == "bfloat16" else "float32")

    @tf.function(reduce_retracing=True)
    def network(pixels, mean, factor):
        return deployment.draw(ops, pixels[None], mean, factor)[0]

    def paint(pixels, mean, factor):
        return network(pixels, mean, factor).numpy()

    return paint


def choose_engine():
    """OpenVINO, unless TensorFlow could use an NVIDIA GPU, which OpenVINO cannot."""
    gpu = os.path.exists("/proc/driver/nvidia/version")
    return "tensorflow" if gpu and importlib.util.find_spec("tensorflow") else "openvino"


def load_engine(deployment, engine="auto", precision="auto"):
    """The engine called `engine` for a `models.deploy.Deployment`.

    Args:
        engine: "openvino", "tensorflow", or "auto": OpenVINO on a CPU, TensorFlow
            where there is an NVIDIA GPU.
        precision: "float32", "bfloat16", or "auto": what is fastest.

    Raises:
        ValueError: for other names.
    """
    check_names(engine, precision)
    if engine == "auto":
        engine = choose_engine()
    load = {"openvino": openvino_engine, "tensorflow": tensorflow_engine}[engine]
    return load(deployment, precision)


def check_names(engine, precision):
    """Raises ValueError for names that are not in `ENGINES` or `PRECISIONS`."""
    if engine not in ENGINES:
        raise ValueError(
            f"engine must be one of {', '.join(ENGINES)}. Received: {engine!r}"
        )
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision must be one of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
