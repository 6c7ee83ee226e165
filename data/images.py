"""One picture: read it, resize it, write it.

Pixels are float32 RGB arrays, (height, width, 3), values in 0-255, in sRGB.
"""

import contextlib
import dataclasses
import importlib.util
import io
import os
import warnings

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from fusion_style.data.exif import DAMAGE, kept_exif, orientation_of, turn_upright
from fusion_style.files import replacing

EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif",
)  # fmt: skip
WRITABLE = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG",
    ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class PictureError(ValueError):
    """A file that cannot be read as a picture; the message says why."""


@dataclasses.dataclass
class Picture:
    """A picture and what travels with it.

    Attributes:
        pixels: float32 RGB (height, width, 3), 0-255, upright, in sRGB.
        alpha: uint8 (height, width), or None where the file has none.
        exif: the EXIF block as bytes, without orientation; may be empty.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    exif: bytes = b""


@contextlib.contextmanager
def open_image(source):
    """The Pillow image in a file, by its content whatever its extension.

    Args:
        source: a path, or the file's bytes.

    Raises:
        PictureError: whatever is wrong with it, here or while the caller reads.
    """
    name = "the picture" if isinstance(source, bytes) else os.fspath(source)
    try:
        if not isinstance(source, bytes):
            if os.path.isdir(source):
                raise PictureError(f"{name} is a directory, not a picture")
            if not os.path.exists(source):
                raise PictureError(f"{name} does not exist")
            if os.path.getsize(source) == 0:
                raise PictureError(f"{name} is empty (0 bytes)")
        with warnings.catch_warnings():
            # Pillow warns above 89 megapixels and refuses above 179: only that counts.
            warnings.simplefilter("ignore")
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            with Image.open(file) as image:
                yield image
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(
            f"{name} is not a picture in a format that can be read "
            "(JPEG, PNG, WebP, TIFF, BMP, GIF)"
        ) from None
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"{name} declares more pixels than the 179 megapixels that are read "
            f"({error}); make it smaller first"
        ) from None
    except FileNotFoundError:  # it disappeared between one line and the next
        raise PictureError(f"{name} does not exist") from None
    except PermissionError:
        raise PictureError(f"{name} may not be read (no permission)") from None
    except DAMAGE as error:
        raise PictureError(f"{name} is damaged or incomplete: {error}") from None


def to_rgb(image):
    """A Pillow image of any mode as 8-bit RGB in sRGB: the picture that a person sees.

    16-bit values are scaled, not clipped; palettes are looked up; CMYK and other
    color spaces go through the embedded profile where there is one.
    """
    profile = image.info.get("icc_profile")
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.nan_to_num(np.asarray(image, np.float32))
        if image.mode != "F" or values.max() > 255:
            values = values / 257
        elif values.max() <= 1:
            values = values * 255
        return Image.fromarray(to_bytes(values)).convert("RGB")
    if image.mode in ("P", "PA", "1", "LA", "La", "RGBa"):
        image = image.convert("RGBA")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L", "LAB"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            plain = image.convert("RGB") if image.mode == "RGBA" else image
            return ImageCms.profileToProfile(plain, source, SRGB, outputMode="RGB")
    return image.convert("RGB")


def to_bytes(pixels):
    """Float pixels, 0-255, rounded to uint8; row by row, to copy no large picture."""
    rounded = np.empty(pixels.shape, np.uint8)
    for i in range(0, len(pixels), 512):
        rounded[i : i + 512] = np.clip(pixels[i : i + 512] + 0.5, 0, 255)
    return rounded


def alpha_of(image):
    """The alpha channel, uint8 (height, width), or None if everything is opaque."""
    if not image.has_transparency_data:
        return None
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return None if alpha.min() == 255 else alpha


def read_picture(source):
    """Reads a picture, upright, the first frame of an animation.

    Args:
        source: a path, or the file's bytes.

    Returns:
        A `Picture`.

    Raises:
        PictureError: if it cannot be read.
    """
    with open_image(source) as image:
        image.load()
        exif = kept_exif(image)
        upright = turn_upright(image, orientation_of(image))
        return Picture(
            pixels=np.asarray(to_rgb(upright), np.float32),
            alpha=alpha_of(upright),
            exif=exif,
        )


def fit_size(height, width, size, side=max):
    """(height, width) scaled so that the longer (or `min`: shorter) side is `size`."""
    scale = size / side(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resize(pixels, height, width):
    """Resizes float32 (height, width, 3) or (height, width), antialiased, 0-255 kept."""
    if pixels.shape[:2] == (height, width):
        return pixels
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    resized = [
        Image.fromarray(np.ascontiguousarray(planes[..., c], np.float32)).resize(
            (width, height), Image.Resampling.LANCZOS
        )
        for c in range(planes.shape[-1])
    ]
    stacked = np.clip(np.stack([np.asarray(p) for p in resized], axis=-1), 0, 255)
    return stacked[..., 0] if pixels.ndim == 2 else stacked


def write_picture(path, picture):
    """Writes a `Picture` in the format of the path's extension.

    The file appears whole or not at all. JPEG has no alpha: there the picture is
    laid over white.

    Raises:
        ValueError: for an extension that is not in `WRITABLE`.
        OSError: if the file cannot be written.
    """
    extension = os.path.splitext(path)[1].lower()
    if extension not in WRITABLE:
        raise ValueError(
            f"{path}: pictures are written as {', '.join(WRITABLE)}. "
            f"Received: {extension or 'no extension'}"
        )
    image = Image.fromarray(to_bytes(picture.pixels))
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(picture.alpha))
        if WRITABLE[extension] == "JPEG":
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
    options = {"exif": picture.exif} if picture.exif else {}
    if WRITABLE[extension] in ("JPEG", "WEBP"):
        options["quality"] = 95
    if WRITABLE[extension] == "JPEG":
        options["subsampling"] = 0  # strokes have sharp edges in color
    with replacing(path) as temporary:
        image.save(temporary, WRITABLE[extension], **options)


def sample_photographs():
    """Paths of photographs that scikit-image carries: the first NASA's astronaut
    Eileen Collins, in the public domain; a cat, a cup of coffee, a rocket."""
    package = importlib.util.find_spec("skimage").submodule_search_locations[0]
    names = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
    return [os.path.join(package, "data", name) for name in names]


def sample_photograph():
    """The path of the first of `sample_photographs`."""
    return sample_photographs()[0]
