"""Callbacks between the steps of a training: losses, checkpoints, stopping."""

import contextlib
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import keras
import numpy as np
import tqdm

from fusion_style.training.board import Board
from fusion_style.training.guard import NotFinite
from fusion_style.training.record import RunRecord


class Losses(keras.callbacks.Callback):
    """Show the losses in a progress bar, TensorBoard and the run record.

    TensorBoard and the record get means over several steps. The bar shows those of each
    step.

    Args:
        start: number of steps that were done before, in a resumed training.
        record: the `RunRecord` to add to.
        board: `training.board.Board`.
        shown: whether there is a progress bar.

    Raises:
        NotFinite: in `fit`, if the loss is not finite.
    """

    def __init__(
        self, start: int, record: RunRecord, board: Board, shown: bool = True
    ) -> None:
        super().__init__()
        self.step, self.record, self.board = start, record, board
        self.bar = tqdm.tqdm(
            total=record.settings["steps"], initial=start, unit="step",
            dynamic_ncols=True, disable=not shown,
        )  # fmt: skip

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Show the losses of a step, and add them to the record."""
        self.step += 1
        logs = dict(logs)
        sums = logs.pop("by_style", None)
        losses = {name: float(np.ravel(value)[0]) for name, value in logs.items()}
        if not np.isfinite(losses["loss"]):
            self.bar.close()
            _ = self.model  # see Checkpoints.save_now
            raise NotFinite(f"The loss of step {self.step} is not finite", self.step)
        shown = {
            "content": f"{losses['content']:.3f}",
            "style": f"{losses['style']:.3f}",
            "variation": f"{losses['variation']:.2f}",
            "total": f"{losses['loss']:.3f}",
        }
        if "steady" in losses:
            shown["steady"] = f"{losses['steady']:.4f}"
        by_style = self.record.by_style
        if sums is not None:
            sums = np.reshape(sums, (len(by_style.names), -1))
            self.board.add_scalars(by_style.add(self.step, sums) or {}, self.step)
            if worst := by_style.worst():
                shown["worst"] = f"{worst[0]} {worst[1]:.3f}"
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()
        means = self.record.add(self.step, losses)
        if means:
            self.board.add_scalars(means, self.step)

    def on_train_end(self, logs: Any = None) -> None:
        """End the progress bar."""
        self.bar.close()


class Checkpoints(keras.callbacks.Callback):
    """Call `save()` at the start, every `seconds` seconds, and at the end.

    Args:
        save: function without arguments.
        seconds: time between two calls; 0 saves after every step.
        anyone: `training.strategy.anyone`, so that all workers save after the same step.
    """

    def __init__(
        self,
        save: Callable[[], None],
        seconds: float = 120,
        anyone: Callable[[bool], bool] = bool,
    ) -> None:
        super().__init__()
        self.save, self.seconds, self.anyone = save, seconds, anyone
        self.step_saved = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Save the start, to which the training may have to go back."""
        self.save_now()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save if it is time."""
        self.step_saved = False
        if self.anyone(time.monotonic() - self.saved_at >= self.seconds):
            self.save_now()

    def on_train_end(self, logs: Any = None) -> None:
        """Save, unless the last step was saved already."""
        if not self.step_saved:
            self.save_now()

    def save_now(self) -> None:
        """Call `save` now."""
        _ = self.model  # with JAX, reading this attribute updates the state
        self.save()
        self.saved_at, self.step_saved = time.monotonic(), True


class StopOnSignal(keras.callbacks.Callback):
    """Let Ctrl-C and SIGTERM end the training after the current step.

    A second Ctrl-C interrupts immediately. A context manager: at its end, the earlier
    handlers of the signals are restored.

    Args:
        anyone: `training.strategy.anyone`, so that all workers stop after the same step.
    """

    signals = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, anyone: Callable[[bool], bool] = bool) -> None:
        super().__init__()
        self.anyone, self.stopping = anyone, False
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> "StopOnSignal":
        """Handle the signals, if this is the main thread."""
        with contextlib.suppress(ValueError):  # only the main thread may set handlers
            for number in self.signals:
                self.previous[number] = signal.signal(number, self.stop)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the earlier handlers of the signals."""
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: stop soon. The earlier handler gets the next one."""
        self.stopping = True
        signal.signal(number, self.previous[number])

    def on_train_begin(self, logs: Any = None) -> None:
        """Stop before the first step, if a signal came already."""
        self.stop_together()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop after this step, if a signal came."""
        self.stop_together()

    def stop_together(self) -> None:
        """Stop after this step, if any worker got a signal."""
        if self.anyone(self.stopping):
            self.stopping = self.model.stop_training = True
