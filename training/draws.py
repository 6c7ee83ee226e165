"""Draw a lesson for each photograph of a training, from the seed and the position."""

from collections.abc import Sequence

import numpy as np

LESSONS = 2**32 - 2  # used instead of an epoch's number, as in `data.photos.stream`


class Draws:
    """Give each position a lesson, so that lessons are spread evenly.

    Positions are divided into stretches of `lessons` positions. In each stretch, every
    lesson comes once.

    Args:
        seed: of the training.
        lessons: number of lessons.
        shares: share of each lesson, with the sum 1; by default equal. In each stretch, a
            lesson comes as often as its share says, rounded up or down.
    """

    def __init__(
        self, seed: int, lessons: int, shares: Sequence[float] | np.ndarray | None = None
    ) -> None:
        self.seed, self.lessons = seed, lessons
        self.ends = None if shares is None else np.cumsum(shares)

    def stretch(self, number: int) -> np.ndarray:
        """Return the lessons of stretch `number`, integers (lessons,)."""
        rng = np.random.default_rng((self.seed, LESSONS, number))
        order = rng.permutation(self.lessons)
        if self.ends is None:
            return order
        points = (np.arange(self.lessons) + rng.random()) / self.lessons
        found = np.searchsorted(self.ends, points, side="right")
        return found.clip(max=self.lessons - 1)[order]

    def at(self, first: int, count: int) -> np.ndarray:
        """Return the lessons of `count` positions from `first`, int32 (count,)."""
        begin, place = divmod(int(first), self.lessons)
        end = -(-(place + count) // self.lessons)
        found = np.concatenate([self.stretch(begin + i) for i in range(end)])
        return found[place : place + count].astype(np.int32)
