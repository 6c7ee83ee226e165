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

A setting is text, a whole number, a number, true or false, a tuple of one of these, either
of the two (`str | tuple[str, ...]`), or None. Flags and JSON are flat: they list a nested
dataclass's settings with the others.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from fusion_style.fields import Setting, setting

__all__ = [
    "Setting", "build", "changed", "check", "flatten", "own_settings", "setting",
    "settings_of",
]  # fmt: skip

Config = typing.TypeVar("Config")


def own_settings(config_class: type) -> dict[str, "Setting | type"]:
    """Return {name: `Setting`, or the nested dataclass} of a dataclass's fields."""
    hints = typing.get_type_hints(config_class)
    found: dict[str, Setting | type] = {}
    for field in dataclasses.fields(config_class):
        hint: Any = hints[field.name]
        optional = many = single = False
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            found[field.name] = hint
            continue
        if isinstance(hint, types.UnionType):
            optional = types.NoneType in typing.get_args(hint)
            parts = [one for one in typing.get_args(hint) if one is not types.NoneType]
            single, hint = len(parts) > 1, parts[-1]
        if typing.get_origin(hint) is tuple:
            hint, many = typing.get_args(hint)[0], True
        found[field.name] = Setting(
            field.name, hint, many, single, optional, field.default, **field.metadata
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
