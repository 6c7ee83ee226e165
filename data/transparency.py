"""Replace the colors of transparent pixels: nobody sees them, but a network would."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

# Colors of pixels with an alpha below this count less. This changes what is seen by at most
# 1 of 255.
VISIBLE = 4
NOTHING_VISIBLE = 127.5  # the color of a picture that is transparent everywhere


def fill_invisible(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return the pixels with invisible ones filled with colors of visible ones nearby.

    Where alpha is 0, a file may have any color: white, black, noise. Such colors would
    change the statistics that a picture is painted with, and every stroke that crosses an
    edge. So they are replaced by a weighted mean of visible colors, taken from the finest
    scale that has some: the pull-push algorithm (Gortler et al. 1996, "The Lumigraph",
    section 3.4), in premultiplied colors.

    Args:
        pixels: float32 RGB (height, width, 3), 0-255.
        alpha: uint8 (height, width), 0 for invisible to 255 for opaque.

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
        # If one pixel of four is known, the coarser pixel is known.
        coarse = fill(colors, np.minimum(4 * shares, 1))
        coarse = [doubled(plane, height, width) for plane in coarse]
    return [c + weights * (p - c) for c, p in zip(coarse, planes, strict=True)]


def halved(plane: np.ndarray) -> np.ndarray:
    """Return the means of 2×2 pixels (of fewer at an odd border), float32."""
    return np.asarray(Image.fromarray(plane).reduce(2))


def doubled(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a `halved` channel enlarged to its former size, bilinear, float32."""
    size, box = (width, height), (0, 0, width / 2, height / 2)
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR, box))
