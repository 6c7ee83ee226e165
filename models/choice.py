"""Parse --style: style files, the paintings in them, and mixes.

    wave                              a shipped style, or a painting in a shipped file
    my.keras    starry.training       a style file; the folder of a training
    my.keras:wave                     a painting in a file of several
    wave=0.6,udnie=0.4                a mix of paintings in one shipped file
    my.keras:wave=0.6,udnie=0.4       a mix of paintings in this file
    all                               each shipped painting

If a file with exactly this name exists, it is used, whatever characters the name has.
"""

import dataclasses
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from fusion_style.models.conditions import (
    Condition,
    paintings_of,
    read_conditions,
    shares_of,
)
from fusion_style.models.shipped import shipped_styles, style_path
from fusion_style.models.style_file import StyleFileError

ALL = "all"
UNFIT = re.compile(r"[^\w.+~ ()\[\]-]")  # characters to keep out of file names


@dataclasses.dataclass(frozen=True)
class StyleChoice:
    """A style file, and which of its paintings to use.

    Attributes:
        path: of the file.
        weights: a pair (painting, weight) for each painting of a mix; one pair for a
            single painting; empty for the whole file.
        name: the end of the names of painted pictures, as in photo-NAME.jpg.
    """

    path: str
    weights: tuple[tuple[str, float], ...]
    name: str


def parse_style(text: str | os.PathLike[str]) -> StyleChoice:
    """Return the choice that a text describes; see the docstring of this module.

    Raises:
        StyleFileError: if there is no such file, or it is not a style file.
        ValueError: for a painting that is not in the file, or a mix that is not possible.
    """
    text = os.fspath(text)
    plain = not os.path.dirname(text) and not text.endswith(".keras")
    if text not in shipped_styles() and plain and text in shipped_paintings():
        return shipped_choice(text)  # even if there is a folder of that name
    if is_style(text):
        return StyleChoice(style_path(text), (), stem(text))
    for colon in reversed([i for i, sign in enumerate(text) if sign == ":"]):
        file, mix = text[:colon], text[colon + 1 :]
        if is_style(file):
            return chosen(style_path(file), mix)
    if not plain or ".keras:" in text:  # `style_path` raises: there is no such file
        end = text.rfind(".keras:")
        style_path(text if end < 0 else text[: end + len(".keras")])
    return shipped_choice(text)


def is_style(text: str) -> bool:
    """Return whether a text is a shipped style's name or an existing path."""
    return text in shipped_styles() or os.path.exists(text)


def chosen(path: str, text: str) -> StyleChoice:
    """Return the choice of a painting or a mix in a file; see `parse_style`."""
    conditions = read_conditions(path)
    return choice_of(path, conditions, parse_mix(text, paintings_of(conditions)))


def choice_of(
    path: str, conditions: Sequence[Condition], weights: Mapping[str, float]
) -> StyleChoice:
    """Return the choice of a mix in a file, with its name.

    The name has the paintings with their shares in percent, the largest first. It does not
    depend on the order of the weights.
    """
    found = shares_of(conditions, weights).items()
    shares = sorted(found, key=lambda pair: (-pair[1], pair[0]))
    names = [file_name(painting) for painting, _ in shares]
    if len(names) > 1:
        percents = [f"{100 * share:.3g}" for _, share in shares]
        names = [f"{a}{b}" for a, b in zip(names, percents, strict=True)]
    return StyleChoice(path, tuple(weights.items()), "-".join(names))


def parse_mix(text: str, there: Collection[str]) -> dict[str, float]:
    """Return {painting: weight} from a text.

    Args:
        text: "wave", or "wave=0.6,udnie=0.4".
        there: names of paintings. If the text is one of them, it is not split at "," or
            "=".

    Raises:
        ValueError: if the text has another form, or a painting twice.
    """
    if text in there or not re.search("[=,]", text):
        return {text: 1.0}
    weights: dict[str, float] = {}
    for part in text.split(","):
        painting, equals, weight = (piece.strip() for piece in part.rpartition("="))
        if not equals or not painting:
            raise ValueError(
                "A mix is paintings with their weights, as in wave=0.6,udnie=0.4. "
                f"Received: {text}"
            )
        if painting in weights:
            raise ValueError(f"{painting} is twice in the mix {text}")
        try:
            weights[painting] = float(weight)
        except ValueError:
            raise ValueError(
                f"The weight of {painting} must be a number. Received: {weight or text}"
            ) from None
    return weights


