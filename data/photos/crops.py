"""Scale a photograph, and cut square crops out of it.

All crops of a photograph have the same scale. So a photograph is decoded and scaled only
once, and can be kept for later crops.
"""

import math

import numpy as np
from PIL import Image

from fusion_style.data.exif import orientation_of, turn_upright
from fusion_style.data.modes import to_rgb
from fusion_style.data.opening import PictureError, Source, open_image

FINEST = 1024  # scales are multiples of 1/1024, which Pillow's float32 boxes hold exactly
BILINEAR = Image.Resampling.BILINEAR


class ScaledPhotograph:
    """Decode and scale a photograph for crops of `size` × `size` pixels.

    A crop shows a square of `side` × `side` pixels of the original photograph. `side` is
    between half of the photograph's shorter side and all of it, and at least `size`. So the
    network sees things at many scales. Only photographs smaller than `size` are enlarged.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size if that is large enough.

    Args:
        source: a path, or the file's bytes.
        size: side of the crops in pixels.
        share: in [0, 1): 0 for the smallest `side`, towards 1 for the largest.

    Attributes:
        height, width: of the scaled photograph, in pixels, both at least `size`.

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
        # Decoded pixels along the side of one scaled pixel, times FINEST.
        self.step = side * min(self.image.size) * FINEST // (short * size)
        self.width, self.height = (n * FINEST // self.step for n in self.image.size)

    def whole(self) -> np.ndarray:
        """Return the scaled photograph: uint8 RGB (height, width, 3)."""
        return self.resample(0, 0, self.height, self.width)

    def crop(self, top: int, left: int, size: int) -> np.ndarray:
        """Return a crop, uint8 RGB (size, size, 3): bit for bit that part of `whole()`."""
        return self.resample(top, left, size, size)

    def resample(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """Return a part, uint8 RGB (height, width, 3): bit for bit that of `whole()`."""
        x0, x1 = (n * self.step / FINEST for n in (left, left + width))
        y0, y1 = (n * self.step / FINEST for n in (top, top + height))
        # Two passes in a fixed order, because Pillow's own order depends on the shape of
        # the box. The bilinear filter reaches one step to each side, but at least one
        # pixel.
        reach = max(1, self.step / FINEST)
        upper = max(0, math.floor(y0 - reach))
        lower = min(self.image.height, math.ceil(y1 + reach))
        strip = self.image.crop((0, upper, self.image.width, lower))
        strip = strip.resize((width, strip.height), BILINEAR, (x0, 0, x1, strip.height))
        box = (0, y0 - upper, width, y1 - upper)
        return np.asarray(strip.resize((width, height), BILINEAR, box))


def decode(image: Image.Image, shrink: int) -> Image.Image:
    """Return an open Pillow image as upright RGB, its sides divided by `shrink`.

    Args:
        image: not decoded yet.
        shrink: a power of two.
    """
    width = image.width
    if image.mode in ("RGB", "L"):  # a JPEG, while it is being decoded
        image.draft("RGB", (max(1, image.width // shrink), max(1, image.height // shrink)))
    rest = shrink // round(width / image.width)
    decoded = to_rgb(image)
    decoded = decoded.reduce(rest) if rest > 1 else decoded
    return turn_upright(decoded, orientation_of(image))


class KeptPhotograph:
    """Cut crops out of a photograph that was decoded and scaled before.

    Args:
        pixels: uint8 RGB (height, width, 3), from `ScaledPhotograph.whole`.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def crop(self, top: int, left: int, size: int) -> np.ndarray:
        """Return a crop: uint8 RGB (size, size, 3)."""
        return self.pixels[top : top + size, left : left + size]


def mirrored(square: np.ndarray) -> np.ndarray:
    """Return a picture with left and right exchanged: uint8 RGB (height, width, 3).

    The channels are mirrored one by one, which is five times as fast in NumPy.
    """
    return np.stack([square[:, ::-1, channel] for channel in range(3)], axis=-1)
