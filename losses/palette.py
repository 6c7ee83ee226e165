"""The palette: which colors a painting has.

Gram matrices are sums over a picture, so a small blob of pure white can replace brightness
that is missing elsewhere. Risser et al. 2017 call this an instability, and add histograms
to the loss. Networks really paint such blobs, in the brightest flat places.
"""

import copy
from collections.abc import Sequence

import numpy as np
from keras import ops

from fusion_style.losses.terms import Tensor

SHARE = 0.002  # share of the painting's pixels outside of each side of the box


class Palette:
    """A box around the colors of paintings, along the principal axes of the colors.

    Args:
        paintings: list of float32 RGB (height, width, 3), 0-255. The box is around the
            colors of all paintings.

    Attributes:
        mean: the mean color, (1, 1, 3).
        axes: matrix (1, 3, 3) from (color - mean) to standard deviations along the axes.
        least, most: the box's limits along each axis, (1, 1, 3).
    """

    parts = ("mean", "axes", "least", "most")

    def __init__(self, paintings: Sequence[np.ndarray]) -> None:
        colors = np.concatenate([np.reshape(p, (-1, 3)) for p in paintings])
        mean = colors.mean(axis=0, dtype=np.float32)
        variances, axes = np.linalg.eigh(np.cov((colors - mean).T))
        # A gray painting has only one axis. Deviations are at least one gray level.
        deviations = np.sqrt(np.maximum(variances, 1))
        axes = (axes / deviations).astype(np.float32)
        sides = np.quantile((colors - mean) @ axes, [SHARE, 1 - SHARE], axis=0)
        self.mean, self.axes = mean[None, None], axes[None]
        self.least, self.most = sides.astype(np.float32)[:, None, None]

    @classmethod
    def stack(cls, palettes: Sequence["Palette"]) -> "Palette":
        """Return a palette whose attributes have one row for each of these palettes."""
        several = copy.copy(palettes[0])
        for part in cls.parts:
            rows = np.concatenate([getattr(palette, part) for palette in palettes])
            setattr(several, part, rows)
        return several

    def of(self, rows: Tensor) -> "Palette":
        """Return a stacked palette with the palette of each picture of a batch.

        Args:
            rows: (batch,), integers: which row of this `stack`.
        """
        taken = copy.copy(self)
        for part in self.parts:
            setattr(taken, part, ops.take(getattr(self, part), rows, axis=0))
        return taken

    def beyond(self, pictures: Tensor) -> Tensor:
        """Return the squared distance of each pixel's color from the box.

        Args:
            pictures: (batch, height, width, 3), 0-255.

        Returns:
            (batch, height, width), in squared standard deviations of the paintings' colors.
        """
        shape = ops.shape(pictures)
        colors = ops.reshape(ops.cast(pictures, "float32"), (shape[0], -1, 3))
        along = ops.matmul(ops.subtract(colors, self.mean), self.axes)
        over, under = ops.subtract(along, self.most), ops.subtract(self.least, along)
        distance = ops.relu(over) + ops.relu(under)
        return ops.reshape(ops.sum(ops.square(distance), axis=-1), shape[:-1])