def shipped_choice(text: str) -> StyleChoice:
    """Return the choice of a painting or a mix in the first shipped file that has it."""
    weights = parse_mix(text, shipped_paintings())
    return choice_of(*shipped_file(weights), weights)


def shipped_file(weights: Mapping[str, float]) -> tuple[str, tuple[Condition, ...]]:
    """Return (path, conditions) of the first shipped file that has these paintings.

    Raises:
        StyleFileError: if there is no such painting.
        ValueError: if they are in different files.
    """
    files, everything = shipped_conditions(), shipped_paintings()
    for path, conditions in files.items():
        if weights.keys() <= set(paintings_of(conditions)):
            return path, conditions
    if unknown := weights.keys() - everything:
        names = ", ".join(choice.name for choice in all_shipped()) or "none are here"
        raise StyleFileError(
            f"There is no style {', '.join(sorted(unknown))}: it is neither a file nor one "
            f"of the shipped styles ({names})"
        )
    raise ValueError(
        f"No shipped file has {' and '.join(weights)} together. A mix lies between "
        "paintings of one network, and each file is another network"
    )


def shipped_conditions() -> dict[str, tuple[Condition, ...]]:
    """Return {path: conditions} of the shipped files, those of one painting first."""
    files = {path: read_conditions(path) for path in shipped_styles().values()}
    return dict(sorted(files.items(), key=lambda file: len(paintings_of(file[1])) > 1))


def shipped_paintings() -> set[str]:
    """Return the names of all paintings in shipped files."""
    return {name for rows in shipped_conditions().values() for name in paintings_of(rows)}


def all_shipped() -> list[StyleChoice]:
    """Return a choice for each shipped painting, files of one painting first.

    A painting that is in several files is returned once, as `parse_style` finds it.
    """
    found: dict[str, StyleChoice] = {}
    for path, conditions in shipped_conditions().items():
        for choice in each_painting(path, conditions):
            found.setdefault(choice.name, choice)
    return list(found.values())


def choices(text: str) -> list[StyleChoice]:
    """Return the choices of --style: several for `all` and for a file of several paintings.

    Raises:
        ValueError: as `parse_style`; and for `all` if no style is shipped.
    """
    if text != ALL:
        choice = parse_style(text)
        conditions = read_conditions(choice.path)
        if choice.weights or len(paintings_of(conditions)) == 1:
            return [choice]
        return each_painting(choice.path, conditions)
    if not (found := all_shipped()):
        raise ValueError("no style is shipped here. Give one: --style FILE.keras")
    return found


def each_painting(path: str, conditions: Sequence[Condition]) -> list[StyleChoice]:
    """Return a choice for each painting in a file; the whole file if it has one."""
    paintings = paintings_of(conditions)
    if len(paintings) == 1:
        return [StyleChoice(path, (), stem(path))]
    found = [choice_of(path, conditions, {painting: 1.0}) for painting in paintings]
    return list(with_own_names(found))


def with_own_names(found: Sequence[StyleChoice]) -> Iterator[StyleChoice]:
    """Yield the choices; a name that was already used gets a number."""
    taken: set[str] = set()
    for choice in found:
        name, number = choice.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{choice.name}-{number}"
        taken.add(name.casefold())
        yield dataclasses.replace(choice, name=name)


def file_name(painting: str) -> str:
    """Return a painting's name, with "_" for characters that file names should not have."""
    return UNFIT.sub("_", painting)


def stem(path: str) -> str:
    """Return the name of a style file or a training's folder, without its extension."""
    return os.path.splitext(os.path.basename(os.path.normpath(path)))[0]
