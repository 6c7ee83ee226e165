"""Read a picture's EXIF block: its orientation, and the tags to copy."""

import struct

from PIL import Image

ORIENTATION = 0x0112
# Tags that describe the photograph, not its file: description, make, model, resolution,
# software, date, artist, copyright; camera; place.
KEPT_TAGS = (0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B, 0x8298)
KEPT_BLOCKS = {0x8769: "camera", 0x8825: "place"}
MAKER_NOTE, INTEROPERABILITY = 0x927C, 0xA005
LARGEST_EXIF = 65_533  # bytes, in a JPEG
# The errors that Pillow raises for files that do not follow their format.
DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, struct.error,
    IndexError, KeyError, TypeError, ArithmeticError, MemoryError, RuntimeError,
)  # fmt: skip


def kept_exif(image: Image.Image) -> bytes:
    """Return the EXIF block to copy, as bytes; empty if there is none or it is damaged."""
    try:
        exif, kept = image.getexif(), Image.Exif()
        for tag in KEPT_TAGS:
            if tag in exif:
                kept[tag] = exif[tag]
        for block in KEPT_BLOCKS:
            tags = dict(exif.get_ifd(block))
            tags.pop(MAKER_NOTE, None)
            tags.pop(INTEROPERABILITY, None)
            if tags:
                kept[block] = tags
        content = kept.tobytes() if len(kept) else b""
    except DAMAGE:
        return b""
    return content if len(content) <= LARGEST_EXIF else b""


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation of a Pillow image, 1 to 8; 1, upright, if it has none."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except DAMAGE:
        return 1


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the Pillow image turned upright, from its EXIF orientation."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image
