"""OpenVINO's operations, for its engine and its export."""

import numpy as np

from fusion_style.models.config import EPSILON
from fusion_style.models.drawing import Tensor, Vectors
from fusion_style.models.graph import Node
from fusion_style.models.openvino_import import import_openvino


class OpenVINOOperations:
    """`models.drawing.Operations` in OpenVINO, on (batch, channels, height, width)."""

    def __init__(self) -> None:
        import_openvino()
        import openvino.opset13

        self.nodes = openvino.opset13

    def constant(self, values: np.ndarray | float) -> Tensor:
        """Return a constant node with the values in float32."""
        return self.nodes.constant(np.ascontiguousarray(values, np.float32))

    def node(self, value: Tensor | float) -> Tensor:
        """Return a node, which holds the value where that is a number."""
        return self.constant(value) if isinstance(value, float) else value

    def scale(self, x: Tensor, offset: Tensor, factor: Tensor) -> Tensor:
        offset, factor = map(self.node, (offset, factor))
        return self.nodes.multiply(self.nodes.subtract(x, offset), factor)

    def pad(self, x: Tensor, before: int, after: int, mode: str) -> Tensor:
        begin, end = (np.array([0, 0, n, n]) for n in (before, after))
        return self.nodes.pad(x, begin, end, "constant" if mode == "zero" else mode)

    def conv(self, x: Tensor, node: Node) -> Tensor:
        strides = [node.options["stride"]] * 2
        y = self.nodes.convolution(x, self.kernel(node), strides, [0, 0], [0, 0], [1, 1])
        y.set_friendly_name(node.name)
        return self.nodes.add(y, self.constant(node.weights["bias"].reshape(1, -1, 1, 1)))

    def kernel(self, node: Node) -> Tensor:
        """Return a convolution's kernel as (out, in, height, width)."""
        return self.constant(node.weights["kernel"].transpose(3, 2, 0, 1))

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
        deviation = self.nodes.sqrt(
            self.nodes.add(self.node(variance), self.constant(EPSILON))
        )
        factor = self.nodes.divide(gamma, deviation)
        # Not x · factor + shift: for a flat channel both would be large and nearly cancel.
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
