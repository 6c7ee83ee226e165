"""Weights as files hold them: in float32, float16, or 8 bits.

Whatever they are stored in, they are computed with in float32: half precision cannot hold
the squares that instance norm sums. Runtimes widen constants once, when they load a file.
"""

import numpy as np

PRECISIONS = ("float32", "float16", "int8")
LEVELS = 127  # of an 8-bit weight, on either side of 0


def stored(
    kernel: np.ndarray, precision: str, channel: int = -1
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what a file holds of a kernel.

    Args:
        kernel: float32.
        precision: of `PRECISIONS`.
        channel: the axis of the output's channels, each of which has a scale in int8.

    Returns:
        (values, scale): the kernel is values · scale; scale is None for 1.

    Raises:
        ValueError: if the precision cannot hold the kernel.
    """
    if precision == "float32":
        return kernel.astype(np.float32), None
    if precision == "float16":
        with np.errstate(over="ignore"):
            half = kernel.astype(np.float16)
        if not np.isfinite(half).all():
            largest = np.abs(kernel).max()
            raise ValueError(
                f"precision float16 cannot hold a weight of {largest:.3g}. Export this "
                "style with --precision float32"
            )
        return half, None
    others = tuple(i for i in range(kernel.ndim) if i != channel % kernel.ndim)
    largest = np.abs(kernel).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / LEVELS, 1).astype(np.float32)
    return np.round(kernel / scale).astype(np.int8), scale
