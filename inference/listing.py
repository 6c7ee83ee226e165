"""Describe style files for `--list_styles`: their paintings, and how they were learned."""

from collections.abc import Sequence

from fusion_style.models.conditions import (
    Condition,
    paintings_of,
    read_conditions,
    strokes_of,
)
from fusion_style.models.paintings import facts_of
from fusion_style.models.style_file import photographs_seen, read_config, read_recipe


def listing(name: str, path: str) -> list[str]:
    """Return lines of text about a style file.

    Args:
        name: its name for --style.
        path: of the file.

    Returns:
        One line for a file of one painting; otherwise one line for the file and one for
        each painting.

    Raises:
        StyleFileError: if the file is not a style file.
    """
    recipe, conditions = read_recipe(path), read_conditions(path)
    learned = (
        f"{read_config(path).network} network, {photographs_seen(recipe):,} photographs "
        "seen"
    )
    paintings = paintings_of(conditions)
    if len(paintings) == 1:
        return [f"{name}: {about(conditions, paintings[0])}; {learned}"]
    lines = [f"{name}: {len(paintings)} paintings, to choose and to mix; {learned}"]
    return lines + [f"  {name}:{one}: {about(conditions, one)}" for one in paintings]


def about(conditions: Sequence[Condition], painting: str) -> str:
    """Return a painting's title, painter, year and strokes, as far as they are known."""
    strokes = strokes_of(conditions)[painting]
    condition = next(one for one in conditions if one.painting == painting)
    found = facts_of(condition)
    names = [found.title or f"trained on {condition.file}", found.painter, found.year]
    sizes = ", ".join(map(str, strokes))
    return ", ".join(filter(None, names)) + (f"; strokes {sizes}" if any(strokes) else "")
