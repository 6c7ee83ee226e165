"""The driver's part in long videos: count their painted parts, and have them joined.

Import it only to paint on a cluster: it imports Ray.
"""

from collections.abc import Callable, Iterator

import ray
from ray.exceptions import RayError

from fusion_style.inference.cluster.films import join_parts
from fusion_style.inference.outcomes import Outcome


class Joins:
    """The videos whose parts are being painted or joined.

    Args:
        overwrite: whether to replace videos that are there.
        tell: called with the number of parts that are painted until now.
    """

    def __init__(self, overwrite: bool, tell: Callable[[int], object]) -> None:
        self.overwrite, self.tell, self.painted = overwrite, tell, 0
        self.parts: dict[str, dict[str, Outcome]] = {}  # {painting: {part: outcome}}
        self.joining: dict[ray.ObjectRef, list[Outcome]] = {}
        # It copies and doesn't compute. A machine that is lost costs another try.
        task = ray.remote(num_cpus=0, max_retries=3, scheduling_strategy="SPREAD")
        self.join = task(join_parts)

    def add(self, outcome: Outcome) -> Iterator[Outcome]:
        """Note what came of a part; yield what came of the video, if it is lost."""
        assert outcome.part is not None
        parts = self.parts.setdefault(outcome.painting, {})
        parts[outcome.part] = outcome
        self.painted += 1
        self.tell(self.painted)
        if len(parts) < int(outcome.part.partition("/")[2]):
            return
        del self.parts[outcome.painting]
        found = list(parts.values())
        wrong = [part for part in found if part.error is not None]
        if not wrong:
            self.joining[self.join.remote(found, self.overwrite)] = found
            return
        first = wrong[0]
        error = f"{first.error} (part {first.part}; {len(found) - len(wrong)} are painted)"
        yield Outcome(first.photograph, first.style, first.painting, error=error)

    def joined(self, wait: bool = False) -> Iterator[Outcome]:
        """Yield what came of videos that are joined; `wait` for all."""
        while self.joining:
            waiting = list(self.joining)
            for ref in ray.wait(waiting, timeout=None if wait else 0)[0]:
                yield self.result(ref, self.joining.pop(ref))
            if not wait:
                return

    def result(self, ref: "ray.ObjectRef", parts: list[Outcome]) -> Outcome:
        """Return what came of a video whose task has ended."""
        try:
            found: Outcome = ray.get(ref)
        except RayError as error:
            said = str(error).strip().split("\n")[-1]
            first = parts[0]
            found = Outcome(first.photograph, first.style, first.painting)
            found.error = f"{first.painting} cannot be joined; its parts are there: {said}"
        return found
