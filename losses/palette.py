"""Which colours a painting has.

Gram matrices are sums over a picture: a small blob of pure white can supply what the
rest of it lacks in brightness (Risser et al. 2017 call that an instability, and add
histograms to the loss). Networks do paint such blobs, in the brightest flat places.
"""

import numpy as np
from keras import ops

SHARE = 0.002  # of the painting's pixels, beyond each side of the box


class Palette:
    """A box around the colours of paintings, along their principal axes.

    Args:
        paintings: list of float32 RGB (height, width, 3), 0-255; of several, all
            colours count.
    """

    def __init__(self, paintings):
        colours = np.concatenate([np.reshape(p, (-1, 3)) for p in paintings])
        self.mean = colours.mean(axis=0, dtype=np.float32)
        variances, axes = np.linalg.eigh(np.cov((colours - self.mean).T))
        # A grey painting has one axis: no deviation is less than a grey level.
        deviations = np.sqrt(np.maximum(variances, 1))
        self.axes = (axes / deviations).astype(np.float32)
        along = (colours - self.mean) @ self.axes
        sides = np.quantile(along, [SHARE, 1 - SHARE], axis=0)
        self.least, self.most = sides.astype(np.float32)

    def beyond(self, pictures):
        """The squared distance of each pixel's colour from the box.

        Args:
            pictures: (batch, height, width, 3), 0-255.

        Returns:
            (batch, height, width), in deviations of the paintings' colours, squared.
        """
        pictures = ops.cast(pictures, "float32")
        along = ops.matmul(ops.subtract(pictures, self.mean), self.axes)
        over, under = ops.subtract(along, self.most), ops.subtract(self.least, along)
        distance = ops.relu(over) + ops.relu(under)
        return ops.sum(ops.square(distance), axis=-1)
