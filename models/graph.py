"""A network as a short list of nodes, without Keras, and what is derived from it.

    graph = build_graph(NetworkConfig())
    graph.halo, graph.multiple, graph.parameters(), graph.multiply_adds(1024, 1024)

`models.graph_builder` makes a graph, `models.loading` gives the nodes the weights of a
style file, `models.rewrites` makes the graph faster, and `models.drawing` draws it with
the operations of an engine or an export.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from fusion_style.models.config import BLOCK


@dataclasses.dataclass(frozen=True, eq=False)
class Node:
    """An operation and its result, (batch, height, width, channels).

    Attributes:
        op: "picture", "scale" (prepares the photograph), "conv", "norm", "relu", "add",
            "concatenate" or "paint" (tanh, then 0-255); after `models.rewrites.lower`
            also "pad" and "depth_to_space".
        inputs: the nodes whose results the operation takes.
        channels: number of channels of the result.
        stride: side of the square of the picture, in pixels, that corresponds to one pixel
            of the result.
        reach: how far away the pixels of the picture can be on which a pixel of the result
            depends, in pixels of the picture.
        name: of a layer with weights, as in style files; otherwise empty.
        options: other arguments of the operation.
        weights: {"kernel", "bias"} of a convolution; {"gamma", "beta", and for batch norm
            "mean", "variance"} of a norm; empty until they are read from a style file. γ
            and β are (channels,), or (conditions, channels) for a file of many styles.
        shapes: the shapes that the weights must have.
    """

    op: str
    inputs: tuple["Node", ...]
    channels: int
    stride: int = 1
    reach: int = 0
    name: str = ""
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    shapes: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)

    @property
    def shape(self) -> tuple[None, None, None, int]:
        """The shape; only the number of channels is known."""
        return (None, None, None, self.channels)

    @property
    def sees_pixels(self) -> bool:
        """Whether no convolution is between the picture and this node.

        If this node is a convolution, it reads the photograph's own levels. bfloat16 or 8
        bits would lose some of them, so engines compute it in float32.
        """
        inputs = self.inputs
        return all(node.op != "conv" and node.sees_pixels for node in inputs)


def follow(x: Node, op: str, **more: Any) -> Node:
    """Return a node for an operation on `x` that changes neither size nor channels."""
    return Node(op, (x,), x.channels, x.stride, x.reach, **more)


def transposed(options: Mapping[str, Any]) -> bool:
    """Return whether a convolution is transposed; its kernel is then (h, w, out, in)."""
    return options["up"] == "deconv"


class Graph:
    """A network as nodes, from the photograph to the painted picture.

    Args:
        output: the last node. The graph consists of all nodes on which it depends.

    Attributes:
        output: the last node.
        nodes: all nodes, each after its inputs.
    """

    def __init__(self, output: Node) -> None:
        self.output = output
        self.nodes = tuple(topological(output))

    def layers(self, op: str) -> tuple[Node, ...]:
        """Return the nodes of one operation, in the graph's order."""
        return tuple(node for node in self.nodes if node.op == op)

    @functools.cached_property
    def norms(self) -> tuple[Node, ...]:
        """The norms that are not folded. Their γ and β are the style."""
        return self.layers("norm")

    @property
    def standardizes(self) -> bool:
        """Whether the network uses the photograph's mean and deviation."""
        return any(node.options.get("standardize") for node in self.layers("scale"))

    @property
    def multiple(self) -> int:
        """The number of pixels of which the picture's sides must be a multiple."""
        strides = [node.stride for node in self.nodes]
        for node in self.layers("conv"):
            if blocks_pay(node.options["kernel"], node.channels, node.options["stride"]):
                strides.append(BLOCK * node.stride)
        return math.lcm(*strides)

    @property
    def smallest(self) -> int:
        """The smallest side, in pixels, at which every reflection has pixels to mirror."""
        sides = []
        for node in self.layers("conv"):
            mirrored_at = node if node.options["up"] else node.inputs[0]
            width = border(node.options["kernel"], node.options["stride"])
            sides.append((width + 1) * mirrored_at.stride)
        return -(-max(sides) // self.multiple) * self.multiple

    @property
    def halo(self) -> int:
        """How far away pixels can be on which a pixel depends; a multiple of `multiple`.

        This holds if the norms are folded or their statistics are given.
        """
        return -(-self.output.reach // self.multiple) * self.multiple

    @property
    def measured(self) -> bool:
        """Whether any norm needs a mean and variance: the picture's own, or given ones."""
        return any(not node.options.get("standardized") for node in self.norms)

    @property
    def conditions(self) -> int:
        """Number of rows of γ and β in the norms: styles to choose from, or to mix."""
        shapes = [node.shapes["gamma"] for node in self.norms]
        return max((shape[0] for shape in shapes if len(shape) == 2), default=1)

    def style(self, weights: Sequence[float] | np.ndarray | None = None) -> np.ndarray:
        """Return the style: γ and β of all norms, float32 (2, sum of their channels).

        Args:
            weights: of a linear mix, one for each condition. A single weight of 1 gives
                that row, bit for bit. May be None if there is only one condition.

        Raises:
            ValueError: if the weights are not finite or not one for each condition, or
                None although there are several conditions.
        """
        if weights is None and self.conditions > 1:
            raise ValueError(
                f"which style? The network has {self.conditions}: weights must be given"
            )
        mix = np.ones(1) if weights is None else np.asarray(weights, np.float64)
        if mix.shape != (self.conditions,) or not np.isfinite(mix).all():
            raise ValueError(
                f"weights must be {self.conditions} finite numbers. Received: {weights}"
            )
        rows = [
            [mix @ np.atleast_2d(n.weights[key]).astype(np.float64) for n in self.norms]
            for key in ("gamma", "beta")
        ]
        return np.array([np.concatenate(r) if r else [] for r in rows], np.float32)

    def parameters(self) -> dict[str, int]:
        """Return {name of a convolution: number of its weights and biases}."""
        return {
            node.name: sum(math.prod(shape) for shape in node.shapes.values())
            for node in self.layers("conv")
        }

    def multiply_adds(self, height: int, width: int) -> int:
        """Return the multiply-adds of the convolutions for a picture of (height, width).

        They are counted as the papers draw them: a convolution after upsampling works at
        the large size, and a transposed convolution at the small size.
        """
        total = 0
        for node in self.layers("conv"):
            worked_at = node.inputs[0] if transposed(node.options) else node
            pixels = (height // worked_at.stride) * (width // worked_at.stride)
            total += pixels * math.prod(node.shapes["kernel"])
        return total


def topological(output: Node) -> Iterator[Node]:
    """Yield `output` and all nodes on which it depends, each after its inputs."""
    done: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(output, False)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done.add(node)
            yield node
        else:
            stack.append((node, True))
            stack += [(parent, False) for parent in reversed(node.inputs)]


def border(kernel: int, stride: int) -> int:
    """Return how many pixels a convolution mirrors at each side of what it reads.

    With this border, there is one result for each square of `stride` pixels.

    Args:
        kernel: side of the convolution's kernel.
        stride: stride of the convolution.
    """
    return (kernel - stride + 1) // 2


def blocks_pay(kernel: int, channels: int, stride: int = 1) -> bool:
    """Return whether a convolution is faster if it computes a block of pixels at once.

    Args:
        kernel: side of its kernel.
        channels: number of channels of its result.
        stride: its stride.
    """
    return kernel > BLOCK > channels and stride == 1
