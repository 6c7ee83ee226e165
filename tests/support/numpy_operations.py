"""`models.drawing.Operations` in NumPy: an engine that is slow and plain."""

import numpy as np


class NumPyOperations:
    """(batch, height, width, channels), in whatever precision the arrays have."""

    def scale(self, x, offset, factor):
        return (x - offset) * factor

    def pad(self, x, before, after, mode):
        border = ((0, 0), (before, after), (before, after), (0, 0))
        return np.pad(x, border, {"zero": "constant"}.get(mode, mode))

    def conv(self, x, node):
        kernel, stride = node.weights["kernel"], node.options["stride"]
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
        windows = windows[:, ::stride, ::stride]
        return np.einsum("bhwcij,ijcd->bhwd", windows, kernel) + node.weights["bias"]

    def depth_to_space(self, x, block, crop):
        batch, height, width, channels = x.shape
        x = x.reshape(batch, height, width, block, block, channels // block**2)
        x = x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height * block, width * block, -1)
        return x[:, crop:-crop, crop:-crop] if crop else x

    def relu(self, x):
        return np.maximum(x, 0)

    def tanh(self, x):
        return np.tanh(x)

    def add(self, x, y):
        return x + y

    def concatenate(self, x, y):
        return np.concatenate([x, y], axis=-1)

    def moments(self, x):
        return x.mean((0, 1, 2)), x.var((0, 1, 2))

    def normalize(self, x, mean, variance, gamma, beta):
        return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta

    def vectors(self, rows, sizes):
        pieces = np.split(rows, np.cumsum(sizes)[:-1], axis=1)
        return [tuple(piece) for piece in pieces]

    def rows(self, vectors):
        return np.array([np.concatenate(row) for row in zip(*vectors, strict=True)])
