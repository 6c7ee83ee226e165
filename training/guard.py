"""The finite-loss guard: back to the last checkpoint, and on with half the step."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import tqdm

if TYPE_CHECKING:  # which imports this
    from fusion_style.training.state import TrainingState

MOST_ROLLBACKS = 3  # then the learning rate is an eighth, and something else is wrong


class NotFinite(FloatingPointError):
    """Tell of a loss or a weight that is infinite or not a number.

    Args:
        what: a sentence.
        step: after which it was found.
    """

    def __init__(self, what: str, step: int) -> None:
        super().__init__(what)
        self.what, self.step = what, step


def roll_back(
    error: NotFinite, state: "TrainingState", compile_with: Callable[[float], None]
) -> None:
    """Go back to the last good state, to repeat its steps with half the step size.

    The same photographs come again, in the same order: what diverges is seldom a
    photograph's fault, and so a training stays a function of its settings.

    Args:
        error: the `NotFinite`.
        state: `training.state.TrainingState`, whose record counts the rollbacks.
        compile_with: gives the trainer a new optimizer with a learning rate.

    Raises:
        FloatingPointError: after `MOST_ROLLBACKS`; the last good state is in the
            checkpoint then.
    """
    record = state.record
    if not state.recipe:
        raise FloatingPointError(f"{error.what}, in what the training starts from")
    if len(record.rollbacks) == MOST_ROLLBACKS:
        state.restore()
        raise FloatingPointError(
            f"{error.what}, after {MOST_ROLLBACKS} rollbacks with half the learning rate "
            f"each. The last good network, of step {state.steps()}, is in the checkpoint. "
            "Train again with a lower --learning_rate or another --style_weight, "
            "from random weights or with --init_from that checkpoint"
        )
    rollback = {"step": error.step, "to": state.recipe["steps"]}
    record.rollbacks.append(rollback)
    rollback["learning_rate"] = record.learning_rate()
    compile_with(record.learning_rate())
    state.restore()
    if state.checkpoint:
        tqdm.tqdm.write(
            f"{error.what}: back to step {rollback['to']}, with half the learning rate "
            f"({rollback['learning_rate']:g} at the start; rollback "
            f"{len(record.rollbacks)} of {MOST_ROLLBACKS})",
            file=sys.stderr,
        )
