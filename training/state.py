"""TrainingState: everything that a training needs to continue, in memory and on disk."""

import dataclasses
import sys
from typing import Any

import keras
import numpy as np
import tqdm

from fusion_style.files import remove_leftovers
from fusion_style.models.loading import load_network
from fusion_style.models.style_file import read_training, save_network
from fusion_style.training.guard import NotFinite
from fusion_style.training.record import RunRecord
from fusion_style.training.trainer import StyleTrainer


class TrainingState:
    """Keep the last good state of a training: weights, optimizer, record.

    A good state is finite. Other states are never written to the checkpoint.

    Args:
        trainer: a compiled `StyleTrainer` whose optimizer is built.
        record: the training's `RunRecord`.
        checkpoint: path of the checkpoint; None keeps the state in memory only, as all
            workers except the chief do.
    """

    def __init__(
        self, trainer: StyleTrainer, record: RunRecord, checkpoint: str | None
    ) -> None:
        self.trainer, self.record, self.checkpoint = trainer, record, checkpoint
        self.recipe: dict[str, Any] = {}
        self.warned = False
        if checkpoint:
            remove_leftovers(checkpoint)

    def steps(self) -> int:
        """Return the number of steps that are done."""
        return int(np.array(self.trainer.optimizer.iterations.numpy()))

    def load(self, checkpoint: str) -> None:
        """Load the weights and the optimizer's state from a checkpoint.

        Raises:
            ValueError: if it has another network, or is not a checkpoint.
        """
        copy_weights(checkpoint, self.trainer.transformer)
        self.trainer.optimizer.load_own_variables(read_training(checkpoint))

    def save(self) -> None:
        """Keep the present state, and write it. A full disk does not end the training.

        Raises:
            NotFinite: if a weight is not finite; then the state before is kept.
        """
        weights = self.check()
        optimizer: dict[str, Any] = {}
        self.trainer.optimizer.save_own_variables(optimizer)
        self.weights = weights
        # Copies, because PyTorch gives the memory that the next step will change.
        self.optimizer = {name: np.array(value) for name, value in optimizer.items()}
        self.recipe = self.record.at(self.steps())
        self.write()

    def check(self) -> list[np.ndarray]:
        """Return a copy of the weights.

        Raises:
            NotFinite: if one is not finite.
        """
        weights = [np.array(w) for w in self.trainer.transformer.get_weights()]
        if not all(np.isfinite(w).all() for w in weights):
            raise NotFinite("There are weights that are not finite", self.steps())
        return weights

    def write(self) -> None:
        """Write the checkpoint, completely or not at all."""
        if not self.checkpoint:
            return
        try:
            save_network(
                self.trainer.transformer, self.checkpoint, self.recipe, self.optimizer
            )
        except OSError as error:
            if not self.warned:
                tqdm.tqdm.write(
                    f"The checkpoint could not be written: {error}. The training goes on "
                    "and tries again at the next checkpoint. The last one is unchanged",
                    file=sys.stderr,
                )
            self.warned = True

    def restore(self) -> None:
        """Go back to the state that was kept, and write it again with its record."""
        self.trainer.transformer.set_weights(self.weights)
        self.trainer.optimizer.load_own_variables(self.optimizer)
        self.record.go_back_to(self.recipe)
        self.recipe = self.record.at(self.steps())
        self.write()


def copy_weights(path: str, network: keras.Model) -> None:
    """Give a network the weights of a style file with the same architecture.

    If the file has one style, every row of a network of many becomes a copy of its row.

    Raises:
        ValueError: if the architectures differ.
    """
    source, rows = load_network(path), network.config.conditions
    config = source.config
    if config.conditions == 1:
        config = dataclasses.replace(config, conditions=rows)
    if config != network.config:
        raise ValueError(
            f"{path} has another network: {source.config}. It does not fit {network.config}"
        )
    pairs = zip(source.get_weights(), network.get_weights(), strict=True)
    network.set_weights([np.broadcast_to(old, new.shape) for old, new in pairs])
