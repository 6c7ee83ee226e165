"""Settings: the fields of frozen dataclasses, each with all that is said of it.

A flag, its check, the run record, what may change when a training goes on, and the
tables of flags in docs/ all follow from the field. Every floor may use it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any


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
        default: the only place where the default stands; without one the setting must
            be given.
        choices: the values that are allowed.
        at_least, above, at_most: bounds of a number; `above` is exclusive.
        may_change: whether what was interrupted may go on with another value.
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
