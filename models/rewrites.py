"""Kernels written anew, so that a convolution does the work of several operations.

Kernels are float (height, width, in, out). Each function is exact but for rounding.
"""

import numpy as np

EPSILON = 1e-5  # of the norms in fusion_style.models.layers


def fold_norm(kernel, bias, gamma, beta, mean, variance):
    """The convolution that does what convolution and batch norm did."""
    factor = gamma / np.sqrt(variance + EPSILON)
    return kernel * factor, (bias - mean) * factor + beta


def sub_pixel_resize(kernel):
    """Nearest ×2 and 3×3 as one 2×2 kernel, (2, 2, in, 4 · out).

    The kernel's rows 0, 1, 2 see, for output row 2p - 1, the input rows p - 1,
    p - 1, p; for output row 2p, the input rows p - 1, p, p. So a window over p - 1
    and p gives both output rows.
    """
    rows = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]], kernel.dtype)
    phases = np.einsum("aiu,bjv,uvcd->ijcabd", rows, rows, kernel)
    return phases.reshape(2, 2, kernel.shape[2], -1)


def sub_pixel_deconv(kernel):
    """A transposed 3×3 of stride 2 as one 2×2 kernel, (2, 2, in, 4 · out).

    Output row 2p is k0 of row p and k2 of row p - 1; row 2p + 1 is k1 of row p.
    """
    rows = np.array([[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 1, 0]]], kernel.dtype)
    phases = np.einsum("aiu,bjv,uvdc->ijcabd", rows, rows, kernel)
    return phases.reshape(2, 2, kernel.shape[3], -1)


def blocked(kernel, block=4):
    """An n×n kernel that computes block × block pixels: (n + block - 1)², stride block."""
    n, _, channels, filters = kernel.shape
    side = n + block - 1
    wide = np.zeros((side, side, channels, block, block, filters), kernel.dtype)
    for a in range(block):
        for b in range(block):
            wide[a : a + n, b : b + n, :, a, b] = kernel
    return wide.reshape(side, side, channels, -1)
