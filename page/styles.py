"""The styles that the page offers: the shipped ones, and those that it has learned."""

import base64
import dataclasses
import os
from collections.abc import Sequence

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
from fusion_style.models.choice import StyleChoice, each_painting
from fusion_style.models.conditions import Condition, read_conditions, strokes_of
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import StyleFileError
from fusion_style.page.painters import Painters

PAINTED, THUMBNAIL = 320, 160  # pixels; the strokes are those of a small picture
LOOK = 1  # part of the cache's key; with another number, all thumbnails are made again


class Styles:
    """The names of the styles, and the files that they are in.

    A file of one painting is a style, and so is each painting in a file of several.

    Args:
        learned: a folder whose style files are offered, too; it need not exist.
    """

    def __init__(self, learned: str) -> None:
        self.learned = learned
        # {(path, time, size): its conditions}: a webcam needs them ten times a second.
        self.known: dict[tuple[str, int, int], tuple[Condition, ...]] = {}

    def paths(self) -> dict[str, str]:
        """Return {name: path of the style file}; those that were learned come last."""
        found = shipped_styles()
        files = sorted(os.listdir(self.learned)) if os.path.isdir(self.learned) else []
        for file in files:
            name, extension = os.path.splitext(file)
            if extension == ".keras" and not name.startswith("."):
                found.setdefault(name, os.path.join(self.learned, file))
        return found

    def choices(self) -> dict[str, StyleChoice]:
        """Return {name: choice} of all styles.

        A painting in a file of several has its own name; the file's name goes before it if
        another style already has that name.
        """
        singles, several = {}, {}
        for file, path in self.paths().items():
            conditions = self.conditions(path)
            # A file that can't be read has none: whoever chooses it gets the error message.
            if len(strokes_of(conditions)) < 2:
                singles[file] = StyleChoice(path, (), file)
                continue
            for choice in each_painting(path, conditions):
                several[(file, choice.name)] = choice
        found = dict(singles)
        for (file, painting), choice in several.items():
            name = f"{file}-{painting}" if painting in found else painting
            found.setdefault(name, dataclasses.replace(choice, name=name))
        return found

    def choice(self, name: str) -> StyleChoice:
        """Return the choice of a style.

        Raises:
            ValueError: if there is no style of that name; the message lists all names.
        """
        choices = self.choices()
        if name not in choices:
            raise ValueError(
                f"There is no style {name!r}. There are: {', '.join(choices) or 'none'}"
            )
        return choices[name]

    def path(self, name: str) -> str:
        """Return the path of the file that a style is in; raises as `choice` does."""
        return self.choice(name).path

    def mix(self, one: str, other: str, share: float) -> StyleChoice | None:
        """Return the choice of a mix of two styles; None if they are in different files.

        Args:
            one, other: their names.
            share: of `other` in the mix, 0 to 1.

        Raises:
            ValueError: if there is no such style, or if the share is not possible.
        """
        first, second = self.choice(one), self.choice(other)
        if not 0 <= share <= 1:
            raise ValueError(f"share must be a number from 0 to 1. Received: {share}")
        if first.path != second.path or not first.weights or first == second:
            return None
        (a, _), (b, _) = first.weights[0], second.weights[0]
        weights = ((a, 1 - share), (b, share))
        return StyleChoice(first.path, weights, f"{one}-{other}")

    def strokes(self, name: str) -> list[int]:
        """Return the sizes of strokes that a style has learned, the smallest first.

        Raises:
            ValueError: if there is no such style.
        """
        choice = self.choice(name)
        strokes = strokes_of(self.conditions(choice.path))
        paintings = [painting for painting, _ in choice.weights] or list(strokes)
        return list(strokes[paintings[0]]) if paintings else []

    def conditions(self, path: str) -> Sequence[Condition]:
        """Return the conditions of a style file; none if it can't be read."""
        try:
            found = os.stat(path)
            key = (path, found.st_mtime_ns, found.st_size)
            if key not in self.known:
                self.known[key] = read_conditions(path)
            return self.known[key]
        except (StyleFileError, OSError):
            return ()

    def free_path(self, name: str) -> str:
        """Return the path for a new style: name.keras, or name_2.keras if that exists."""
        names, number = {*self.paths(), *self.choices()}, 1
        free = name
        while free in names:
            number += 1
            free = f"{name}_{number}"
        return os.path.join(self.learned, f"{free}.keras")


def title(name: str) -> str:
    """Return a style's name for people: "The scream" for the_scream."""
    return name.replace("_", " ").capitalize()


def thumbnail(choice: StyleChoice, painters: Painters) -> str:
    """Return the sample photograph in a style, as a data URL; it is kept in the cache.

    Args:
        choice: of the style.
        painters: lend the Stylizer.

    Raises:
        ValueError: if it is not a style.
    """

    def paint() -> bytes:
        pixels = read_picture(sample_photograph()).pixels
        height, width = pixels.shape[:2]
        height, width = fit_size(height, width, PAINTED)
        with painters.lent(choice) as stylizer:
            painted = stylizer.paint(np.ascontiguousarray(resize(pixels, height, width)))
        small = resize(painted, *fit_size(height, width, THUMBNAIL))
        return encode("thumbnail.jpg", Picture(small))

    which = sha256(choice.path)
    if choice.weights:
        which = f"{which} {choice.weights}"
    data = cached(f"thumbnail {LOOK} {PAINTED} {THUMBNAIL} {which}", paint)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
