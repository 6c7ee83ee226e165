"""Conditions: which painting, at which stroke size, each row of a network's norms is."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from fusion_style.models.style_file import damaged, read_config, read_recipe


@dataclasses.dataclass(frozen=True)
class Condition:
    """What one row of γ and β has learned.

    Attributes:
        painting: what it is called: the name of its file, without the extension.
        stroke: the painting's shorter side in pixels when it was learned, which sets the
            size of the strokes; 0 if that is not known.
        file: the painting's file name.
        title, painter, year: of the painting, where they are known.
    """

    painting: str
    stroke: int
    file: str = ""
    title: str = ""
    painter: str = ""
    year: str = ""


def read_conditions(path: str | os.PathLike[str]) -> tuple[Condition, ...]:
    """Return the conditions of a style file, in the order of its norms' rows.

    A file of one painting, as earlier versions wrote them, has one. Needs neither Keras nor
    a backend.

    Raises:
        StyleFileError: if the file is no style, or its recipe doesn't say what it holds.
    """
    recipe, rows = read_recipe(path), read_config(path).conditions
    said = recipe.get("conditions", [the_only_one(recipe)])
    if not isinstance(said, list) or len(said) != rows:
        raise damaged(path, f"its recipe doesn't say what its {rows} conditions are")
    try:
        return tuple(condition_of(row) for row in said)
    except (TypeError, ValueError, AttributeError) as error:
        raise damaged(path, f"its conditions cannot be read: {error}") from None


def the_only_one(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that a recipe of one painting means."""
    painting, settings = recipe.get("painting"), recipe.get("settings")
    file = painting.get("file", "") if isinstance(painting, dict) else ""
    stroke = settings.get("style_size", 0) if isinstance(settings, dict) else 0
    return {"painting": stem(str(file)), "file": file, "stroke": stroke}


def condition_of(row: Mapping[str, Any]) -> Condition:
    """Return a condition that a recipe's dict says.

    Raises:
        TypeError, ValueError, AttributeError: if the dict is none.
    """
    names = [field.name for field in dataclasses.fields(Condition)]
    said = {name: row[name] for name in names if name in row.keys()}
    if missing := {"painting", "stroke"} - said.keys():
        raise ValueError(f"one has no {' and no '.join(sorted(missing))}")
    stroke = said.pop("stroke")
    if isinstance(stroke, bool) or not isinstance(stroke, int) or stroke < 0:
        raise ValueError(f"the stroke must be a whole number. Received: {stroke!r}")
    for name, text in said.items():
        if not isinstance(text, str):
            raise ValueError(f"the {name} must be text. Received: {text!r}")
    return Condition(stroke=stroke, **said)


def stem(file: str) -> str:
    """Return what a painting is called: its file's name, without the extension."""
    return os.path.splitext(os.path.basename(file))[0]
