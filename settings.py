"""Settings: fields of frozen dataclasses, each with its default, help and allowed values.

A flag, its check, the run record, what may change when a training is resumed, and the
tables of flags in docs/ are all derived from the field. Every floor may use this file.

    @dataclasses.dataclass(frozen=True)
    class FrameConfig:
        title: str = setting("What is written below the picture.")
        side: int = setting("Longer side in pixels.", 512, at_least=16, at_most=16384)
        colors: tuple[str, ...] = setting("From left to right.", ())
        network: NetworkConfig = NetworkConfig()  # settings of its own

    check(FrameConfig("Lighthouse", side=8))  # raises ValueError

A setting is text, a whole number, a number, true or false, a tuple of one of these, or
None. Flags and JSON are flat: they list a nested dataclass's settings with the others.
"""

import dataclasses
import numbers
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

Config = typing.TypeVar("Config")
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
) -> Any:
    """Return a field of a frozen dataclass of settings.

    Args:
        help: one sentence for the flag's help and the tables in docs/.
        default: the default, which is written here and nowhere else. A setting without a
            default must be given.
        choices: the values that are allowed.
        at_least, above, at_most: bounds of a number; `above` is exclusive.
        may_change: whether a run may be resumed with another value.
    """
    metadata = {
        "help": help,
        "choices": tuple(choices) if choices is not None else None,
        "at_least": at_least,
        "above": above,
        "at_most": at_most,
        "may_change": may_change,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Setting:
    """Describe one setting of a dataclass, from its field and its annotation.

    Attributes:
        name: the field's name.
        kind: str, int, float or bool.
        many: whether the setting is a tuple of values of that kind.
        optional: whether it may be None.
        default: `dataclasses.MISSING` if it must be given.
        help, choices, at_least, above, at_most, may_change: see `setting`.
    """

    name: str
    kind: type
    many: bool
    optional: bool
    default: Any
    help: str
    choices: tuple[str, ...] | None
    at_least: float | None
    above: float | None
    at_most: float | None
    may_change: bool

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
        return f"a list, each {words}" if self.many else words

    def accepts(self, value: object) -> bool:
        """Return whether a value is allowed."""
        if value is None:
            return self.optional
        if self.many:
            return isinstance(value, (tuple, list)) and all(map(self.accepts_one, value))
        return self.accepts_one(value)

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
        """Return an allowed value as JSON stores it: tuples as lists, Python's numbers."""
        if value is None:
            return None
        return [self.kind(one) for one in value] if self.many else self.kind(value)

    def plain_default(self) -> Any:
        """Return the default as JSON stores it; None if the setting must be given."""
        required = self.default is dataclasses.MISSING
        return None if required else self.plain(self.default)


def plain(number: float) -> str:
    """Return a number as text, without unneeded digits: "1" for 1.0."""
    return str(int(number)) if number == int(number) else f"{number:g}"


def own_settings(config_class: type) -> dict[str, "Setting | type"]:
    """Return {name: `Setting`, or the nested dataclass} of a dataclass's fields."""
    hints = typing.get_type_hints(config_class)
    found: dict[str, Setting | type] = {}
    for field in dataclasses.fields(config_class):
        hint: Any = hints[field.name]
        optional = many = False
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            found[field.name] = hint
            continue
        if isinstance(hint, types.UnionType):
            (hint,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
            optional = True
        if typing.get_origin(hint) is tuple:
            hint, many = typing.get_args(hint)[0], True
        found[field.name] = Setting(
            field.name, hint, many, optional, field.default, **field.metadata
        )
    return found


def settings_of(config_class: type) -> dict[str, Setting]:
    """Return {name: `Setting`} of a dataclass and of the dataclasses nested in it."""
    found: dict[str, Setting] = {}
    for name, one in own_settings(config_class).items():
        found |= {name: one} if isinstance(one, Setting) else settings_of(one)
    return found


def check(config: Any) -> None:
    """Check that every setting of a dataclass has an allowed value.

    Args:
        config: a dataclass of settings.

    Raises:
        ValueError: "NAME must be …. Received: …", for the first one that has not.
    """
    for name, one in own_settings(type(config)).items():
        value = getattr(config, name)
        if not isinstance(one, Setting):
            check(value)
        elif not one.accepts(value):
            said = repr(value)[:80]
            raise ValueError(f"{name} must be {one.allowed()}. Received: {said}")


def flatten(config: Any) -> dict[str, Any]:
    """Return {name: value} of all settings, as JSON stores them: tuples as lists."""
    flat: dict[str, Any] = {}
    for name, one in own_settings(type(config)).items():
        value = getattr(config, name)
        flat |= {name: one.plain(value)} if isinstance(one, Setting) else flatten(value)
    return flat


def build(config_class: type[Config], settings: Mapping[str, Any]) -> Config:
    """Return the dataclass with these settings: the inverse of `flatten`.

    Args:
        config_class: a dataclass of settings.
        settings: {name: value}. The others get their defaults.

    Raises:
        ValueError: for an unknown name, or if a setting without a default is missing.
    """
    unknown = settings.keys() - settings_of(config_class)
    if unknown:
        raise ValueError(f"There is no setting called {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {}
    for name, one in own_settings(config_class).items():
        if not isinstance(one, Setting):
            values[name] = build(
                one, {k: settings[k] for k in settings_of(one).keys() & settings.keys()}
            )
        elif name in settings:
            value = settings[name]
            values[name] = tuple(value) if isinstance(value, list) else value
        elif one.default is dataclasses.MISSING:
            raise ValueError(f"{name} must be given: {one.allowed()}")
    return config_class(**values)


def changed(
    before: Mapping[str, Any], now: Mapping[str, Any], config_class: type
) -> list[tuple[str, Any]]:
    """Return [(name, value before)] of settings that differ and may not change on resume.

    Args:
        before, now: {name: value}, as `flatten` returns them. If a setting is missing from
            `before`, because an earlier version wrote it, it had the default.
        config_class: the dataclass of both.
    """
    found = []
    for name, one in settings_of(config_class).items():
        was = before.get(name, one.plain_default())
        if not one.may_change and was != now[name]:
            found.append((name, was))
    return found
