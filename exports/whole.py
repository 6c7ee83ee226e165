"""The whole function from a photograph to its painting, as files hold it.

What `inference.stylizer.Stylizer.paint` does around a network stands in the file, too:
the photograph's statistics, the mirrored border, and the crop back to its size.
"""

from typing import Protocol

import numpy as np

from fusion_style.models.config import MARGIN
from fusion_style.models.drawing import Inputs, Operations, Tensor, draw
from fusion_style.models.graph import Graph


class WholeOperations(Operations, Protocol):
    """`models.drawing.Operations`, and what is done to a photograph as a whole."""

    def photograph(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and 1 / √(variance + FLOOR²) of a photograph's channels."""

    def mirror(self, x: Tensor, margin: int, multiple: int, smallest: int) -> Tensor:
        """Return x with its borders mirrored outwards.

        Args:
            x: (batch, height, width, channels).
            margin: rows and columns to add before; at least as many are added after.
            multiple, smallest: what the sides of the result must be, and at least be.
        """

    def crop(self, x: Tensor, margin: int, like: Tensor) -> Tensor:
        """Return x without `margin` rows and columns before, of the size of `like`."""

    def mixed(self, mix: Tensor, rows: np.ndarray) -> Tensor:
        """Return γ and β of a mix, (2, channels in all), as `Operations.vectors` takes it.

        Args:
            mix: (conditions,), how much of each.
            rows: γ and β of each, float32 (conditions, 2, channels in all).
        """


def style_rows(graph: Graph) -> np.ndarray:
    """Return γ and β of each of a graph's conditions, float32 (conditions, 2, channels)."""
    return np.stack([graph.style(weights) for weights in np.eye(graph.conditions)])


def draw_whole(
    graph: Graph, ops: WholeOperations, picture: Tensor, style: Tensor = None
) -> Tensor:
    """Draw a graph with all that is around it.

    Args:
        graph: whose convolutions have no padding of their own.
        ops: what draws.
        picture: (1, height, width, 3), 0-255, in the operations' terms.
        style: γ and β of the norms, (2, channels in all); None where all are folded.

    Returns:
        The painting, of the picture's shape, 0-255.
    """
    mean, factor = ops.photograph(picture) if graph.standardizes else (None, None)
    x = ops.mirror(picture, MARGIN, graph.multiple, graph.smallest)
    painting, _ = draw(graph, ops, x, Inputs(mean, factor, style))
    return ops.crop(painting, MARGIN, picture)
