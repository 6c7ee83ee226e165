"""Engine: what paints a picture, or a tile of one, with a graph."""

import abc
from typing import NamedTuple

import numpy as np

from fusion_style.models.graph import Graph

PAINT, MEASURE = "paint", "measure"  # what an engine is asked for


class Photograph(NamedTuple):
    """The statistics of a whole photograph, which its tiles are painted with.

    Attributes:
        mean, factor: of its channels, the mean and one over the deviation, of values in
            0-255; float32 (3,).
    """

    mean: np.ndarray
    factor: np.ndarray


class Engine(abc.ABC):
    """Run a graph. One engine serves every style of a graph's norms, without compiling.

    Args:
        graph: of `models.rewrites.painting`.

    Attributes:
        graph: the same.
        compilations: how often something was compiled: once for each shape of pixels,
            with and without given statistics.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.compilations = 0

    @abc.abstractmethod
    def run(
        self, result: str, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Return what `paint` (for `PAINT`) or `measure` (for `MEASURE`) does."""

    def paint(
        self, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Return the painting.

        Args:
            pixels: float32 RGB (batch, height, width, 3), 0-255; sides are multiples of
                the graph's `multiple`, and no less than its `smallest`.
            photograph: of which the pixels may be a tile.
            style: γ and β, float32 (2, channels of the norms in all).
            statistics: what `measure` returned, to be used for the norms; by default
                those of the pixels themselves.

        Returns:
            float32 RGB of the shape of `pixels`, 0-255.
        """
        return self.run(PAINT, pixels, photograph, style, statistics)

    def measure(
        self, pixels: np.ndarray, photograph: Photograph, style: np.ndarray
    ) -> np.ndarray:
        """Return mean and variance of what goes into the norms.

        Takes what `paint` does; several pictures count as one.

        Returns:
            float32 (2, channels of the norms in all).
        """
        return self.run(MEASURE, pixels, photograph, style)
