"""Contact sheets: several small pictures on one sheet, with captions."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fusion_style.data.images import fit_size, resize, to_bytes

GAP, CAPTION = 8, 24


def contact_sheet(
    pictures: Sequence[np.ndarray],
    captions: Sequence[str] | None = None,
    columns: int | None = None,
    size: int = 384,
) -> np.ndarray:
    """Return a sheet with pictures laid out in rows.

    Args:
        pictures: float32 RGB (height, width, 3) each, 0-255.
        captions: a text for each picture, written below it; None for no captions.
        columns: pictures in a row; by default about as many as there are rows.
        size: longer side of each picture on the sheet, in pixels.

    Returns:
        float32 RGB (height, width, 3), 0-255.
    """
    columns = columns or int(np.ceil(np.sqrt(len(pictures))))
    shrunk = [resize(p, *fit_size(p.shape[0], p.shape[1], size)) for p in pictures]
    height = max(p.shape[0] for p in shrunk) + (CAPTION if captions else 0) + GAP
    width = max(p.shape[1] for p in shrunk) + GAP
    rows = -(-len(shrunk) // columns)
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for i, pixels in enumerate(shrunk):
        left, top = GAP + i % columns * width, GAP + i // columns * height
        picture = Image.fromarray(to_bytes(pixels))
        sheet.paste(picture, (left, top))
        if captions:
            draw.text((left, top + picture.height + 2), captions[i], "black", font)
    return np.asarray(sheet, np.float32)
