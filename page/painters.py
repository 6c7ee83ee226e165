"""Lend Stylizers, each to one piece of work at a time."""

import contextlib
import threading
from collections.abc import Iterator

from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.choice import StyleChoice


class Painters:
    """Lend Stylizers, and keep a few for the next work with the same style file.

    An engine paints one picture at a time: two pieces of work at the same time get an
    engine each.

    Args:
        engine, precision: see `Stylizer`.
        kept: how many idle Stylizers are kept; they are those that were used last.
    """

    def __init__(self, engine: str = "auto", precision: str = "auto", kept: int = 4):
        self.engine, self.precision, self.kept = engine, precision, kept
        self.idle: list[tuple[str, Stylizer]] = []  # (path, Stylizer), last used last
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def lent(self, choice: StyleChoice, stroke: float | None = None) -> Iterator[Stylizer]:
        """Lend a Stylizer whose engine nobody else uses while the block runs.

        Args:
            choice: of a style.
            stroke: see `Stylizer.choose`.

        Raises:
            ValueError: as `Stylizer` does.
        """
        path = choice.path
        stylizer = self.take(path) or Stylizer(path, self.engine, self.precision)
        try:
            chosen = stylizer.choose(dict(choice.weights) or None, stroke)
            chosen.name = choice.name
            yield chosen
        finally:
            with self.lock:
                self.idle = [*self.idle, (path, stylizer)][-self.kept :]

    def take(self, style: str) -> Stylizer | None:
        """Remove an idle Stylizer of a style file and return it; None if there is none."""
        with self.lock:
            for i in reversed(range(len(self.idle))):
                if self.idle[i][0] == style:
                    return self.idle.pop(i)[1]
        return None
