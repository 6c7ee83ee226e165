"""Conditions: which painting, at which stroke size, each row of a network's norms is.

A mix of paintings is a weighted sum of rows (Dumoulin et al. 2017).
"""

import dataclasses
import math
import numbers
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fusion_style.models.style_file import damaged, read_config, read_recipe

FARTHEST = 4.0  # strokes may be this many times larger or smaller than learned ones


@dataclasses.dataclass(frozen=True)
class Condition:
    """The painting and the stroke size that one row of γ and β has learned.

    Attributes:
        painting: name of the painting: that of its file, without the extension.
        stroke: shorter side of the painting when it was learned, in pixels, which sets the
            size of the strokes; 0 if it is not known.
        file: file name of the painting.
        title, painter, year: of the painting; "" if they are not known.
    """

    painting: str
    stroke: int
    file: str = ""
    title: str = ""
    painter: str = ""
    year: str = ""


def read_conditions(path: str | os.PathLike[str]) -> tuple[Condition, ...]:
    """Return the conditions of a style file, in the order of its norms' rows.

    A file of one painting, such as those of earlier versions, has one condition. Needs
    neither Keras nor a backend.

    Raises:
        StyleFileError: if the file is not a style file, or its recipe does not describe its
            conditions.
    """
    recipe, rows = read_recipe(path), read_config(path).conditions
    said = recipe.get("conditions", [the_only_one(recipe)])
    if not isinstance(said, list) or len(said) != rows:
        raise damaged(path, f"its recipe does not describe its {rows} conditions")
    try:
        return tuple(condition_of(row) for row in said)
    except (TypeError, ValueError, AttributeError) as error:
        raise damaged(path, f"its conditions cannot be read: {error}") from None


