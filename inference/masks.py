"""Masks, which choose the style of each pixel.

The whole picture is painted twice, and the mask blends the two results. So strokes do not
stop at the edge of the mask, and norms see the whole photograph. Another way would be a γ
and β for each pixel, but it needs both paintings in one file, and norms that no engine has.
"""

import dataclasses

import numpy as np
from PIL import Image, ImageFilter

from fusion_style.data.images import PictureError, read_picture
from fusion_style.data.modes import to_bytes

# The deviation of the blur of a mask, as a share of the picture's shorter side. Without it,
# a hard edge in the mask would show as a seam.
SOFTENED = 1 / 200
ASPECT = 0.01  # relative difference of the aspect ratios that is allowed, beyond rounding
GRAY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@dataclasses.dataclass(frozen=True)
class Mask:
    """The share of the first style in each pixel.

    Attributes:
        values: uint8 (height, width); 255 is the first style alone.
        name: of the file, for error messages.
    """

    values: np.ndarray
    name: str = "the mask"

    def fitted(self, height: int, width: int) -> np.ndarray:
        """Return the mask, resized for a picture.

        Returns:
            float32 (height, width, 1), 0 to 1, with soft edges.

        Raises:
            ValueError: if the picture has another aspect ratio than the mask.
        """
        rows, columns = self.values.shape
        rounding = sum(0.5 / n for n in (rows, columns, height, width))
        if abs(np.log(rows * width / (columns * height))) > ASPECT + rounding:
            raise ValueError(
                f"{self.name} has {columns}×{rows} pixels, the picture {width}×{height}: "
                "they must have the same aspect ratio"
            )
        image = Image.fromarray(self.values)
        # Lanczos would add lighter and darker lines along the edges.
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        blur = ImageFilter.GaussianBlur(SOFTENED * min(height, width))
        return np.asarray(image.filter(blur), np.float32)[..., None] / 255


def mask_of(values: np.ndarray) -> Mask:
    """Return a mask from an array.

    Args:
        values: booleans or numbers from 0 to 255, (height, width).

    Raises:
        ValueError: for another shape, or numbers that are not finite.
    """
    values = np.asarray(values)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"A mask must be an array (height, width). Received: {values.shape}"
        )
    if values.dtype == bool:
        return Mask(np.where(values, np.uint8(255), np.uint8(0)))
    if not np.isfinite(values).all():
        raise ValueError("A mask must have finite numbers from 0 to 255")
    return Mask(to_bytes(values.astype(np.float32)))


def read_mask(path: str, beside: str = "left as it is") -> Mask:
    """Return a mask from a picture: its brightness; transparent parts are black.

    Args:
        path: of the picture.
        beside: what happens to black parts, for error messages.

    Raises:
        PictureError: if the picture cannot be read, or is white or black everywhere.
    """
    picture = read_picture(path)
    values: np.ndarray = picture.pixels @ GRAY
    if picture.alpha is not None:
        values = values * (picture.alpha / np.float32(255))
    found = Mask(to_bytes(values), path)
    for level, color, rest in ((255, "white", "painted"), (0, "black", beside)):
        if (found.values == level).all():
            raise PictureError(
                f"{path} masks nothing: it is {color} everywhere, so that all of the "
                f"picture would be {rest}"
            )
    return found


def blend(white: np.ndarray, black: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return white · shares + black · (1 - shares), for pixels and a fitted mask."""
    return black + shares * (white - black)
