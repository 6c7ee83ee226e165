"""A graph drawn with the operations of an engine or of an export."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias

from fusion_style.models.config import EPSILON, HALF, LIMIT
from fusion_style.models.graph import Graph, Node

Tensor: TypeAlias = Any  # whatever an engine or an export computes with
Vectors: TypeAlias = tuple[Tensor, Tensor]  # mean and variance of a norm, or γ and β


class Operations(Protocol):
    """What an engine or an export brings.

    Vectors hold one value for each channel, in a shape that `scale` takes.
    """

    def scale(self, x: Tensor, offset: Tensor, factor: Tensor) -> Tensor:
        """Return (x - offset) · factor; both may be numbers."""

    def pad(self, x: Tensor, before: int, after: int, mode: str) -> Tensor:
        """Return x with a border.

        Args:
            x: what gets it.
            before, after: how many rows at the top and columns at the left, and how many
                at the bottom and the right.
            mode: "reflect", without the edge itself; "edge", which repeats it; "zero".
        """

    def conv(self, x: Tensor, node: Node) -> Tensor:
        """Return the convolution of a lowered graph's node, without padding."""

    def depth_to_space(self, x: Tensor, block: int, crop: int) -> Tensor:
        """Return x with its blocks of pixels laid out, then cropped.

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
        """Return (x - mean) / √(variance + ε) · γ + β, of vectors.

        Mean and variance are numbers where a batch norm of many conditions is drawn.
        """

    def vectors(self, rows: Tensor, sizes: list[int]) -> list[Vectors]:
        """Return the two rows of a (2, sum of sizes) tensor, cut into vectors."""

    def rows(self, vectors: list[Vectors]) -> Tensor:
        """Return pairs of vectors as two rows, as they are before `vectors` cuts them."""


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a network is fed besides the picture; tensors.

    Attributes:
        mean, factor: of the whole photograph's channels, the mean and one over the
            deviation, as `Operations.scale` takes them; None where the graph does not
            standardize.
        style: γ and β of all norms, (2, channels in all); None where all are folded.
        statistics: mean and variance of what goes into the norms, of that shape; None to
            take them from the picture at hand, as instance norm does.
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
        graph: of `models.rewrites.painting`.
        ops: what draws.
        picture: (batch, height, width, 3), 0-255, in the operations' terms.
        inputs: what else the network is fed.

    Returns:
        (painting, statistics): 0-255, of the picture's shape; and mean and variance of
        what goes into the norms, (2, channels in all), None where none is `measured`.
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
        elif node.op == "scale":  # folded: times LIMIT is in the convolution after it
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
