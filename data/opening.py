"""Open a file as a Pillow image, or say what is wrong with it."""

import contextlib
import io
import os
import warnings
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from fusion_style.data.decoder_noise import caught_noise, tell
from fusion_style.data.exif import DAMAGE
from fusion_style.data.kinds import FORMATS, HEAD, kind_of, not_a_file

Source = str | os.PathLike[str] | bytes


class PictureError(ValueError):
    """A file that cannot be read as a picture; the message says why."""


@contextlib.contextmanager
def open_image(source: Source, name: str | None = None) -> Iterator[Image.Image]:
    """Yield the Pillow image in a file. The file's content counts, not its extension.

    Args:
        source: a path, or the file's bytes.
        name: of bytes, for messages.

    Raises:
        PictureError: for every error with the file, here or in the caller's block.
    """
    if name is None:
        name = "the picture" if isinstance(source, bytes) else os.fspath(source)
    noise: list[str] = []
    try:
        check_kind(name, source)
        with warnings.catch_warnings():
            # Pillow warns above 89 megapixels and refuses above 179. The warning is hidden.
            warnings.simplefilter("ignore")
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            with Image.open(file) as image:
                if image.format in FORMATS:
                    raise PictureError(f"{name} is {FORMATS[image.format]}, not a picture")
                if image.format == "TIFF":  # the other decoders print nothing
                    with caught_noise() as noise:
                        image.load()
                yield image
        if noise:
            tell(name, noise[0], len(noise) - 1)
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
    except FileNotFoundError:  # the file disappeared after it was checked
        raise PictureError(f"{name} does not exist") from None
    except PermissionError:
        raise PictureError(f"{name} may not be read (no permission)") from None
    except DAMAGE as error:
        said = f" ({noise[0]})" if noise else ""
        raise PictureError(f"{name} is damaged or incomplete: {error}{said}") from None


def check_kind(name: str, source: Source) -> None:
    """Check that a source is a file, and that its first bytes may be a picture's.

    Raises:
        PictureError: if not; the message says what it is instead.
        OSError: if the file cannot be read.
    """
    if isinstance(source, bytes):
        wrong = None if source else "is empty (0 bytes)"
        head = source[:HEAD]
    else:
        wrong, head = not_a_file(name), b""
        if not wrong:
            with open(source, "rb") as file:
                head = file.read(HEAD)
    if wrong:
        raise PictureError(f"{name} {wrong}")
    kind = kind_of(head)
    if kind:
        raise PictureError(f"{name} is {kind}, not a picture in a format that can be read")
