"""Stylizers, lent to one piece of work at a time."""

import contextlib
import threading
from collections.abc import Iterator

from fusion_style.inference.choice import StyleChoice
from fusion_style.inference.stylizer import Stylizer


class Painters:
    """Lends Stylizers, and keeps a few for the next who wants the same style file.

    An engine paints one picture at a time. Who paints beside another gets an engine of
    its own.

    Args:
        engine, precision: see `Stylizer`.
        kept: how many that nobody uses are kept, those used last.
    """

    def __init__(self, engine: str = "auto", precision: str = "auto", kept: int = 4):
        self.engine, self.precision, self.kept = engine, precision, kept
        self.idle: list[tuple[str, Stylizer]] = []  # (path of its file, it), last used last
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def lent(self, choice: StyleChoice, stroke: float | None = None) -> Iterator[Stylizer]:
        """Give a Stylizer whose engine nobody else has while the block runs.

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
        """Return an idle Stylizer of a style, which is idle no longer; None without one."""
        with self.lock:
            for i in reversed(range(len(self.idle))):
                if self.idle[i][0] == style:
                    return self.idle.pop(i)[1]
        return None
