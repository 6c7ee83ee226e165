"""Flags: make command lines, and the tables in docs/, from a dataclass of settings.

A script contains:

    define_flags(FrameConfig)                      # where the script defines its flags
    config = build(FrameConfig, given(FrameConfig))     # in main
    run_script(main)              # absl's app.run; a wrong flag gives one line of text
"""

import os
import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any

from absl import app, flags

from fusion_style.settings import Setting, settings_of


class Parser(flags.ArgumentParser):
    """Parse a number, or a list of texts or numbers with commas between them.

    Args:
        setting: the setting whose values are parsed.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.syntactic_help = setting.allowed()

    def parse(self, argument: Any) -> Any:
        """Return the value in a flag's text; `settings.check` looks at the bounds later."""
        try:
            if not self.setting.many:
                return self.setting.kind(argument)
            if isinstance(argument, str):
                argument = [part.strip() for part in argument.split(",") if part.strip()]
            return self.setting.plain(argument)
        except ValueError:
            raise ValueError(f"it must be {self.setting.allowed()}") from None


class Serializer(flags.ArgumentSerializer):
    """Write a value as text, in the form that its flag takes."""

    def serialize(self, value: Any) -> str:
        """Return the text, with commas between the parts of a list."""
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def define_flags(
    config_class: type,
    flag_values: flags.FlagValues = flags.FLAGS,
    except_: Collection[str] = (),
    module_name: str | None = None,
) -> None:
    """Define a flag for each setting of a dataclass.

    Args:
        config_class: the dataclass.
        flag_values: where to define them.
        except_: names of settings that get no flag.
        module_name: the module under which --help lists the flags; by default the caller.
    """
    if module_name is None:
        module_name = sys._getframe(1).f_globals["__name__"]
        module_name = sys.argv[0] if module_name == "__main__" else module_name
    for name, one in settings_of(config_class).items():
        if name in except_ or not one.flag:
            continue
        default, text = one.plain_default(), one.help
        # absl's logging has a log_dir of its own, which nothing here uses.
        options: dict[str, Any] = {"flag_values": flag_values}
        options["module_name"] = module_name
        options["allow_override"] = name == "log_dir"
        if one.kind is bool:
            flags.DEFINE_boolean(name, default, text, **options)
        elif one.kind is str and one.choices and not one.many:
            flags.DEFINE_enum(name, default, list(one.choices), text, **options)
        elif one.kind is str and not one.many:
            flags.DEFINE_string(name, default, text, **options)
        else:
            flags.DEFINE(
                Parser(one), name, default, text, serializer=Serializer(), **options
            )


def given(
    config_class: type, flag_values: flags.FlagValues = flags.FLAGS
) -> dict[str, Any]:
    """Return {name: value} of the settings that the command line gives."""
    return {
        name: flag_values[name].value
        for name in settings_of(config_class)
        if name in flag_values and flag_values[name].present
    }


def run_script(main: Callable[[list[str]], object]) -> None:
    """Run a script with `absl.app.run`; a wrong flag gives one line of text.

    Args:
        main: takes the script's name and the arguments that are not flags; returns the exit
            status or an error message.
    """
    warnings.formatwarning = one_line
    app.run(main, flags_parser=parse)


def one_line(message: Warning | str, *_: object, **__: object) -> str:
    """Return a warning as one line for users, without file and line of the code."""
    return f"Warning: {message}\n"


def parse(argv: Sequence[str]) -> list[str]:
    """Parse the flags; return the script's name and the arguments that are not flags.

    Raises:
        SystemExit: with one line of text, for unknown flags and values that cannot be
            parsed.
    """
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(f"{os.path.basename(argv[0])}: {error}")


def table(config_class: type, except_: Collection[str] = ()) -> str:
    """Return a Markdown table of a dataclass's flags: name, default, help."""
    rows = ["| flag | default | what it is |", "|---|---|---|"]
    for name, one in settings_of(config_class).items():
        if name not in except_ and one.flag:
            text = one.help.replace("|", "\\|")
            if one.choices:
                text += f" One of {', '.join(one.choices)}."
            rows.append(f"| `--{name}` | {default_of(one)} | {text} |")
    return "\n".join(rows)


def default_of(one: Setting) -> str:
    """Return a setting's default as the table shows it; an empty text for None."""
    default = one.plain_default()
    if default is None or default == []:
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    return f"`{Serializer().serialize(default)}`"
