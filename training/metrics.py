"""What a step of a training logs: means, and sums for each style, of the last batch."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from fusion_style.training.by_style import COLUMNS


class BatchMean(keras.metrics.Mean):
    """Take the mean over the last batch only.

    So the values logged for a step do not depend on where the training was stopped.
    """

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Replace the earlier values with these."""
        self.reset_state()
        super().update_state(values, sample_weight)


class SumsByStyle(keras.metrics.Metric):
    """Take sums over the last batch, separately for the photographs of each lesson.

    Args:
        lessons: number of lessons.
    """

    def __init__(self, lessons: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lessons = lessons
        shape = (lessons, len(COLUMNS))
        self.sums = self.add_variable(shape, initializer="zeros", name="sums")

    def update_state(self, lessons: Any, terms: Sequence[Any]) -> None:
        """Replace the earlier sums with those of this batch.

        Args:
            lessons: number of the lesson of each photograph, integers (batch,).
            terms: the other `COLUMNS` after the number of photographs, each (batch,).
        """
        values = ops.stack([ops.ones_like(terms[0]), *terms])
        which = ops.one_hot(lessons, self.lessons, dtype="float32")
        self.sums.assign(ops.sum(which[:, :, None] * ops.transpose(values)[:, None], 0))

    def result(self) -> Any:
        """Return (lessons, `COLUMNS`)."""
        return ops.convert_to_tensor(self.sums)
