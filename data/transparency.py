"""The colors behind transparent pixels, which nobody sees, but a network would."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

# Below it a pixel's color counts less: what is seen changes by at most 1 of 255.
VISIBLE = 4
NOTHING_VISIBLE = 127.5  # the color of a picture that is transparent everywhere


def fill_invisible(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return the pixels with what is invisible filled from what is visible around it.

    Where alpha is 0, files hold anything: white, black, noise. It would take part in
    the statistics that a picture is painted with, and in every stroke that reaches
    over an edge. So it is replaced by a weighted mean of the visible colors, from the
    nearest scale that has some: the pull-push algorithm (Gortler et al. 1996, "The
    Lumigraph", section 3.4), in premultiplied colors.

    Args:
        pixels: float32 RGB (height, width, 3), 0-255.
        alpha: uint8 (height, width), 0 where nothing is seen.

    Returns:
        float32 RGB (height, width, 3), 0-255, the same where alpha is at least 4.
    """
    weights = np.minimum(alpha.astype(np.float32) / VISIBLE, 1)
    if weights.min() == 1:
        return pixels
    planes = [np.ascontiguousarray(pixels[..., channel]) for channel in range(3)]
    return np.stack(fill(planes, weights), axis=-1)


def fill(planes: Sequence[np.ndarray], weights: np.ndarray) -> list[np.ndarray]:
    """Return channels blended with those of the next coarser scale, by their weights.

    Args:
        planes: float32 (height, width) of each channel, 0-255.
        weights: float32 (height, width), 0 for unknown to 1 for known.
    """
    height, width = weights.shape
    if height == width == 1:
        coarse = [np.full_like(plane, NOTHING_VISIBLE) for plane in planes]
    else:
        shares = halved(weights)
        known = np.maximum(shares, np.finfo(np.float32).tiny)
        colors = [halved(plane * weights) / known for plane in planes]
        # One known pixel of four makes the coarser one known.
        coarse = fill(colors, np.minimum(4 * shares, 1))
        coarse = [doubled(plane, height, width) for plane in coarse]
    return [c + weights * (p - c) for c, p in zip(coarse, planes, strict=True)]


def halved(plane: np.ndarray) -> np.ndarray:
    """Return the means of 2×2 pixels, of fewer at an odd border: float32."""
    return np.asarray(Image.fromarray(plane).reduce(2))


def doubled(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a `halved` channel at its size before, bilinearly: float32."""
    size, box = (width, height), (0, 0, width / 2, height / 2)
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR, box))
