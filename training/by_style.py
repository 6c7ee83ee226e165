"""The losses of each style of a training that learns several."""

from collections.abc import Sequence
from typing import Any

import numpy as np

# What a step says of each lesson: how many photographs it had, and sums over them.
COLUMNS = ("photographs", "loss", "content", "style", "variation")
ENTRIES = 50  # of a training, about
MOST = 2.0  # times as often, or as seldom, as its even share a style is drawn


class StyleLosses:
    """Keep each style's losses: means over a fiftieth of the training.

    Args:
        names: of the lessons.
        steps: length of the whole training.
        every: entries are written after steps that are a multiple of this.

    Attributes:
        history: [{"step", "photographs", "loss", …}], each of the last a list with a value
            for each lesson: None for one that no photograph had.
        recent: (lessons, `COLUMNS`): sums since the last entry.
    """

    def __init__(self, names: Sequence[str], steps: int, every: int) -> None:
        self.names, self.steps = tuple(names), steps
        self.every = max(1, -(-steps // (ENTRIES * every))) * every
        self.history: list[dict[str, Any]] = []
        self.recent = np.zeros((len(names), len(COLUMNS)))

    def add(self, step: int, sums: np.ndarray) -> dict[str, float] | None:
        """Add a step's sums.

        Args:
            step: its number, from 1 up.
            sums: (lessons, `COLUMNS`), up to a factor.

        Returns:
            {"loss/wave_256": mean since the last entry, …} if an entry is full with this
            step, else None.
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
        """Return the style with the largest loss in the last entry, and that loss."""
        losses = self.history[-1]["loss"] if self.history else [None] * len(self.names)
        known = [(n, x) for n, x in zip(self.names, losses, strict=True) if x is not None]
        return max(known, key=lambda pair: pair[1], default=None)

    def shares(self, step: int) -> np.ndarray | None:
        """Return how often to draw each style after `step` steps, summing to 1.

        In proportion to its loss in the last entry of that time, within a factor of `MOST`
        of the mean; None before there is one. So it is a function of the record.
        """
        entries = [entry for entry in self.history if entry["step"] <= step]
        if not entries:
            return None
        found = np.array(entries[-1]["loss"], np.float64)  # NaN for None
        shares = np.nan_to_num(found / np.nanmean(found), nan=1.0).clip(1 / MOST, MOST)
        return shares / shares.sum()

    def next_entry(self, step: int) -> int:
        """Return after which step comes the next entry."""
        return min(self.steps, (step // self.every + 1) * self.every)

    def saved(self) -> dict[str, Any]:
        """Return what `load` takes, for JSON."""
        return {"by_style": list(self.history), "recent_by_style": self.recent.tolist()}

    def load(self, recipe: dict[str, Any] | Any) -> None:
        """Go back to what a recipe says."""
        self.history = list(recipe.get("by_style", []))
        if recent := recipe.get("recent_by_style"):
            self.recent = np.array(recent)
        else:
            self.recent = np.zeros_like(self.recent)
