"""The loop of a training: do steps until all are done or a signal stops it."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fusion_style.data.photos.stream import PhotoStream
from fusion_style.training.board import Board
from fusion_style.training.callbacks import Checkpoints, Losses, StopOnSignal
from fusion_style.training.config import TrainConfig
from fusion_style.training.draws import Draws
from fusion_style.training.guard import NotFinite, Watch, names_left_out, roll_back
from fusion_style.training.places import Places
from fusion_style.training.previews import Previews
from fusion_style.training.state import TrainingState
from fusion_style.training.strategy import anyone, batches_for, is_chief, lost_worker
from fusion_style.training.trainer import compile_trainer


def train(
    config: TrainConfig,
    where: Places,
    state: TrainingState,
    stream: PhotoStream,
    previews: Sequence[np.ndarray],
    strategy: Any,
) -> None:
    """Do the steps that are not done yet, unless a signal stops the training before.

    Args:
        config: the settings of the training.
        where: the files that it writes.
        state: the compiled trainer, and the record.
        stream: the stream of photographs.
        previews: float32 RGB (height, width, 3), 0-255, to paint from time to time.
        strategy: from `make_strategy`.

    Raises:
        FloatingPointError: if the loss is not finite too often; see `training.guard`.
        PictureError: if no photograph can be read any more.
        ConnectionError: if another worker ends.
    """
    trainer, record, chief = state.trainer, state.record, is_chief()
    steps = record.settings["steps"]
    compile_with = functools.partial(
        compile_trainer, trainer, steps=steps, strategy=strategy
    )
    together = functools.partial(anyone, strategy)
    with (
        Board(where.log_dir if chief else None, state.steps()) as board,
        StopOnSignal(together) as stop,
    ):
        while state.steps() < steps and not stop.stopping:
            start = state.steps()
            trainer.begin_at(start)
            draws, end = draws_for(config, state, start)
            end = trainer.end_of_turn(start, end)
            stream.left_out = names_left_out(record)
            callbacks = [
                Losses(start, record, board, shown=chief),
                Watch(state),
                Checkpoints(state.save, config.checkpoint_every, together),
                stop,
            ]
            if chief:
                rows = range(trainer.rows - trainer.lessons, trainer.rows)
                shown = rows if trainer.rows > 1 else None
                callbacks.append(Previews(previews, where.log_dir, board, start, shown))
            try:
                trainer.fit(
                    batches_for(strategy, stream, config.batch, start, draws),
                    steps_per_epoch=end - start,
                    shuffle=False,
                    verbose=0,
                    callbacks=callbacks,
                )
            except NotFinite as error:
                roll_back(error, state, compile_with, stream)
                board.go_on_from(state.steps())
            except Exception as error:
                raise stream.failure or lost_worker(error) or error from None


def draws_for(
    config: TrainConfig, state: TrainingState, start: int
) -> tuple[Draws | None, int]:
    """Return the draws of styles from step `start`, and the step at which they end.

    For a network of one style, the draws are None. With `balance`, the shares of styles
    stay the same until the next losses of each style are written. So they do not depend on
    how many batches are read in advance.
    """
    trainer, by_style = state.trainer, state.record.by_style
    if trainer.rows == 1:
        return None, by_style.steps
    if not config.balance or trainer.lessons == 1:
        return Draws(config.seed, trainer.lessons), by_style.steps
    begun = start - start % by_style.every
    shares = by_style.shares(begun)
    return Draws(config.seed, trainer.lessons, shares), by_style.next_entry(start)
