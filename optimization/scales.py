"""The sizes at which a picture is optimized, and the first pixels at each size."""

import numpy as np

from fusion_style.data.images import fit_size, read_picture, resize


def sizes(
    height: int,
    width: int,
    size: float | None,
    scales: int = 1,
    scale_factor: float = 2.0,
    smallest: int = 16,
) -> list[tuple[int, int]]:
    """Return [(height, width)] from small to large. The last one's longer side is `size`.

    Sizes whose shorter side is less than `smallest` are left out.

    Args:
        height, width: of the photograph.
        size: longer side of the result in pixels; None for the photograph's own.
        scales: how many sizes.
        scale_factor: the ratio of each size to the one before.
        smallest: the smallest shorter side, in pixels, that the loss network can take.

    Raises:
        ValueError: if the last size is too small for the loss network.
    """
    size = size or max(height, width)
    found = [fit_size(height, width, size)]
    if min(found[0]) < smallest:
        raise ValueError(
            f"The shorter side must have at least {smallest} pixels for these layers. The "
            f"picture would have {found[0][1]}×{found[0][0]}: give a larger --size"
        )
    while len(found) < scales:
        size /= scale_factor
        shape = fit_size(height, width, size)
        if min(shape) < smallest:
            break
        found.insert(0, shape)
    return found


def first_pixels(start: str, photograph: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the pixels with which the optimization begins, as large as `photograph`.

    Args:
        start: "photo", "noise" (white, uniform) or the path of a picture.
        photograph: float32 RGB (height, width, 3), 0-255.
        seed: of the noise.

    Returns:
        float32 RGB (height, width, 3), 0-255.

    Raises:
        fusion_style.data.images.PictureError: if the file cannot be read.
    """
    if start == "photo":
        return photograph
    if start == "noise":
        rng = np.random.default_rng(seed)
        return rng.uniform(0, 255, photograph.shape).astype(np.float32)
    return resize(read_picture(start).pixels, *photograph.shape[:2])


def enlarge_changes(
    pixels: np.ndarray, photograph: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Return a result at the next scale, with the photograph's fine details.

    The changes that were made at the small scale are enlarged and added to the larger
    photograph (as in the octaves of Mordvintsev et al. 2015).

    Args:
        pixels: float32 RGB, 0-255, the result at the small scale.
        photograph: float32 RGB, 0-255, at its full size.
        height, width: of the next scale, in pixels.

    Returns:
        float32 RGB (height, width, 3), 0-255.
    """
    large = resize(photograph, height, width)
    small = resize(photograph, *pixels.shape[:2])
    gray = 127.5  # half differences around gray fit into 0-255
    changes = resize((pixels - small) / 2 + gray, height, width)
    return np.clip(large + 2 * (changes - gray), 0, 255)
