"""One picture: read it, resize it, write it.

Pixels are float32 RGB arrays, (height, width, 3), values in 0-255, in sRGB.
"""

import dataclasses
import importlib.util
import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from fusion_style.data.exif import kept_exif, orientation_of, turn_upright
from fusion_style.data.modes import alpha_of, to_bytes, to_rgb
from fusion_style.data.opening import PictureError as PictureError
from fusion_style.data.opening import Source, open_image
from fusion_style.files import write_bytes

EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif",
)  # fmt: skip
WRITABLE = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG",
    ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF",
}  # fmt: skip
LARGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # pixels


@dataclasses.dataclass
class Picture:
    """A picture with its transparency and its EXIF data.

    Attributes:
        pixels: float32 RGB (height, width, 3), 0-255, upright, in sRGB. Where alpha is
            0, `read_picture` fills in colors of visible pixels nearby.
        alpha: uint8 (height, width), or None if the picture is opaque.
        exif: the EXIF block as bytes, without orientation; may be empty.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    exif: bytes = b""


def read_picture(source: Source, name: str | None = None) -> Picture:
    """Read a picture, upright and in sRGB. Of an animation, read the first frame.

    Args:
        source: a path, or the file's bytes.
        name: of bytes, for messages.

    Raises:
        PictureError: if the picture cannot be read.
    """
    with open_image(source, name) as image:
        image.load()
        exif = kept_exif(image)
        upright = turn_upright(image, orientation_of(image))
        return Picture(
            pixels=np.asarray(to_rgb(upright), np.float32),
            alpha=alpha_of(upright),
            exif=exif,
        )


def fit_size(
    height: int, width: int, size: float, side: Callable[[int, int], int] = max
) -> tuple[int, int]:
    """Return (height, width), scaled so that one side is `size` pixels.

    Args:
        height, width: in pixels.
        size: in pixels.
        side: which one: `max` for the longer side, `min` for the shorter side.
    """
    scale = size / side(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return pixels at another size, antialiased (Lanczos).

    Args:
        pixels: RGB (height, width, 3) or one channel (height, width), 0-255.
        height, width: of the result, in pixels.

    Returns:
        float32 array of that size, 0-255; `pixels` unchanged if it has that size already.
    """
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


def write_picture(path: str | os.PathLike[str], picture: Picture) -> None:
    """Write a picture in the format that the path's extension names.

    The file is written completely or not at all. JPEG has no alpha: a JPEG shows the
    picture on a white background.

    Args:
        path: ends in one of `WRITABLE`.
        picture: its pixels are rounded to 8 bits.

    Raises:
        ValueError: for an extension that is not in `WRITABLE`, or a picture that is too
            large for the format.
        OSError: if the file cannot be written.
    """
    # Encode to memory first: several of Pillow's encoders don't notice a full disk.
    write_bytes(path, encode(path, picture))


def encode(path: str | os.PathLike[str], picture: Picture) -> bytes:
    """Return the bytes of the file that `write_picture` writes; raise its ValueErrors."""
    extension = os.path.splitext(path)[1].lower()
    if extension not in WRITABLE:
        raise ValueError(
            f"{path}: pictures are written as {', '.join(WRITABLE)}. "
            f"Received: {extension or 'no extension'}"
        )
    image, kind = Image.fromarray(to_bytes(picture.pixels)), WRITABLE[extension]
    if max(image.size) > LARGEST_SIDE.get(kind, np.inf):
        raise ValueError(
            f"{path}: a {kind} has at most {LARGEST_SIDE[kind]:,} pixels on a side. "
            f"Received: {image.width:,}×{image.height:,}. Write a .png or .tif"
        )
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(picture.alpha))
        if kind == "JPEG":
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
    options: dict[str, Any] = {"exif": picture.exif} if picture.exif else {}
    if kind in ("JPEG", "WEBP"):
        options["quality"] = 95
    if kind == "JPEG":
        options["subsampling"] = 0  # strokes have sharp edges in color
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def sample_photographs() -> list[str]:
    """Return the paths of four photographs that come with scikit-image.

    The first is NASA's astronaut Eileen Collins, in the public domain. The others are a
    cat, a cup of coffee and a rocket.
    """
    spec = importlib.util.find_spec("skimage")  # found without the slow import
    package = os.path.dirname(str(spec and spec.origin))
    names = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
    return [os.path.join(package, "data", name) for name in names]


def sample_photograph() -> str:
    """Return the path of the first of `sample_photographs`."""
    return sample_photographs()[0]
