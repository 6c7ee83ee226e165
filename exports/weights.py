"""Weights as files store them: in float32, float16 or 8 bits.

Computations are always in float32, because the squares that instance norm sums can exceed
float16. Runtimes convert the weights once, when they load a file.
"""

import numpy as np

PRECISIONS = ("float32", "float16", "int8")
LEVELS = 127  # largest absolute value of an 8-bit weight


def stored(
    kernel: np.ndarray, precision: str, channel: int = -1
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a kernel as a file stores it.

    Args:
        kernel: float32.
        precision: one of `PRECISIONS`.
        channel: the axis of the output channels. In int8, each channel has its own scale.

    Returns:
        (values, scale): the kernel is values · scale. If scale is None, it is values.

    Raises:
        ValueError: if the kernel has values that are too large for the precision.
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
