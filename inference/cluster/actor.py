"""The worker as Ray runs it, and the one place where tries of pictures are counted.

Import it only to paint on a cluster: it imports Ray.
"""

import collections
from collections.abc import Mapping
from typing import Any

import numpy as np
import ray

from fusion_style.inference.cluster.worker import Painter
from fusion_style.inference.config import PaintConfig
from fusion_style.models.choice import StyleChoice


class Tries:
    """Count how often each picture was begun by workers in place of a dead one.

    A picture on which every worker dies would otherwise be tried forever. Workers that
    nothing happened to don't ask: it costs nothing while all is well.
    """

    def __init__(self) -> None:
        self.begun: collections.Counter[str] = collections.Counter()

    def begin(self, path: str) -> int:
        """Return how often a picture was begun, with this time."""
        self.begun[path] += 1
        return self.begun[path]


class Worker:
    """A `Painter` whose arguments come from Ray's object store.

    Args:
        styles, config: what a `Painter` takes.
        files, known: references to what it takes.
        tries: the actor of `Tries`.
    """

    def __init__(
        self, styles: Mapping[str, StyleChoice], files: Any, config: PaintConfig,
        known: Any, tries: Any,
    ) -> None:  # fmt: skip
        self.tries = tries
        again = ray.get_runtime_context().was_current_actor_reconstructed
        data: Mapping[str, bytes] = ray.get(files)
        keys: np.ndarray = ray.get(known)
        begin = self.begin if again else None
        self.painter = Painter(styles, data, config, keys, begin)

    def begin(self, path: str) -> int:
        """Return how often a picture was begun, with this time."""
        return int(ray.get(self.tries.begin.remote(path)))

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """Paint; see `Painter`."""
        return self.painter(batch)
