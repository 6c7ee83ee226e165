"""StyleTrainer: train an image transformation network to minimize the loss.

Johnson et al. 2016, Fig. 2, on any Keras backend.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from fusion_style.backend import jit_compile
from fusion_style.losses import temporal
from fusion_style.losses.config import LossConfig
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.config import NetworkConfig
from fusion_style.models.keras_builder import build_network
from fusion_style.training.by_style import COLUMNS
from fusion_style.training.metrics import BatchMean, SumsByStyle
from fusion_style.training.strategy import log_shape, scope, synchronize_batch_norm

# Gradients with a larger norm are scaled down to this. In seven healthy trainings with 580
# steps, the longest was 1,338, at a first step; medians were 2 to 81. See
# docs/departures.md.
LONGEST = 2000.0


@keras.saving.register_keras_serializable("fusion_style")
class MeanOverBatch(keras.losses.Loss):
    """Take the mean of losses per picture that are already computed.

    tf.distribute sums the gradients of the replicas. Keras divides the loss by the number
    of replicas, but only if a `keras.losses.Loss` returns one value per picture. With this
    class, the gradients are those of the mean over the whole batch.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses, (batch,)."""
        return y_pred


class StyleTrainer(keras.Model):
    """Train `transformer` with `fit` over batches of photographs.

    For a network of many styles, batches are (photographs, lessons); lessons are (batch,).

    Args:
        transformer: network from and to (batch, height, width, 3), 0-255.
        perceptual_loss: `losses.perceptual.PerceptualLoss`.
        finishing: another one, to learn from since step `finishing_at`.
        log_shape: shape of logged values; see `training.strategy.log_shape`.
        lessons: number of styles to learn. They are the last rows of the network's norms.
        seed: of the movements and the noise of the steady term.
        finishing_at: the number of steps before those with `finishing`.
    """

    def __init__(
        self,
        transformer: keras.Model,
        perceptual_loss: PerceptualLoss,
        log_shape: Sequence[int] = (),
        lessons: int = 1,
        seed: int = 0,
        finishing: PerceptualLoss | None = None,
        finishing_at: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.loss_first, self.loss_last = perceptual_loss, finishing or perceptual_loss
        self.finishing_at = finishing_at if self.loss_last is not perceptual_loss else 0
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
        self.seed, self.step = seed, None
        if perceptual_loss.weights["steady"]:
            self.steady = BatchMean(name="steady")
            # Not the optimizer's count: JAX's `compute_loss` cannot read it.
            self.step = self.add_weight(
                (), "zeros", "int32", trainable=False, autocast=False,
                aggregation="only_first_replica", name="step",
            )  # fmt: skip

    def begin_at(self, step: int) -> None:
        """Set the number of steps that are done.

        The loss network and what the steady term draws depend on it.
        """
        if self.step is not None:
            self.step.assign(step)
        loss = self.loss_last if step >= self.finishing_at else self.loss_first
        if loss is not self.perceptual_loss:
            self.perceptual_loss = loss
            self.train_function = None  # the next `fit` compiles the step anew

    def end_of_turn(self, start: int, end: int) -> int:
        """Return the step before `end` at which another loss network takes over."""
        return self.finishing_at if start < self.finishing_at < end else end

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Build what Keras builds before `fit`, where it can.

        Keras cannot look at pairs of (photographs, lessons) of several workers. It need
        not: with many styles, too, all variables are there.
        """
        if self.rows == 1:
            super()._maybe_symbolic_build(*args, **kwargs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the painted photographs, (batch, height, width, 3), 0-255."""
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
        """Return the mean weighted loss of the batch, and track the unweighted terms."""
        photographs, lessons = (x, None) if self.rows == 1 else x
        loss = self.perceptual_loss if lessons is None else self.perceptual_loss.of(lessons)
        terms = loss(photographs, y_pred)
        if self.step is not None:
            terms["steady"] = self.unsteadiness(photographs, lessons, y_pred)
        for name, term in terms.items():
            getattr(self, name).update_state(term)
        total = loss.total(terms)
        self.total.update_state(total)
        if self.by_style:
            known = {"loss": total, **terms}
            self.by_style.update_state(lessons, [known[name] for name in COLUMNS[1:]])
        return self.mean_over_batch(total, total)

    def unsteadiness(self, photographs: Any, lessons: Any, painted: Any) -> Any:
        """Paint the moved photographs too; return the steady term, (batch,)."""
        step: Any = self.step
        shift = temporal.random_shift(self.seed, step.value)
        changed = temporal.moved(ops.cast(photographs, "float32"), shift)
        changed = temporal.noisy(changed, self.seed, step.value)
        step.assign_add(1)
        # In this scope, batch norm's statistics are not updated a second time.
        with keras.StatelessScope([(v, v.value) for v in self.transformer.variables]):
            x = changed if lessons is None else (changed, lessons)
            again = self.call(x, training=True)
        return temporal.unsteadiness(again, painted, shift)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Return the values to log: the weighted loss, and the unweighted terms."""
        logged = {
            "loss": self.total,
            "content": self.content,
            "style": self.style,
            "variation": self.variation,
        }
        if self.step is not None:
            logged["steady"] = self.steady
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
    losses: Sequence[LossConfig],
    strategy: Any = None,
    seed: int = 0,
    finishing_at: int = 0,
) -> StyleTrainer:
    """Return a `StyleTrainer` with random weights, which is not compiled yet.

    Args:
        paintings: float32 RGB (height, width, 3), 0-255; each is one lesson.
        transformer: the settings of the network.
        losses: the settings of the loss, and those of the loss in the last steps, if it is
            another one.
        strategy: from `training.strategy.make_strategy`.
        seed, finishing_at: see `StyleTrainer`.
    """
    with scope(strategy):
        paintings = list(paintings)
        first, *others = losses
        known = [PerceptualLoss([], first)]
        # The other one is built later, so that random weights do not depend on it.
        network = build_network(transformer)
        known += [PerceptualLoss([], loss) for loss in others]
        for loss in known:
            loss.see_each(paintings)
        trainer = StyleTrainer(
            network, known[0], log_shape(), len(paintings), seed, known[-1], finishing_at
        )
        if strategy:
            synchronize_batch_norm(trainer.transformer)
    return trainer


def compile_trainer(
    trainer: StyleTrainer, learning_rate: float, steps: int, strategy: Any = None
) -> None:
    """Compile a `StyleTrainer` with a new Adam optimizer, and build the optimizer.

    Args:
        trainer: from `build_trainer`.
        learning_rate: Adam's learning rate at the start.
        steps: number of steps in which the rate falls to 0 along a half cosine.
        strategy: as for `build_trainer`.
    """
    with scope(strategy):
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        norm = longest_gradient(trainer.perceptual_loss)
        optimizer = keras.optimizers.Adam(schedule, global_clipnorm=norm)
        trainer.compile(optimizer, jit_compile=jit_compile())
        trainer.optimizer.build(trainer.transformer.trainable_variables)


def longest_gradient(loss: PerceptualLoss) -> float | None:
    """Return the largest norm of the gradient of all weights together; None for no limit.

    The limit grows with the weights of the terms, except the steady term's: the gradient of
    that term is small, so its weight is large. There is no limit if the loss is a sum over
    the elements of each layer, because it would depend on their number.
    """
    if loss.reduce is not ops.mean:
        return None
    weights = [weight for name, weight in loss.weights.items() if name != "steady"]
    return LONGEST * max(weights) or None
