"""A photograph at the scale of its crops, and squares cut out of it.

The scale belongs to the photograph, not to the crop: so a photograph that was
decoded and scaled once can be kept, and later crops are cut out of it as they are.
"""

import math

import numpy as np
from PIL import Image

from fusion_style.data.exif import orientation_of, turn_upright
from fusion_style.data.modes import to_rgb
from fusion_style.data.opening import PictureError, Source, open_image

FINEST = 1024  # scales are multiples of 1/1024: exact in Pillow's float32 boxes
BILINEAR = Image.Resampling.BILINEAR


class ScaledPhotograph:
    """A photograph at the scale at which squares of `size` pixels are cut out of it.

    Such a square shows `side` pixels of the photograph's shorter side, where `side`
    lies between half of the shorter side and all of it, and is at least `size`: so
    the network sees things at many scales, and nothing is enlarged, but photographs
    smaller than `size`.

    Decoded no larger than needed: a JPEG at 1/2, 1/4 or 1/8 of its size where that
    serves.

    Args:
        source: a path, or the file's bytes.
        size: side of the crops in pixels.
        share: in [0, 1), from the smallest `side` to the largest.

    Attributes:
        height, width: of the whole photograph at that scale, both at least `size`.

    Raises:
        PictureError: if the photograph cannot be read.
    """

    def __init__(self, source: Source, size: int, share: float) -> None:
        with open_image(source) as image:
            short = min(image.size)
            if short * FINEST < size:
                raise PictureError(f"the photograph is too small for crops of {size}")
            least = max(min(size, short), short // 2)
            side = least + int(share * (short - least + 1))
            shrink = 1
            while 2 * shrink * size <= side:
                shrink *= 2
            self.image = decode(image, shrink)
        # Pixels of the decoded picture in one of the scaled picture, times FINEST.
        self.step = side * min(self.image.size) * FINEST // (short * size)
        self.width, self.height = (n * FINEST // self.step for n in self.image.size)

    def whole(self) -> np.ndarray:
        """Return all of it: uint8 RGB (height, width, 3)."""
        return self.resample(0, 0, self.height, self.width)

    def crop(self, top: int, left: int, size: int) -> np.ndarray:
        """Return a square of `whole()`, to the bit, without the rest."""
        return self.resample(top, left, size, size)

    def resample(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """Return a part of `whole()`, to the bit: uint8 RGB (height, width, 3)."""
        x0, x1 = (n * self.step / FINEST for n in (left, left + width))
        y0, y1 = (n * self.step / FINEST for n in (top, top + height))
        # One pass after the other: Pillow's own order depends on the box's shape. A
        # pixel's triangle reaches as far as the step, or one pixel, to each side.
        reach = max(1, self.step / FINEST)
        upper = max(0, math.floor(y0 - reach))
        lower = min(self.image.height, math.ceil(y1 + reach))
        strip = self.image.crop((0, upper, self.image.width, lower))
        strip = strip.resize((width, strip.height), BILINEAR, (x0, 0, x1, strip.height))
        box = (0, y0 - upper, width, y1 - upper)
        return np.asarray(strip.resize((width, height), BILINEAR, box))


def decode(image: Image.Image, shrink: int) -> Image.Image:
    """Return an open Pillow image as upright RGB, its sides divided by a power of two."""
    width = image.width
    if image.mode in ("RGB", "L"):  # a JPEG, while it is being decoded
        image.draft("RGB", (max(1, image.width // shrink), max(1, image.height // shrink)))
    rest = shrink // round(width / image.width)
    decoded = to_rgb(image)
    decoded = decoded.reduce(rest) if rest > 1 else decoded
    return turn_upright(decoded, orientation_of(image))


class KeptPhotograph:
    """What `ScaledPhotograph.whole` gave, to cut squares out of.

    Args:
        pixels: uint8 RGB (height, width, 3).
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def crop(self, top: int, left: int, size: int) -> np.ndarray:
        """Return a square of it: uint8 RGB (size, size, 3)."""
        return self.pixels[top : top + size, left : left + size]


def mirrored(square: np.ndarray) -> np.ndarray:
    """Return a picture with left and right exchanged: uint8 RGB (height, width, 3).

    Plane by plane: NumPy takes five times as long to turn the pixels as they lie.
    """
    return np.stack([square[:, ::-1, channel] for channel in range(3)], axis=-1)
