"""Draw the whole function from a photograph to the painted picture, for exported files.

Besides the network, files contain what `inference.stylizer.Stylizer.paint` does: the
photograph's statistics, the mirrored margin, and the crop back to its size.
"""

from typing import Protocol

import numpy as np

from fusion_style.models.config import MARGIN
from fusion_style.models.drawing import Inputs, Operations, Tensor, draw
from fusion_style.models.graph import Graph


class WholeOperations(Operations, Protocol):
    """`models.drawing.Operations`, and operations on a whole photograph."""

    def photograph(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and 1 / √(variance + FLOOR²) of a photograph's channels."""

    def mirror(self, x: Tensor, margin: int, multiple: int, smallest: int) -> Tensor:
        """Return x with its borders mirrored outwards.

        Args:
            x: (batch, height, width, channels).
            margin: how many rows to add at the top and columns at the left; at least as
                many are added at the bottom and the right.
            multiple: the sides of the result are multiples of this.
            smallest: the sides of the result are at least this long.
        """

    def crop(self, x: Tensor, margin: int, like: Tensor) -> Tensor:
        """Return x without its first `margin` rows and columns, of the size of `like`."""

    def mixed(self, mix: Tensor, rows: np.ndarray) -> Tensor:
        """Return γ and β of a mix, (2, sum of the channels), for `Operations.vectors`.

        Args:
            mix: the share of each condition, (conditions,).
            rows: γ and β of each condition, float32 (conditions, 2, sum of the channels).
        """


def style_rows(graph: Graph) -> np.ndarray:
    """Return γ and β of each of a graph's conditions, float32 (conditions, 2, channels)."""
    return np.stack([graph.style(weights) for weights in np.eye(graph.conditions)])


def draw_whole(
    graph: Graph, ops: WholeOperations, picture: Tensor, style: Tensor = None
) -> Tensor:
    """Draw a graph, and everything around it.

    Args:
        graph: its convolutions must have no padding of their own.
        ops: the operations.
        picture: (1, height, width, 3), 0-255, in the layout of `ops`.
        style: γ and β of the norms, (2, sum of their channels); None if all are folded.

    Returns:
        The painted picture, of the picture's shape, 0-255.
    """
    mean, factor = ops.photograph(picture) if graph.standardizes else (None, None)
    x = ops.mirror(picture, MARGIN, graph.multiple, graph.smallest)
    painting, _ = draw(graph, ops, x, Inputs(mean, factor, style))
    return ops.crop(painting, MARGIN, picture)
