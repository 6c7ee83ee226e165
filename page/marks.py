"""Masks that a visitor paints on a photograph with a brush."""

import numpy as np

from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.data.modes import to_bytes
from fusion_style.page.limits import check_picture
from fusion_style.page.studio import Studio

SIDE = 800  # pixels, the longer side of the canvas; a mask is scaled to its picture


def canvas(path: str | None, studio: Studio) -> np.ndarray | None:
    """Return a smaller copy of a photograph to mark on; None if it cannot be painted.

    Args:
        path: of the photograph.
        studio: whose limits count.

    Returns:
        uint8 RGB (height, width, 3).
    """
    if not path:
        return None
    try:
        check_picture(path, studio.config)
        pixels = read_picture(path).pixels
    except (ValueError, OSError, MemoryError):
        return None  # painting it gives the error message
    height, width = pixels.shape[:2]
    if max(height, width) > SIDE:
        pixels = resize(pixels, *fit_size(height, width, SIDE))
    return to_bytes(pixels)


def mask_of_marks(edited: dict | None) -> np.ndarray | None:
    """Return the mask that the layers of a `gr.ImageEditor` make.

    Args:
        edited: the value of the editor, with uint8 RGBA layers (height, width, 4).

    Returns:
        uint8 (height, width): the layers' brightest channel where they are opaque, and 0
        where nothing is marked. None if nothing is marked anywhere.

    Raises:
        ValueError: if the layers differ in size.
    """
    layers = [np.asarray(layer) for layer in (edited or {}).get("layers") or ()]
    if not layers:
        return None
    if len({layer.shape[:2] for layer in layers}) > 1:
        raise ValueError("The layers of a mask must all have the same size")
    shares = [layer[..., :3].max(-1) / np.float32(255) * layer[..., 3] for layer in layers]
    mask = to_bytes(np.maximum.reduce(shares))
    return mask if mask.any() else None
