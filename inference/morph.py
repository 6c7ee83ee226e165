"""Morphs: mixes of paintings that move with a video's time.

    0:wave 5:udnie 9:wave=0.5,udnie=0.5

Each entry is a second of the video and a painting, or a mix. Between two entries the mix
moves linearly. Before the first entry and after the last, it stands still.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.models.choice import (
    ALL,
    StyleChoice,
    choice_of,
    parse_mix,
    parse_style,
    shipped_file,
    shipped_paintings,
)
from fusion_style.models.conditions import (
    Condition,
    check_strokes,
    paintings_of,
    read_conditions,
    shares_of,
)

ENTRY = re.compile(r"\s+(?=[\d.]+:)")  # between two entries
SECOND = re.compile(r"\d{1,9}(\.\d*)?|\.\d+")
EXAMPLE = '"0:wave 5:udnie"'
Keys = list[tuple[float, dict[str, float]]]


@dataclasses.dataclass(frozen=True)
class Morph:
    """A mix of the paintings in one file that moves with time.

    Attributes:
        text: as it was given.
        paintings: names of all paintings in the file.
        seconds: ascending, float64 (entries,).
        shares: of the paintings at these seconds, float64 (entries, paintings); each row
            sums to 1.
    """

    text: str
    paintings: tuple[str, ...]
    seconds: np.ndarray
    shares: np.ndarray

    def mix(self, second: float) -> np.ndarray:
        """Return the shares of the paintings at a second, float64 (paintings,)."""
        columns = [np.interp(second, self.seconds, column) for column in self.shares.T]
        return np.array(columns)

    def choose(self, stylizer: Stylizer, shares: np.ndarray) -> Stylizer:
        """Return a Stylizer of a mix, with the stroke of `stylizer`; nothing is compiled.

        Args:
            stylizer: of the file.
            shares: from `mix`.
        """
        weights = dict(zip(self.paintings, shares.tolist(), strict=True))
        return stylizer.choose(weights, stylizer.stroke)

    def stops(self, stylizer: Stylizer) -> list[Stylizer]:
        """Return a Stylizer for each entry; see `choose`."""
        return [self.choose(stylizer, shares) for shares in self.shares]


def parse_morph(text: str, conditions: Sequence[Condition]) -> Morph:
    """Return the morph that a text describes; see the docstring of this module.

    Args:
        text: as `--morph` takes it.
        conditions: of the style file.

    Raises:
        ValueError: if the text has another form, the seconds do not ascend, or a painting
            is not in the file.
    """
    paintings = paintings_of(conditions)
    keys = parse_keys(text, paintings)
    shares = np.zeros((len(keys), len(paintings)))
    for row, (_, weights) in zip(shares, keys, strict=True):
        for painting, share in shares_of(conditions, weights).items():
            row[paintings.index(painting)] = share
    seconds = np.array([second for second, _ in keys])
    return Morph(" ".join(text.split()), tuple(paintings), seconds, shares)


def morph_of(config: VideoConfig, stylizer: Stylizer) -> Morph | None:
    """Return the morph that the settings ask for, in a Stylizer's file, or None.

    Raises:
        ValueError: see `parse_morph`.
    """
    if config.morph is None:
        return None
    return parse_morph(config.morph, stylizer.conditions)


def parse_keys(text: str, there: Collection[str]) -> Keys:
    """Return [(second, {painting: weight})] from a text.

    Args:
        text: as `--morph` takes it.
        there: names of paintings; see `choice.parse_mix`.

    Raises:
        ValueError: if the text has another form, or the seconds do not ascend.
    """
    keys: Keys = []
    for entry in ENTRY.split(text.strip()):
        second, _, mix = (part.strip() for part in entry.partition(":"))
        if not mix or not SECOND.fullmatch(second):
            raise form(text)
        keys.append((float(second), parse_mix(mix, there)))
    if len(keys) < 2:
        raise form(text)
    seconds = [second for second, _ in keys]
    if any(b <= a for a, b in zip(seconds, seconds[1:], strict=False)):
        raise ValueError(f"The seconds of --morph must ascend. Received: {text}")
    return keys


def form(text: str) -> ValueError:
    """Return the error for a text that is not a morph."""
    return ValueError(
        "--morph must be at least two paintings, each with its second, as in "
        f"{EXAMPLE}. Received: {text}"
    )


def morph_choice(text: str, style: str, stroke: float | None = None) -> StyleChoice:
    """Return the style file of a morph, with the mix of its first entry.

    Args:
        text: as `--morph` takes it.
        style: a style file; or `ALL` for the first shipped file that has all paintings.
        stroke: see `Stylizer.choose`.

    Returns:
        A choice whose name has the names of all entries: wave-udnie.

    Raises:
        ValueError: if the text is not a morph, the paintings are not in one file, the style
            is a painting or a mix, or the stroke is not possible.
    """
    if style == ALL:
        keys = parse_keys(text, shipped_paintings())
        path, conditions = shipped_file(all_paintings(keys))
    else:
        choice = parse_style(style)
        path, conditions = choice.path, read_conditions(choice.path)
        paintings = paintings_of(conditions)
        if len(paintings) == 1:
            raise ValueError(
                "--morph needs a file of several paintings: a mix lies between paintings "
                f"of one network, and each file is another network. {style} has only "
                f"{paintings[0] or 'one painting'}"
            )
        if choice.weights:
            raise ValueError(
                "--morph says the mix itself: --style must be a file of several paintings "
                f"without a painting or a mix. Received: {style}"
            )
        keys = parse_keys(text, paintings)
    choices = [choice_of(path, conditions, weights) for _, weights in keys]
    check_strokes(conditions, all_paintings(keys), stroke)
    name = "-".join(choice.name for choice in choices)
    return StyleChoice(path, choices[0].weights, name)


def all_paintings(keys: Keys) -> Mapping[str, float]:
    """Return {painting: 1} of the paintings in a morph."""
    return {painting: 1.0 for _, weights in keys for painting in weights}
