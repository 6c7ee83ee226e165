"""The finite-loss guard: go back to the last good state if a loss is not finite.

A step that fails for the first time is repeated with half the learning rate. If it fails
again, it is repeated with the full rate and other photographs. If it fails with those too,
the first photographs are used again, and the rate is halved.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import tqdm

from fusion_style.data.photos.stream import PhotoStream

if TYPE_CHECKING:  # these modules import this one
    from fusion_style.training.record import RunRecord
    from fusion_style.training.state import TrainingState

MOST_ROLLBACKS = 3  # with an eighth of the learning rate, something else must be wrong


class NotFinite(FloatingPointError):
    """The error for a loss or a weight that is infinite or not a number.

    Args:
        what: a sentence that says what is not finite.
        step: the step after which it was found.
    """

    def __init__(self, what: str, step: int) -> None:
        super().__init__(what)
        self.what, self.step = what, step


class Watch(keras.callbacks.Callback):
    """Check the weights after each step that failed before, and after the step before it.

    A gradient that is not finite only shows in the loss of the next step. With this check,
    a second failure is found at the step whose photographs caused it.

    Args:
        state: of the training; its record says which steps failed.
    """

    def __init__(self, state: "TrainingState") -> None:
        super().__init__()
        self.state, self.step = state, state.steps()
        failed = [*state.record.rollbacks, *state.record.left_out]
        self.steps = {failure["step"] - n for failure in failed for n in (0, 1)}

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.step += 1
        if self.step in self.steps:
            _ = self.model  # with JAX, reading this attribute updates the state
            self.state.check()


def roll_back(
    error: NotFinite,
    state: "TrainingState",
    compile_with: Callable[[float], None],
    stream: PhotoStream,
) -> None:
    """Go back to the last good state, from which the training does its steps again.

    The first time, the learning rate is halved, and the same photographs come in the same
    order: a photograph is seldom the cause, and the result then depends only on the
    settings. If the same step fails again, the full rate is restored, and other photographs
    replace those of the step.

    Args:
        error: the failure.
        state: of the training; its record notes what is done here.
        compile_with: function that gives the trainer a new optimizer with a learning rate.
        stream: the stream of photographs.

    Raises:
        FloatingPointError: after `MOST_ROLLBACKS`; the last good state is in the
            checkpoint then.
    """
    record = state.record
    if not state.recipe:
        raise FloatingPointError(f"{error.what}: the training starts from damaged weights")
    failure = {"step": error.step, "to": state.recipe["steps"]}
    photographs = photographs_to_blame(error.step, record, stream)
    if photographs:
        record.rollbacks.pop()  # the rate was not to blame
        record.left_out.append({**failure, "photographs": photographs})
        how = f"again, so these photographs are left out: {', '.join(photographs)}"
    else:
        acquit(error.step, record)
        if len(record.rollbacks) >= MOST_ROLLBACKS:
            state.restore()
            raise FloatingPointError(
                f"{error.what}, after {MOST_ROLLBACKS} rollbacks with half the learning "
                f"rate each. The last good network, of step {state.steps()}, is in the "
                "checkpoint. Train again with a lower --learning_rate or another "
                "--style_weight, from random weights or with --init_from that checkpoint"
            )
        record.rollbacks.append(failure)
        failure["learning_rate"] = record.learning_rate()
        how = (
            f"with half the learning rate ({failure['learning_rate']:g} at the start; "
            f"rollback {len(record.rollbacks)} of {MOST_ROLLBACKS})"
        )
    compile_with(record.learning_rate())
    state.restore()
    if state.checkpoint:
        tqdm.tqdm.write(f"{error.what}: back to step {failure['to']}, {how}", sys.stderr)


def photographs_to_blame(step: int, record: "RunRecord", stream: PhotoStream) -> list[str]:
    """Return the names of a step's photographs if the step has failed twice; else [].

    The first failure was found at this step or at the next one: see `Watch`. The names are
    returned only if other photographs are left.
    """
    earlier = [rollback["step"] for rollback in record.rollbacks]
    if not earlier or earlier[-1] - step not in (0, 1) or earlier.count(earlier[-1]) > 1:
        return []
    if left_out_at(step, record):
        return []
    names = stream.names(step - 1, record.settings["batch"])
    unused = {*record.skipped, *stream.left_out, *names}
    return names if len(stream.photographs) > len(unused) else []


def names_left_out(record: "RunRecord") -> set[str]:
    """Return the names of the photographs that made a step fail twice."""
    return {name for entry in record.left_out for name in entry["photographs"]}


def left_out_at(step: int, record: "RunRecord") -> list[dict[str, Any]]:
    """Return the record's entries in `left_out` for a step: a list of one entry, or []."""
    return [entry for entry in record.left_out if entry["step"] == step]


def acquit(step: int, record: "RunRecord") -> None:
    """Use a step's photographs again, because the step also fails without them.

    Their entry in `left_out` becomes a rollback.
    """
    for entry in left_out_at(step, record):
        record.left_out.remove(entry)
        record.rollbacks.append({"step": entry["step"], "to": entry["to"]})
        record.rollbacks[-1]["learning_rate"] = record.learning_rate()