def the_only_one(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition of a recipe of one painting, as a dict."""
    painting, settings = recipe.get("painting"), recipe.get("settings")
    file = painting.get("file", "") if isinstance(painting, dict) else ""
    stroke = settings.get("style_size", 0) if isinstance(settings, dict) else 0
    return {"painting": stem(str(file)), "file": file, "stroke": stroke}


def condition_of(row: Mapping[str, Any]) -> Condition:
    """Return the condition that a dict of a recipe describes.

    Raises:
        TypeError, ValueError, AttributeError: if the dict does not describe a condition.
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
    """Return the name of a painting: that of its file, without the extension."""
    return os.path.splitext(os.path.basename(file))[0]


def paintings_of(conditions: Sequence[Condition]) -> list[str]:
    """Return the names of the paintings, in the order of their rows, each once."""
    return list(strokes_of(conditions))


def files_of_one(styles: Mapping[str, str]) -> dict[str, str]:
    """Return the style files of one painting among {name: path}."""
    return {
        name: path
        for name, path in styles.items()
        if len(paintings_of(read_conditions(path))) == 1
    }


def strokes_of(conditions: Sequence[Condition]) -> dict[str, dict[int, int]]:
    """Return {painting: {stroke: row}}, paintings in the rows' order, strokes sorted.

    If two rows have the same painting and stroke, the later one counts.
    """
    found: dict[str, dict[int, int]] = {}
    for row, condition in enumerate(conditions):
        found.setdefault(condition.painting, {})[condition.stroke] = row
    return {painting: dict(sorted(rows.items())) for painting, rows in found.items()}


def shares_of(
    conditions: Sequence[Condition], weights: Mapping[str, float]
) -> dict[str, float]:
    """Return the paintings of a mix with their shares, which sum to 1.

    Args:
        conditions: of the file that the paintings are in.
        weights: {painting: weight}; they need not sum to 1.

    Raises:
        ValueError: if a painting is not among the conditions, if a weight is negative or
            not a finite number, or if all weights are 0.
    """
    there = paintings_of(conditions)
    for painting, weight in weights.items():
        if painting not in there:
            raise ValueError(
                f"There is no painting {painting} in this style file. It has "
                f"{', '.join(there)}"
            )
        number = isinstance(weight, numbers.Real) and not isinstance(weight, bool)
        if not number or not 0 <= weight < math.inf:
            raise ValueError(
                f"The weight of {painting} must be a finite number at least 0. Received: "
                f"{weight!r}"
            )
    largest = max(weights.values(), default=0)
    if not largest:
        raise ValueError("A mix needs a painting whose weight is more than 0")
    parts = {name: float(weight) / float(largest) for name, weight in weights.items()}
    total = math.fsum(parts.values())  # the same in every order
    return {name: part / total for name, part in parts.items() if part}


def mix(
    conditions: Sequence[Condition],
    weights: Mapping[str, float],
    stroke: float | None = None,
) -> np.ndarray:
    """Return the weights over a network's rows for a mix of paintings.

    A stroke between two learned sizes is a mix of both, linear in its logarithm.

    Args:
        conditions: the rows.
        weights: {painting: weight}; they need not sum to 1.
        stroke: size of the strokes, as the painting's shorter side in pixels. Beyond the
            learned sizes, the nearest learned one is used, and the photograph should be
            scaled by `photograph_scale`. By default each painting's largest.

    Returns:
        float64 (conditions,), which sum to 1.

    Raises:
        ValueError: for an unknown painting, or a weight or a stroke that is not possible;
            see `shares_of` and `check_strokes`.
    """
    check_strokes(conditions, weights, stroke)
    found, rows_of = np.zeros(len(conditions)), strokes_of(conditions)
    for painting, share in shares_of(conditions, weights).items():
        strokes, rows = map(list, zip(*rows_of[painting].items(), strict=True))
        place = float(len(strokes) - 1)  # the largest
        if stroke is not None:
            place = np.interp(math.log(stroke), np.log(strokes), np.arange(len(strokes)))
        below = int(place)
        above = min(below + 1, len(rows) - 1)
        found[rows[below]] += share * (1 - (place - below))
        found[rows[above]] += share * (place - below)
    return found


def photograph_scale(
    conditions: Sequence[Condition],
    weights: Mapping[str, float],
    stroke: float | None = None,
) -> float:
    """Return the factor by which to scale a photograph before it is painted.

    It is 1 within the learned sizes, otherwise nearest learned size / stroke. The painted
    picture is scaled back, together with its strokes. If the paintings of a mix were
    learned at different sizes, it is the geometric mean, weighted with their shares.

    Args:
        conditions, weights, stroke: see `mix`.

    Raises:
        ValueError: as `mix`.
    """
    check_strokes(conditions, weights, stroke)
    scale, rows_of = 1.0, strokes_of(conditions)
    shares = shares_of(conditions, weights)
    if stroke is None:
        return scale
    for painting, share in shares.items():
        learned = list(rows_of[painting])
        nearest = min(max(stroke, learned[0]), learned[-1])
        scale *= (nearest / stroke) ** share
    return scale


def check_strokes(
    conditions: Sequence[Condition], weights: Mapping[str, float], stroke: float | None
) -> None:
    """Check the size of strokes for the paintings of a mix.

    Raises:
        ValueError: if it is not above 0, if the learned sizes are not known, or if it is
            more than `FARTHEST` times larger or smaller than the learned sizes.
    """
    if stroke is None:
        return
    if not 0 < stroke < math.inf:
        raise ValueError(f"stroke must be a number of pixels above 0. Received: {stroke}")
    rows_of = strokes_of(conditions)
    for painting in shares_of(conditions, weights):
        learned = list(rows_of[painting])
        if not learned[0]:
            raise ValueError(
                f"The strokes that {painting or 'the style'} was learned at are not known: "
                "it can only be painted as it is, without a stroke"
            )
        least, most = math.ceil(learned[0] / FARTHEST), math.floor(learned[-1] * FARTHEST)
        if not least <= stroke <= most:
            raise ValueError(
                f"stroke must be from {least} to {most} for {painting}, which was learned "
                f"at {' and '.join(map(str, learned))}. Received: {stroke:g}"
            )
