"""A network as a short list of nodes, without Keras; what follows from its shape.

    graph = build_graph(NetworkConfig())
    graph.halo, graph.multiple, graph.parameters(), graph.multiply_adds(1024, 1024)

`models.graph_builder` makes it, `models.style_file` gives the nodes their weights,
`models.rewrites` makes them fast, and `models.drawing` gives them, one after the other,
to an engine or an export.
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
        op: "picture", "scale" (what makes a photograph ready), "conv", "norm", "relu",
            "add", "concatenate" or "paint" (tanh, and 0-255); after
            `models.rewrites.lower` also "pad" and "depth_to_space".
        inputs: the nodes whose results it takes.
        channels: of the result.
        stride: how many pixels of the picture one of the result's stands for, along a
            side.
        reach: how far away, in pixels of the picture, lies what a result depends on.
        name: of a layer with weights, as style files have it; else empty.
        options: what else the operation is told.
        weights: {"kernel", "bias"} of a convolution, {"gamma", "beta", and for batch
            norm "mean", "variance"} of a norm; empty until a style file fills them. γ and
            β are (channels,), or (conditions, channels) of a file of many styles.
        shapes: what the shapes of the weights must be.
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
        """The shape, of which the channels alone are known."""
        return (None, None, None, self.channels)

    @property
    def sees_pixels(self) -> bool:
        """Whether no layer with weights is between the picture and this node.

        Such a convolution reads a photograph's own levels, of which bfloat16 or 8 bits
        would lose some: engines keep it in float32.
        """
        inputs = self.inputs
        return all(node.op != "conv" and node.sees_pixels for node in inputs)


def follow(x: Node, op: str, **more: Any) -> Node:
    """Return a node for an operation that changes neither size nor channels."""
    return Node(op, (x,), x.channels, x.stride, x.reach, **more)


def transposed(options: Mapping[str, Any]) -> bool:
    """Return whether a convolution is a transposed one, whose kernel is (h, w, out, in)."""
    return options["up"] == "deconv"


class Graph:
    """A network from the picture to the painting, as nodes.

    Args:
        output: the last node; the graph is what it depends on.

    Attributes:
        nodes: in an order in which every node comes after its inputs.
    """

    def __init__(self, output: Node) -> None:
        self.output = output
        self.nodes = tuple(topological(output))

    def layers(self, op: str) -> tuple[Node, ...]:
        """Return the nodes of one operation, in the graph's order."""
        return tuple(node for node in self.nodes if node.op == op)

    @functools.cached_property
    def norms(self) -> tuple[Node, ...]:
        """The norms that are not folded: while there are any, a style is their γ and β."""
        return self.layers("norm")

    @property
    def standardizes(self) -> bool:
        """Whether the photograph's mean and deviation matter."""
        return any(node.options.get("standardize") for node in self.layers("scale"))

    @property
    def multiple(self) -> int:
        """What the picture's sides must be a multiple of, in pixels."""
        strides = [node.stride for node in self.nodes]
        for node in self.layers("conv"):
            if blocks_pay(node.options["kernel"], node.channels, node.options["stride"]):
                strides.append(BLOCK * node.stride)
        return math.lcm(*strides)

    @property
    def smallest(self) -> int:
        """The shortest side at which every reflection has pixels to mirror."""
        sides = [
            (border(node.options["kernel"], node.options["stride"]) + 1)
            * node.inputs[0].stride
            for node in self.layers("conv")
        ]
        return -(-max(sides) // self.multiple) * self.multiple

    @property
    def halo(self) -> int:
        """How far away lies what a pixel depends on, a multiple of `multiple`.

        True of a graph whose norms are folded, or whose statistics are given.
        """
        return -(-self.output.reach // self.multiple) * self.multiple

    @property
    def measured(self) -> bool:
        """Whether norms take mean and variance from the picture, or are given them."""
        return any(not node.options.get("standardized") for node in self.norms)

    @property
    def conditions(self) -> int:
        """How many rows of γ and β the norms have: styles to choose from, or to mix."""
        shapes = [node.shapes["gamma"] for node in self.norms]
        return max((shape[0] for shape in shapes if len(shape) == 2), default=1)

    def style(self, weights: Sequence[float] | np.ndarray | None = None) -> np.ndarray:
        """Return the style: γ and β of all norms, float32 (2, their channels in all).

        Args:
            weights: of a mix, one for each condition; linear, and one alone that is 1 is
                its row to the bit. None where there is one condition.

        Raises:
            ValueError: for weights that are not finite, not as many as conditions, or
                None where there are several.
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
        """Return how many weights and biases each convolution has, by its name."""
        return {
            node.name: sum(math.prod(shape) for shape in node.shapes.values())
            for node in self.layers("conv")
        }

    def multiply_adds(self, height: int, width: int) -> int:
        """Return the multiply-adds of the convolutions for a picture of that size.

        As the papers draw them: a convolution after an upsampling works at the large
        size, a transposed one at the small size.
        """
        total = 0
        for node in self.layers("conv"):
            worked_at = node.inputs[0] if transposed(node.options) else node
            pixels = (height // worked_at.stride) * (width // worked_at.stride)
            total += pixels * math.prod(node.shapes["kernel"])
        return total


def topological(output: Node) -> Iterator[Node]:
    """Yield the nodes that `output` depends on, each after its inputs, and itself."""
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

    With as many, one of its results lies on each square of `stride` pixels.

    Args:
        kernel: its side.
        stride: its own.
    """
    return (kernel - stride + 1) // 2


def blocks_pay(kernel: int, channels: int, stride: int = 1) -> bool:
    """Return whether a convolution is faster if it computes a block of pixels at once.

    Args:
        kernel: its side.
        channels: of its result.
        stride: its own.
    """
    return kernel > BLOCK > channels and stride == 1
