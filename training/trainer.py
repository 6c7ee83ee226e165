"""StyleTrainer: an image transformation network learning to minimize the loss.

Johnson et al. 2016, Fig. 2, on any Keras backend.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from fusion_style.backend import jit_compile
from fusion_style.losses.config import LossConfig
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.config import NetworkConfig
from fusion_style.models.keras_builder import build_network
from fusion_style.training.by_style import COLUMNS
from fusion_style.training.strategy import log_shape, scope, synchronize_batch_norm

# A gradient longer than this is cut. The longest of seven healthy trainings, 580 steps in
# all, was 1,338, at a first step; medians are 2 to 81. See docs/departures.md.
LONGEST = 2000.0


@keras.saving.register_keras_serializable("fusion_style")
class MeanOverBatch(keras.losses.Loss):
    """Take the mean of per-picture losses that are already computed.

    A `keras.losses.Loss` of one value per picture is what Keras divides by the
    number of replicas: under tf.distribute gradients are summed, so this is what
    makes them the mean over the global batch.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses, (batch,)."""
        return y_pred


class BatchMean(keras.metrics.Mean):
    """Take the mean over the last batch alone.

    So what is logged of a step doesn't depend on where the training was stopped.
    """

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Forget what was before, and take these values."""
        self.reset_state()
        super().update_state(values, sample_weight)


class SumsByStyle(keras.metrics.Metric):
    """Take sums over the last batch, of each lesson's photographs apart.

    Args:
        lessons: how many there are.
    """

    def __init__(self, lessons: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lessons = lessons
        shape = (lessons, len(COLUMNS))
        self.sums = self.add_variable(shape, initializer="zeros", name="sums")

    def update_state(self, lessons: Any, terms: Sequence[Any]) -> None:
        """Forget what was before, and take these.

        Args:
            lessons: (batch,), whole numbers.
            terms: what `COLUMNS` names after the number of photographs, (batch,) each.
        """
        values = ops.stack([ops.ones_like(terms[0]), *terms])
        which = ops.one_hot(lessons, self.lessons, dtype="float32")
        self.sums.assign(ops.sum(which[:, :, None] * ops.transpose(values)[:, None], 0))

    def result(self) -> Any:
        """Return (lessons, `COLUMNS`)."""
        return ops.convert_to_tensor(self.sums)


class StyleTrainer(keras.Model):
    """Train `transformer` with `fit` over batches of photographs.

    Of a network of many styles batches are (photographs, lessons), the latter (batch,).

    Args:
        transformer: network from and to (batch, height, width, 3), 0-255.
        perceptual_loss: `losses.perceptual.PerceptualLoss`.
        log_shape: of each logged value; see `training.strategy.log_shape`.
        lessons: how many styles are learned: the last rows of the network's norms.
    """

    def __init__(
        self,
        transformer: keras.Model,
        perceptual_loss: PerceptualLoss,
        log_shape: Sequence[int] = (),
        lessons: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rows = transformer.config.conditions
        self.lessons = lessons
        self.by_style = SumsByStyle(lessons, name="by_style") if lessons > 1 else None
        self.transformer = transformer
        self.perceptual_loss = perceptual_loss
        self.log_shape = tuple(log_shape)
        self.mean_over_batch = MeanOverBatch()
        self.total = BatchMean(name="total")
        self.content = BatchMean(name="content")
        self.style = BatchMean(name="style")
        self.variation = BatchMean(name="variation")

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Build what Keras builds before `fit`, where it can.

        Keras cannot look at pairs of (photographs, lessons) of several workers. It need
        not: with many styles, too, all variables are there.
        """
        if self.rows == 1:
            super()._maybe_symbolic_build(*args, **kwargs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the photographs as they are painted."""
        if self.rows == 1:
            return self.transformer(inputs, training=training)
        photographs, lessons = inputs
        rows = ops.one_hot(self.rows - self.lessons + lessons, self.rows, dtype="float32")
        return self.transformer([photographs, rows], training=training)

    def compute_loss(
        self,
        x: Any,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the mean over the batch of the weighted terms; track them unweighted."""
        photographs, lessons = (x, None) if self.rows == 1 else x
        loss = self.perceptual_loss if lessons is None else self.perceptual_loss.of(lessons)
        terms = loss(photographs, y_pred)
        for name, term in terms.items():
            getattr(self, name).update_state(term)
        total = loss.total(terms)
        self.total.update_state(total)
        if self.by_style:
            known = {"loss": total, **terms}
            self.by_style.update_state(lessons, [known[name] for name in COLUMNS[1:]])
        return self.mean_over_batch(total, total)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Return what is logged of this step: the weighted loss, its terms unweighted."""
        logged = {
            "loss": self.total,
            "content": self.content,
            "style": self.style,
            "variation": self.variation,
        }
        found = {
            name: ops.reshape(metric.result(), self.log_shape)
            for name, metric in logged.items()
        }
        if self.by_style:
            shape = (*self.log_shape, self.lessons, len(COLUMNS))
            found["by_style"] = ops.reshape(self.by_style.result(), shape)
        return found


def build_trainer(
    paintings: Iterable[np.ndarray],
    transformer: NetworkConfig,
    loss: LossConfig,
    strategy: Any = None,
) -> StyleTrainer:
    """Return a `StyleTrainer` with random weights, to be compiled.

    Args:
        paintings: float32 RGB (height, width, 3), 0-255; a lesson each.
        transformer, loss: what its two halves are told.
        strategy: of `training.strategy.make_strategy`.
    """
    with scope(strategy):
        perceptual_loss = PerceptualLoss([], loss)
        perceptual_loss.see_each(paintings)
        network, lessons = build_network(transformer), len(perceptual_loss.palette.mean)
        trainer = StyleTrainer(network, perceptual_loss, log_shape(), lessons)
        if strategy:
            synchronize_batch_norm(trainer.transformer)
    return trainer


def compile_trainer(
    trainer: StyleTrainer, learning_rate: float, steps: int, strategy: Any = None
) -> None:
    """Give a `StyleTrainer` a new optimizer, built, whose rate falls to 0.

    Args:
        trainer: of `build_trainer`.
        learning_rate: Adam's, at the start.
        steps: after which it is 0, along a half cosine.
        strategy: as for `build_trainer`.
    """
    with scope(strategy):
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        norm = longest_gradient(trainer.perceptual_loss)
        optimizer = keras.optimizers.Adam(schedule, global_clipnorm=norm)
        trainer.compile(optimizer, jit_compile=jit_compile())
        trainer.optimizer.build(trainer.transformer.trainable_variables)


def longest_gradient(loss: PerceptualLoss) -> float | None:
    """Return the norm at which a gradient is cut, all weights' together; None for never.

    It grows with the weights of the terms. With the sum over each layer's elements it
    would depend on their number: there is none.
    """
    if loss.reduce is not ops.mean:
        return None
    return LONGEST * max(loss.weights.values()) or None
