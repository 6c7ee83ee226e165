"""Kernels that compute a block of pixels at once, made of the plain ones (Shi et al. 2016).

Kernels are float (height, width, in, out).
"""

import numpy as np

from fusion_style.models.config import BLOCK

# For each factor, and each row of the computed block: which row of the window meets which
# row of the kernel. (rows of the block, rows of the window, rows of the kernel).
RESIZE_ROWS = {
    # Nearest ×2 and 3×3: for output row 2p - 1 the kernel's rows see the input rows
    # p - 1, p - 1, p; for output row 2p the rows p - 1, p, p.
    2: np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]], np.float32),
    # Nearest ×4 and 7×7: for output row 4p + i the kernel's row j sees the input row
    # p + (i + j - 3) // 4.
    4: np.array(
        [[[p == (i + j - 3) // 4 for j in range(7)] for p in (-1, 0, 1)] for i in range(4)],
        np.float32,
    ),
}  # fmt: skip
DECONV_ROWS = {
    # A transposed 3×3 of stride 2: output row 2p is k0 of row p and k2 of row p - 1;
    # output row 2p + 1 is k1 of row p.
    2: np.array([[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 1, 0]]], np.float32),
    # A transposed 7×7 of stride 4: output row 4p + i is k(1 + i - 4q) of row p + q.
    4: np.array(
        [[[j == 1 + i - 4 * q for j in range(7)] for q in (-1, 0, 1)] for i in range(4)],
        np.float32,
    ),
}  # fmt: skip


def block_rows(kernel: int, block: int = BLOCK) -> np.ndarray:
    """Return the rows for a plain convolution that computes `block` rows at once.

    Args:
        kernel: the side of the kernel.
        block: the side of the block.

    Returns:
        (block, kernel + block - 1, kernel), as those of `RESIZE_ROWS`.
    """
    side = kernel + block - 1
    rows = [np.eye(side, kernel, -row) for row in range(block)]
    return np.array(rows, np.float32)


def sub_pixel(kernel: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the kernel that computes a block of pixels at once (Shi et al. 2016).

    Args:
        kernel: (height, width, in, out).
        rows: (block, window, height), for instance one of `RESIZE_ROWS`.

    Returns:
        (window, window, in, block · block · out). A convolution with this kernel and then
        depth to space do the same as the original kernel.
    """
    rows = rows.astype(kernel.dtype)
    blocks = np.einsum("aiu,bjv,uvcd->ijcabd", rows, rows, kernel)
    return blocks.reshape(*blocks.shape[:3], -1)
