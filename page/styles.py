"""Which styles the page offers: those that come along, and those that it learned."""

import base64
import os

import numpy as np

from fusion_style.data.images import (
    Picture,
    encode,
    fit_size,
    read_picture,
    resize,
    sample_photograph,
)
from fusion_style.files import sha256
from fusion_style.inference.engines.cache import cached
from fusion_style.models.shipped import shipped_styles
from fusion_style.page.painters import Painters

PAINTED, THUMBNAIL = 320, 160  # pixels: strokes are as large as in a small picture
LOOK = 1  # a number for the cache; another one has all thumbnails made again


class Styles:
    """Names of styles, and where each is.

    Args:
        learned: a folder whose style files are offered too; it may not be there.
    """

    def __init__(self, learned: str) -> None:
        self.learned = learned

    def paths(self) -> dict[str, str]:
        """Return {name: path of the style file}; those that were learned come last."""
        found = shipped_styles()
        files = sorted(os.listdir(self.learned)) if os.path.isdir(self.learned) else []
        for file in files:
            name, extension = os.path.splitext(file)
            if extension == ".keras" and not name.startswith("."):
                found.setdefault(name, os.path.join(self.learned, file))
        return found

    def path(self, name: str) -> str:
        """Return where a style is.

        Raises:
            ValueError: if there is none of that name; the message says which there are.
        """
        paths = self.paths()
        if name not in paths:
            raise ValueError(
                f"There is no style {name!r}. There are: {', '.join(paths) or 'none'}"
            )
        return paths[name]

    def free_path(self, name: str) -> str:
        """Return where a new style goes: name.keras, or name_2.keras if that is taken."""
        names, number = self.paths(), 1
        free = name
        while free in names:
            number += 1
            free = f"{name}_{number}"
        return os.path.join(self.learned, f"{free}.keras")


def title(name: str) -> str:
    """Return a style's name as people read it: "The scream" of the_scream."""
    return name.replace("_", " ").capitalize()


def thumbnail(path: str, painters: Painters) -> str:
    """Return the sample photograph in a style, as an address that holds its data.

    Args:
        path: of the style file. What is made of it is kept in the user's cache.
        painters: who paints it.

    Raises:
        ValueError: if it is no style file.
    """

    def paint() -> bytes:
        pixels = read_picture(sample_photograph()).pixels
        height, width = pixels.shape[:2]
        height, width = fit_size(height, width, PAINTED)
        with painters.lent(path) as stylizer:
            painted = stylizer.paint(np.ascontiguousarray(resize(pixels, height, width)))
        small = resize(painted, *fit_size(height, width, THUMBNAIL))
        return encode("thumbnail.jpg", Picture(small))

    data = cached(f"thumbnail {LOOK} {PAINTED} {THUMBNAIL} {sha256(path)}", paint)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
