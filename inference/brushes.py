"""Load the styles and the mask of a call of stylize.py, each once."""

import dataclasses
from collections.abc import Mapping

from fusion_style.inference.config import PaintConfig
from fusion_style.inference.engines.places import find_places
from fusion_style.inference.masked import MaskedStylizer
from fusion_style.inference.masks import read_mask
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.choice import StyleChoice, choices
from fusion_style.models.conditions import (
    paintings_of,
    photograph_scale,
    read_conditions,
)


@dataclasses.dataclass(frozen=True)
class Brushes:
    """The styles, with the mask, for all pictures of a call.

    Attributes:
        choices: {name of a style: its `StyleChoice`}.
        stylizers: {name of a style: its `Stylizer`}; those of one file share an engine.
        notes: messages for the user.
    """

    choices: Mapping[str, StyleChoice]
    stylizers: Mapping[str, Stylizer]
    notes: list[str]


def load_brushes(styles: Mapping[str, StyleChoice], config: PaintConfig) -> Brushes:
    """Load style files and the mask.

    Args:
        styles: {name: choice}.
        config: its engine, precision, devices, stroke, mask and style2 are used.

    Raises:
        ValueError: if a style, a stroke or a mask cannot be used.
    """
    if config.style2 is not None and config.mask is None:
        raise ValueError("--style2 needs --mask: it is the style of the mask's black parts")
    engines, mask, under = Engines(config), None, None
    if config.mask is not None:
        beside = "left as it is" if config.style2 is None else "painted in --style2"
        mask = read_mask(config.mask, beside)
    stylizers = {name: engines.stylizer(choice) for name, choice in styles.items()}
    notes = scaled(styles, config.stroke)
    if config.style2 is not None:
        found = choices(config.style2)
        if len(found) > 1:
            raise ValueError(
                f"--style2 must be one painting or a mix, and {config.style2} is "
                f"{', '.join(choice.name for choice in found)}"
            )
        under = engines.stylizer(found[0])
    if mask is not None:
        stylizers = {
            name: MaskedStylizer(stylizer, mask, under)
            for name, stylizer in stylizers.items()
        }
    return Brushes(styles, stylizers, notes)


class Engines:
    """Load each style file once.

    Args:
        config: engine, precision, devices and stroke.

    Raises:
        ValueError: see `find_places`.
    """

    def __init__(self, config: PaintConfig) -> None:
        self.config = config
        self.place = find_places(config.devices, config.engine, config.precision)[0]
        self.files: dict[str, Stylizer] = {}

    def stylizer(self, choice: StyleChoice) -> Stylizer:
        """Return the Stylizer of a choice."""
        config, path = self.config, choice.path
        if path not in self.files:
            self.files[path] = Stylizer(
                path, self.place.engine, config.precision, device=self.place.device
            )
        found = self.files[path].choose(dict(choice.weights) or None, config.stroke)
        found.name = choice.name
        return found


def scaled(styles: Mapping[str, StyleChoice], stroke: int | None) -> list[str]:
    """Return a message for each scale other than 1 at which photographs are painted.

    Args:
        styles: {name: choice}, each of one painting or a mix.
        stroke: their strokes' size; see `inference.stylizer.Stylizer.choose`.

    Raises:
        ValueError: for a painting or a stroke that cannot be.
    """
    lines: dict[str, list[str]] = {}
    for name, choice in styles.items():
        conditions = read_conditions(choice.path)
        weights = dict(choice.weights) or {paintings_of(conditions)[0]: 1.0}
        scale = photograph_scale(conditions, weights, stroke)
        if scale != 1:
            line = (
                f"strokes of {stroke} pixels are beyond the learned sizes. Photographs are "
                f"painted at {scale:.0%} of their size, and scaled back"
            )
            lines.setdefault(line, []).append(name)
    return [f"{', '.join(names)}: {line}" for line, names in lines.items()]
