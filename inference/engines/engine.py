"""Engine: the interface of everything that paints a picture, or a tile, with a graph."""

import abc
from typing import NamedTuple

import numpy as np

from fusion_style.models.graph import Graph

PAINT, MEASURE = "paint", "measure"  # the two results that an engine can compute


class Photograph(NamedTuple):
    """The statistics of a whole photograph, with which its tiles are painted.

    Attributes:
        mean, factor: mean, and one over the standard deviation, of each channel, for values
            in 0-255; float32 (3,).
    """

    mean: np.ndarray
    factor: np.ndarray


class Place(NamedTuple):
    """An engine's name, and the device on which it paints.

    Attributes:
        engine: see `load_engine`.
        device: a name of Keras's, such as "gpu:1"; None for the engine's own choice.
    """

    engine: str
    device: str | None = None


class Engine(abc.ABC):
    """Run a graph. For another γ and β of its norms, an engine compiles nothing again.

    Args:
        graph: from `models.rewrites.painting`.

    Attributes:
        graph: the argument.
        compilations: number of compilations until now: at most one for each shape of
            pixels, each result, with and without given statistics.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.compilations = 0

    @abc.abstractmethod
    def run(
        self, result: str, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Compute the result of `paint` (for `PAINT`) or of `measure` (for `MEASURE`)."""

    def paint(
        self, pixels: np.ndarray, photograph: Photograph, style: np.ndarray,
        statistics: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Return the painted pixels.

        Args:
            pixels: float32 RGB (batch, height, width, 3), 0-255; sides are multiples of
                the graph's `multiple`, and at least its `smallest`.
            photograph: the statistics of the photograph; `pixels` may be a tile of it.
            style: γ and β of the norms, float32 (2, sum of their channels).
            statistics: statistics for the norms, from `measure`; by default those of the
                pixels themselves.

        Returns:
            float32 RGB of the shape of `pixels`, 0-255.
        """
        return self.run(PAINT, pixels, photograph, style, statistics)

    def measure(
        self, pixels: np.ndarray, photograph: Photograph, style: np.ndarray
    ) -> np.ndarray:
        """Return the mean and variance of the norms' inputs.

        Args:
            pixels, photograph, style: as for `paint`. The statistics are taken over all
                pictures of the batch together.

        Returns:
            float32 (2, sum of the norms' channels).
        """
        return self.run(MEASURE, pixels, photograph, style)
