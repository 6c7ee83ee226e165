"""Convert Pillow's images of any mode to RGB and alpha, as a screen shows them."""

import contextlib
import io

import numpy as np
from PIL import Image, ImageCms

from fusion_style.data.transparency import VISIBLE, fill_invisible

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
DEEP = ("I;16", "I;16B", "I;16L", "I", "F")  # one channel of more than 8 bits
# Modes that store color in another way, and the modes to convert them to.
PLAIN = {"P": "RGB", "PA": "RGB", "1": "L", "LA": "L", "La": "LA", "RGBA": "RGB"}


def to_bytes(pixels: np.ndarray) -> np.ndarray:
    """Return float pixels, 0-255, rounded to uint8.

    Rows are converted in groups, so that a large picture is not copied as a whole.
    """
    rounded = np.empty(pixels.shape, np.uint8)
    for i in range(0, len(pixels), 512):
        rounded[i : i + 512] = np.clip(pixels[i : i + 512] + 0.5, 0, 255)
    return rounded


def to_rgb(image: Image.Image) -> Image.Image:
    """Return an image as 8-bit RGB in sRGB, as a screen shows it.

    16-bit values are scaled, not clipped. Palettes are looked up. CMYK and other color
    spaces are converted with the embedded profile, if there is one. Transparent pixels are
    filled with visible colors: see `data.transparency`. This is done here because every
    picture passes through this function. So no photograph and no painting depends on
    invisible colors, in training, optimizing or painting.
    """
    alpha = alpha_of(image)
    image = colors_of(image)
    if alpha is None or alpha.min() >= VISIBLE:
        return image
    filled = fill_invisible(np.asarray(image, np.float32), alpha)
    return Image.fromarray(to_bytes(filled))


def colors_of(image: Image.Image) -> Image.Image:
    """Return an image as 8-bit RGB in sRGB, with the colors of transparent pixels."""
    if image.mode in DEEP:
        return Image.fromarray(to_bytes(scaled(image))).convert("RGB")
    profile = image.info.get("icc_profile")
    while image.mode in PLAIN:
        image = image.convert(PLAIN[image.mode])
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return in_srgb(image, source)
    if image.mode == "LAB":  # `convert` cannot read it
        return in_srgb(image, LAB)
    return image.convert("RGB")


def in_srgb(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """Convert an image from the color space `source` to RGB in sRGB.

    Raises:
        ImageCms.PyCMSError: if the profile doesn't fit the image's mode.
    """
    found = ImageCms.profileToProfile(image, source, SRGB, outputMode="RGB")
    assert found is not None  # it is None only for a change in place
    return found


def scaled(image: Image.Image) -> np.ndarray:
    """Return the values of an image of a mode in `DEEP`: float32 (height, width), 0-255."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    largest = values.max()
    if image.mode == "F" and largest <= 255:
        return values * 255 if largest <= 1 else values
    return values / 257 if largest <= 65535 else values * np.float32(255 / (2**31 - 1))


def alpha_of(image: Image.Image) -> np.ndarray | None:
    """Return the alpha channel, uint8 (height, width), or None if all is opaque."""
    if not image.has_transparency_data:
        return None
    if image.mode in DEEP:  # one gray value means "transparent"
        transparent = np.asarray(image) == image.info["transparency"]
        alpha = np.where(transparent, 0, 255).astype(np.uint8)
    else:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return None if alpha.min() == 255 else alpha
