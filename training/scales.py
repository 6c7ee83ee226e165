"""From small to large: the sizes a picture is optimised at, and what each begins with."""

import numpy as np

from data.images import fit_size, read_picture, resize

SMALLEST = 16  # pixels: VGG halves a picture three times before relu4_1


def sizes(height, width, size, scales=1, scale_factor=2.0):
    """[(height, width)], the last with a longer side of `size`, each before it smaller.

    Sizes whose shorter side would be below 16 pixels are left out.

    Args:
        height, width: of the photograph.
        size: longer side of the result in pixels; None for the photograph's own.
        scales: how many sizes.
        scale_factor: how much smaller each is than the next.

    Raises:
        ValueError: if the result itself is too narrow for a loss network.
    """
    size = size or max(height, width)
    sides = [size / scale_factor**i for i in reversed(range(scales))]
    found = [fit_size(height, width, side) for side in sides]
    if min(found[-1]) < SMALLEST:
        raise ValueError(
            f"The shorter side must have at least {SMALLEST} pixels. The picture would "
            f"have {found[-1][1]}×{found[-1][0]}: give a larger --size"
        )
    return [shape for shape in found if min(shape) >= SMALLEST]


def first_pixels(start, photograph, seed=0):
    """What the optimisation begins with, as large as `photograph`.

    Args:
        start: "photo", "noise" (white, uniform) or the path of a picture.
        photograph: float32 RGB (height, width, 3), 0-255.
        seed: of the noise.

    Raises:
        data.images.PictureError: if the file cannot be read.
    """
    if start == "photo":
        return photograph
    if start == "noise":
        rng = np.random.default_rng(seed)
        return rng.uniform(0, 255, photograph.shape).astype(np.float32)
    return resize(read_picture(start).pixels, *photograph.shape[:2])


def enlarge_changes(pixels, photograph, height, width):
    """A picture at the next scale, with the details that only the photograph has.

    What was changed at the small scale is enlarged and added to the large photograph
    (the octaves of Mordvintsev et al. 2015).

    Args:
        pixels: float32 RGB, the result at the small scale.
        photograph: float32 RGB at its full size.
    """
    large = resize(photograph, height, width)
    small = resize(photograph, *pixels.shape[:2])
    grey = 127.5  # differences, halved, fit into 0-255
    changes = resize((pixels - small) / 2 + grey, height, width)
    return np.clip(large + 2 * (changes - grey), 0, 255)
