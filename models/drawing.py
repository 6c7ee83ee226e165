"""Draw a graph with the operations of an engine or of an export."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias

from fusion_style.models.config import EPSILON, HALF, LIMIT
from fusion_style.models.graph import Graph, Node

Tensor: TypeAlias = Any  # whatever an engine or an export computes with
Vectors: TypeAlias = tuple[Tensor, Tensor]  # mean and variance of a norm, or γ and β


class Operations(Protocol):
    """The operations that an engine or an export must provide.

    Vectors have one value for each channel, in a shape that `scale` takes.
    """

    def scale(self, x: Tensor, offset: Tensor, factor: Tensor) -> Tensor:
        """Return (x - offset) · factor; both may be numbers."""

    def pad(self, x: Tensor, before: int, after: int, mode: str) -> Tensor:
        """Return x with a border.

        Args:
            x: the tensor.
            before: how many rows to add at the top, and columns at the left.
            after: how many rows to add at the bottom, and columns at the right.
            mode: "reflect" mirrors without repeating the edge; "edge" repeats the edge;
                "zero" adds zeros.
        """

    def conv(self, x: Tensor, node: Node) -> Tensor:
        """Return the convolution of x for a node of a lowered graph, without padding."""

    def depth_to_space(self, x: Tensor, block: int, crop: int) -> Tensor:
        """Return x with its channels rearranged into blocks of pixels, then cropped.

        Args:
            x: (batch, height, width, block · block · channels).
            block: the side of the blocks.
            crop: how many rows and columns are cut off at each border.

        Returns:
            (batch, block · height - 2 · crop, block · width - 2 · crop, channels).
        """

    def relu(self, x: Tensor) -> Tensor:
        """Return max(x, 0)."""

    def tanh(self, x: Tensor) -> Tensor:
        """Return the hyperbolic tangent."""

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """Return x + y."""

    def concatenate(self, x: Tensor, y: Tensor) -> Tensor:
        """Return x and y, one after the other along the channels."""

    def moments(self, x: Tensor) -> Vectors:
        """Return mean and variance of each channel, over batch, height and width."""

    def normalize(
        self, x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor
    ) -> Tensor:
        """Return (x - mean) / √(variance + ε) · γ + β; all but x are vectors.

        Mean and variance are numbers for a batch norm of many conditions.
        """

    def vectors(self, rows: Tensor, sizes: list[int]) -> list[Vectors]:
        """Return pairs of vectors, cut from the two rows of a (2, sum of sizes) tensor."""

    def rows(self, vectors: list[Vectors]) -> Tensor:
        """Return pairs of vectors joined to two rows: the inverse of `vectors`."""


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The inputs of a network besides the picture, as tensors.

    Attributes:
        mean, factor: mean, and one over the standard deviation, of the whole photograph's
            channels, as `Operations.scale` takes them; None if the graph does not
            standardize.
        style: γ and β of all norms, (2, sum of their channels); None if all are folded.
        statistics: mean and variance of the norms' inputs, of the same shape as `style`;
            None to compute them from the picture itself, as instance norm does.
    """

    mean: Tensor = None
    factor: Tensor = None
    style: Tensor = None
    statistics: Tensor = None


def draw(
    graph: Graph, ops: Operations, picture: Tensor, inputs: Inputs
) -> tuple[Tensor, Tensor]:
    """Draw a lowered graph.

    Args:
        graph: from `models.rewrites.painting`.
        ops: the operations.
        picture: a tensor (batch, height, width, 3), 0-255, in the layout of `ops`.
        inputs: the other inputs of the network.

    Returns:
        The painted picture, 0-255, of the picture's shape; and mean and variance of the
        norms' inputs, (2, sum of their channels), None if none is `measured`.
    """
    sizes = [norm.channels for norm in graph.norms]
    styles: Iterator[Vectors] = iter(())
    given: Iterator[Vectors] = iter(())
    seen: list[Vectors] = []
    if sizes:
        styles = iter(ops.vectors(inputs.style, sizes))
        if inputs.statistics is not None:
            given = iter(ops.vectors(inputs.statistics, sizes))
    results: dict[Node, Tensor] = {}
    for node in graph.nodes:
        xs, options = [results[parent] for parent in node.inputs], node.options
        if node.op == "picture":
            y = picture
        elif node.op == "scale":  # the factor LIMIT is in the convolution that follows
            standardized = ops.scale(xs[0], inputs.mean, inputs.factor)
            y = ops.tanh(ops.scale(standardized, 0.0, 1 / LIMIT))
        elif node.op == "norm" and options.get("standardized"):
            y = ops.normalize(xs[0], 0.0, 1 - EPSILON, *next(styles))
        elif node.op == "norm":
            seen.append(next(given, None) or ops.moments(xs[0]))
            y = ops.normalize(xs[0], *seen[-1], *next(styles))
        elif node.op == "conv":
            y = ops.conv(xs[0], node)
        elif node.op == "paint":  # Johnson et al. 2016
            y = ops.scale(ops.tanh(xs[0]), -1.0, HALF)
        else:
            y = getattr(ops, node.op)(*xs, **options)
        results[node] = y
    return results[graph.output], ops.rows(seen) if seen else None
