"""The lessons of a training: each painting at each stroke size."""

import csv
import functools
import json
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.models.conditions import Condition, stem

TABLES = ("paintings.json", "paintings.csv")  # beside the paintings
SAID = ("title", "painter", "year")


class SmallPaintingWarning(UserWarning):
    """The painting is smaller than --style_size, and must be enlarged."""


class Lesson(NamedTuple):
    """A painting at one stroke size.

    Attributes:
        path: of the painting.
        condition: describes the network's row for it.
    """

    path: str
    condition: Condition


def lessons(
    style: str | Sequence[str], style_size: int | Sequence[int]
) -> tuple[Lesson, ...]:
    """Return the lessons: each painting at each stroke size.

    Args:
        style: path of a painting or of a folder, or several.
        style_size: shorter side of the paintings in pixels, or several.

    Raises:
        ValueError: for two paintings with the same name, the same size twice, or a table
            that cannot be read.
        PictureError: for a folder without pictures.
    """
    paths = [path for one in as_tuple(style) for path in in_folder(one)]
    sizes = as_tuple(style_size)
    for what, names in (("paintings called", map(stem, paths)), ("strokes of", sizes)):
        name, count = Counter(names).most_common(1)[0]
        if count > 1:
            raise ValueError(f"There are {count} {what} {name}. They must be different")
    return tuple(
        Lesson(path, Condition(stem(path), size, os.path.basename(path), **told(path)))
        for path in paths
        for size in sizes
    )


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Return a setting that may be one value or several, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def in_folder(path: str) -> list[str]:
    """Return the pictures of a folder; for another path, the path itself."""
    return pictures_in(path) if os.path.isdir(path) else [path]


def told(path: str) -> dict[str, str]:
    """Return title, painter and year of a painting, from a table beside it."""
    row = table(os.path.dirname(path)).get(os.path.basename(path), {})
    return {name: str(row[name]).strip() for name in SAID if row.get(name)}


@functools.cache
def table(folder: str) -> dict[str, dict[str, Any]]:
    """Read the table of a folder: {file: {"title", "painter", "year"}}; {} without one.

    The table is `paintings.json` with such an object, or `paintings.csv` with the columns
    file, title, painter and year.

    Raises:
        ValueError: if the table is different.
    """
    for name in TABLES:
        path = os.path.join(folder, name)
        if not os.path.isfile(path):
            continue
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                if name.endswith(".csv"):
                    return {row["file"]: row for row in csv.DictReader(file)}
                found = json.load(file)
            if all(isinstance(row, dict) for row in found.values()):
                return found
            raise ValueError("each file should have an object")
        except (ValueError, KeyError, AttributeError, csv.Error) as error:
            raise ValueError(
                f"{path} should say each file's title, painter and year: {error!r}"
            ) from None
    return {}


def read_painting(lesson: Lesson) -> np.ndarray:
    """Return a painting at the size of the lesson, float32 RGB (height, width, 3), 0-255.

    Warns:
        SmallPaintingWarning: if the painting is smaller and must be enlarged.
    """
    painting, size = read_picture(lesson.path).pixels, lesson.condition.stroke
    height, width = painting.shape[:2]
    if min(height, width) < size:
        warnings.warn(
            f"{lesson.path} has a shorter side of {min(height, width)} pixels and is "
            f"enlarged to --style_size {size}: its strokes will be smooth and wide",
            SmallPaintingWarning,
            stacklevel=2,
        )
    return resize(painting, *fit_size(height, width, size, side=min))
