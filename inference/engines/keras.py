"""Paint with Keras's backend (TensorFlow, JAX or PyTorch), on a GPU if it sees one."""

import contextlib
import importlib.util
import os
import sys

import numpy as np

from fusion_style.inference.engines.engine import MEASURE, Engine, Photograph
from fusion_style.models.config import EPSILON
from fusion_style.models.drawing import Inputs, Tensor, Vectors, draw
from fusion_style.models.graph import Graph, Node

BACKENDS = ("tensorflow", "jax", "torch")


class KerasOperations:
    """`models.drawing.Operations` in keras.ops, on (batch, height, width, channels).

    Args:
        dtype: of the convolutions. These are always computed in float32: norms, tanh, and
            convolutions that see the photograph's own pixels.
    """

    def __init__(self, dtype: str) -> None:
        import keras

        self.ops, self.dtype = keras.ops, dtype

    def scale(self, x: Tensor, offset: Tensor, factor: Tensor) -> Tensor:
        return (x - offset) * factor

    def pad(self, x: Tensor, before: int, after: int, mode: str) -> Tensor:
        border = [before, after]
        # A border of one pixel that is mirrored with the edge repeats the edge.
        mode = {"zero": "constant", "edge": "symmetric", "reflect": "reflect"}[mode]
        return self.ops.pad(x, [[0, 0], border, border, [0, 0]], mode)

    def conv(self, x: Tensor, node: Node) -> Tensor:
        dtype = "float32" if node.sees_pixels else self.dtype
        weights = node.weights["kernel"], node.weights["bias"]
        x, kernel, bias = (self.ops.cast(v, dtype) for v in (x, *weights))
        stride = node.options["stride"]
        return self.ops.conv(x, kernel, stride, "valid", "channels_last") + bias

    def depth_to_space(self, x: Tensor, block: int, crop: int) -> Tensor:
        (batch, height, width, _), channels = self.ops.shape(x), x.shape[-1] // block**2
        x = self.ops.reshape(x, (batch, height, width, block, block, channels))
        x = self.ops.transpose(x, (0, 1, 3, 2, 4, 5))
        x = self.ops.reshape(x, (batch, height * block, width * block, channels))
        return x[:, crop:-crop, crop:-crop] if crop else x

    def relu(self, x: Tensor) -> Tensor:
        return self.ops.relu(x)

    def tanh(self, x: Tensor) -> Tensor:
        return self.ops.tanh(self.ops.cast(x, "float32"))

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def concatenate(self, x: Tensor, y: Tensor) -> Tensor:
        return self.ops.concatenate([x, y], axis=-1)

    def moments(self, x: Tensor) -> Vectors:
        return self.ops.moments(self.ops.cast(x, "float32"), (0, 1, 2))

    def normalize(
        self, x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor
    ) -> Tensor:
        factor = gamma / self.ops.sqrt(variance + EPSILON)
        return self.scale(self.ops.cast(x, "float32"), mean, factor) + beta

    def vectors(self, rows: Tensor, sizes: list[int]) -> list[Vectors]:
        pairs = zip(sizes, np.cumsum(sizes), strict=True)
        return [(rows[0, end - n : end], rows[1, end - n : end]) for n, end in pairs]

    def rows(self, vectors: list[Vectors]) -> Tensor:
        both = zip(*vectors, strict=True)
        return self.ops.stack([self.ops.concatenate(row) for row in both])


class KerasEngine(Engine):
    """Paint with Keras's backend, on a GPU if it sees one.

    Args:
        graph: from `models.rewrites.painting`.
        precision: "float32", "bfloat16", or "auto", which is float32.
        device: where to paint, such as "gpu:1"; None for the backend's default.
    """

    def __init__(
        self, graph: Graph, precision: str = "auto", device: str | None = None
    ) -> None:
        import keras

        super().__init__(graph)
        self.device = device
        ops = KerasOperations("bfloat16" if precision == "bfloat16" else "float32")

        class Drawing(keras.Model):
            def call(self, inputs: list[Tensor]) -> Tensor | Vectors:
                pixels, mean, factor, style, *statistics = inputs
                given = statistics[0] if statistics else None
                painting, seen = draw(
                    graph, ops, pixels, Inputs(mean, factor, style, given)
                )
                return painting if seen is None else (painting, seen)

        self.model = Drawing()
        self.shapes: set[tuple] = set()
        if keras.backend.backend() == "tensorflow":
            self.model.jit_compile = False  # XLA would compile again for each size

    def run(
        self, result: str, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        fed = [pixels, *photograph, style]
        fed += [] if statistics is None else [statistics]
        self.shapes.add((pixels.shape, len(fed)))
        self.compilations = len(self.shapes)
        with self.on_device():
            found = self.model.predict_on_batch(fed)
        if not isinstance(found, np.ndarray):
            found = found[result == MEASURE]
        return np.asarray(found)

    def on_device(self) -> contextlib.AbstractContextManager[object]:
        """Return the context in which the device computes."""
        if self.device is None:
            return contextlib.nullcontext()
        import keras

        return keras.device(self.device)


def use_backend(name: str) -> None:
    """Make `name` Keras's backend.

    Raises:
        ValueError: if it is not installed, or Keras already runs on another backend.
    """
    if not importlib.util.find_spec(name):
        raise ValueError(f"engine {name} is not installed: pip install {name}")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = name
        # Other programs, such as a training, may need the GPU's memory too.
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    import keras

    if keras.backend.backend() != name:
        raise ValueError(
            f"engine must be {keras.backend.backend()}, on which Keras runs already, or "
            f"openvino. Received: {name}"
        )
