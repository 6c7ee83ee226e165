"""One setting: a field of a frozen dataclass, with the values that are allowed.

`fusion_style.settings` works with dataclasses of such fields.
"""

import dataclasses
import numbers
from collections.abc import Sequence
from typing import Any

KINDS = {
    str: (str, "text"),
    bool: (bool, "true or false"),
    int: (numbers.Integral, "a whole number"),
    float: (numbers.Real, "a number"),
}


def setting(
    help: str,
    default: Any = dataclasses.MISSING,
    *,
    choices: Sequence[str] | None = None,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    may_change: bool = False,
    flag: bool = True,
) -> Any:
    """Return a field of a frozen dataclass of settings.

    Args:
        help: one sentence for the flag's help and the tables in docs/.
        default: the default, which is written here and nowhere else. A setting without a
            default must be given.
        choices: the values that are allowed.
        at_least, above, at_most: bounds of a number; `above` is exclusive.
        may_change: whether a run may be resumed with another value.
        flag: whether there is a flag; a setting without one follows from other settings.
    """
    metadata = {
        "help": help,
        "choices": tuple(choices) if choices is not None else None,
        "at_least": at_least,
        "above": above,
        "at_most": at_most,
        "may_change": may_change,
        "flag": flag,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Setting:
    """Describe one setting of a dataclass, from its field and its annotation.

    Attributes:
        name: the field's name.
        kind: str, int, float or bool.
        many: whether the setting is a tuple of values of that kind.
        single: whether a single value may be given instead of a tuple.
        optional: whether it may be None.
        default: `dataclasses.MISSING` if it must be given.
        help, choices, at_least, above, at_most, may_change, flag: of `setting`.
    """

    name: str
    kind: type
    many: bool
    single: bool
    optional: bool
    default: Any
    help: str
    choices: tuple[str, ...] | None
    at_least: float | None
    above: float | None
    at_most: float | None
    may_change: bool
    flag: bool

    def allowed(self) -> str:
        """Return in words which values are allowed, as in "a number more than 0"."""
        words = KINDS[self.kind][1]
        if self.choices:
            words = f"one of {', '.join(self.choices)}"
        elif self.at_least is not None and self.at_most is not None:
            words += f" from {plain(self.at_least)} to {plain(self.at_most)}"
        else:
            bounds = ("at least", "more than", "at most")
            values = (self.at_least, self.above, self.at_most)
            pairs = zip(bounds, values, strict=True)
            said = [f"{how} {plain(x)}" for how, x in pairs if x is not None]
            if self.kind is float and self.at_most is None:
                words = "a finite number"
            words = " ".join([words, " and ".join(said)]).rstrip()
        return f"a list, each {words}" if self.many and not self.single else words

    def accepts(self, value: object) -> bool:
        """Return whether a value is allowed."""
        if value is None:
            return self.optional
        if self.many and isinstance(value, (tuple, list)):
            return all(map(self.accepts_one, value)) and bool(value or not self.single)
        return self.accepts_one(value) and self.many == self.single

    def accepts_one(self, value: object) -> bool:
        """Return whether one value, which is not a tuple, is allowed."""
        if not isinstance(value, KINDS[self.kind][0]):
            return False
        if isinstance(value, bool) != (self.kind is bool):
            return False  # Python's True is a number too
        if self.choices:
            return value in self.choices
        return self.kind is str or self.within_bounds(value)

    def within_bounds(self, number: Any) -> bool:
        """Return whether a number is finite and within the bounds."""
        return bool(
            abs(number) < 1e38  # what float32 holds; nan is not less than anything
            and (self.at_least is None or number >= self.at_least)
            and (self.above is None or number > self.above)
            and (self.at_most is None or number <= self.at_most)
        )

    def plain(self, value: Any) -> Any:
        """Return an allowed value as JSON stores it: tuples as lists, Python's numbers.

        If `single`, a tuple with one value is stored as this value.
        """
        if value is None:
            return None
        if not isinstance(value, (tuple, list)):
            return self.kind(value)
        parts = [self.kind(one) for one in value]
        return parts[0] if self.single and len(parts) == 1 else parts

    def plain_default(self) -> Any:
        """Return the default as JSON stores it; None if the setting must be given."""
        required = self.default is dataclasses.MISSING
        return None if required else self.plain(self.default)


def plain(number: float) -> str:
    """Return a number as text, without unneeded digits: "1" for 1.0."""
    return str(int(number)) if number == int(number) else f"{number:g}"
