"""The losses of each style, in a training that learns several."""

from collections.abc import Sequence
from typing import Any

import numpy as np

# For each lesson of a step: the number of its photographs, and sums over them.
COLUMNS = ("photographs", "loss", "content", "style", "variation")
ENTRIES = 50  # approximate number of entries in a training
MOST = 2.0  # a style is drawn at most this many times as often, or as rarely, as on average


class StyleLosses:
    """Keep each style's losses, as means over about a fiftieth of the training.

    Args:
        names: of the lessons.
        steps: length of the whole training.
        every: the number of steps between two entries is a multiple of this.

    Attributes:
        history: [{"step", "photographs", "loss", …}]. All but "step" are lists with a value
            for each lesson: None for a lesson without photographs.
        recent: sums since the last entry, (lessons, `COLUMNS`).
    """

    def __init__(self, names: Sequence[str], steps: int, every: int) -> None:
        self.names, self.steps = tuple(names), steps
        self.every = max(1, -(-steps // (ENTRIES * every))) * every
        self.history: list[dict[str, Any]] = []
        self.recent = np.zeros((len(names), len(COLUMNS)))

    def add(self, step: int, sums: np.ndarray) -> dict[str, float] | None:
        """Add the sums of a step.

        Args:
            step: its number, from 1.
            sums: (lessons, `COLUMNS`); a common factor does not matter.

        Returns:
            If an entry ends with this step: {"loss/wave_256": mean since the last entry,
            …}. Otherwise None.
        """
        self.recent += np.asarray(sums, np.float64)
        if step % self.every and step != self.steps:
            return None
        counts = self.recent[:, 0]
        means = self.recent[:, 1:] / np.maximum(counts, 1e-9)[:, None]
        entry: dict[str, Any] = {"step": step, "photographs": counts.tolist()}
        for name, column in zip(COLUMNS[1:], means.T, strict=True):
            pairs = zip(column, counts, strict=True)
            entry[name] = [float(f"{mean:.5g}") if n else None for mean, n in pairs]
        self.history.append(entry)
        self.recent = np.zeros_like(self.recent)
        return {
            f"{kind}/{name}".replace(" ", "_"): value
            for kind in ("loss", "content", "style")
            for name, value in zip(self.names, entry[kind], strict=True)
            if value is not None
        }

    def worst(self) -> tuple[str, float] | None:
        """Return the style of the largest loss in the last entry and the loss, or None."""
        losses = self.history[-1]["loss"] if self.history else [None] * len(self.names)
        known = [(n, x) for n, x in zip(self.names, losses, strict=True) if x is not None]
        return max(known, key=lambda pair: pair[1], default=None)

    def shares(self, step: int) -> np.ndarray | None:
        """Return how often to draw each style after `step` steps; the sum is 1.

        The shares are proportional to the losses in the last entry at that step. Each loss
        is first clipped to between 1 / `MOST` and `MOST` times the mean loss. The shares
        depend only on the record. Without an entry, return None.
        """
        entries = [entry for entry in self.history if entry["step"] <= step]
        if not entries:
            return None
        found = np.array(entries[-1]["loss"], np.float64)  # NaN for None
        shares = np.nan_to_num(found / np.nanmean(found), nan=1.0).clip(1 / MOST, MOST)
        return shares / shares.sum()

    def next_entry(self, step: int) -> int:
        """Return the step after which the next entry is written."""
        return min(self.steps, (step // self.every + 1) * self.every)

    def saved(self) -> dict[str, Any]:
        """Return the state for JSON, as `load` takes it."""
        return {"by_style": list(self.history), "recent_by_style": self.recent.tolist()}

    def load(self, recipe: dict[str, Any] | Any) -> None:
        """Restore the state from a recipe."""
        self.history = list(recipe.get("by_style", []))
        if recent := recipe.get("recent_by_style"):
            self.recent = np.array(recent)
        else:
            self.recent = np.zeros_like(self.recent)
