"""The worker as Ray runs it, and the one place to which all workers tell what they do.

Import it only to paint on a cluster: it imports Ray.
"""

import collections
from collections.abc import Mapping
from typing import Any

import numpy as np
import ray

from fusion_style.inference.cluster.watch import Beats
from fusion_style.inference.cluster.worker import Painter
from fusion_style.inference.config import PaintConfig
from fusion_style.models.choice import StyleChoice


class Log:
    """Count signs of life, and how often workers began each picture in a dead one's place.

    A picture on which every worker dies would otherwise be tried forever. Workers that
    nothing happened to, and that are not long at a picture, say nothing.
    """

    def __init__(self) -> None:
        self.begun: collections.Counter[str] = collections.Counter()
        self.count = 0

    def begin(self, path: str) -> int:
        """Return how often a picture was begun, with this time."""
        self.begun[path] += 1
        return self.begun[path]

    def beat(self) -> None:
        """Count a sign of life."""
        self.count += 1

    def beats(self) -> int:
        """Return the number of signs of life."""
        return self.count


class Worker:
    """A `Painter` whose arguments come from Ray's object store.

    Args:
        styles, config: what a `Painter` takes.
        files, known: references to what it takes.
        log: the actor of `Log`.
    """

    def __init__(
        self, styles: Mapping[str, StyleChoice], files: Any, config: PaintConfig,
        known: Any, log: Any,
    ) -> None:  # fmt: skip
        self.log = log
        again = ray.get_runtime_context().was_current_actor_reconstructed
        data: Mapping[str, bytes] = ray.get(files)
        keys: np.ndarray = ray.get(known)
        begin = self.begin if again else None
        with Beats(log.beat.remote):  # an engine may take minutes to compile
            self.painter = Painter(styles, data, config, keys, begin)

    def begin(self, path: str) -> int:
        """Return how often a picture was begun, with this time."""
        return int(ray.get(self.log.begin.remote(path)))

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """Paint; see `Painter`."""
        with Beats(self.log.beat.remote):
            return self.painter(batch)
