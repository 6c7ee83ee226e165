"""The worker: one engine for each style, warm, and what it is given to paint."""

import dataclasses
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from fusion_style.data.places import exists
from fusion_style.inference.brushes import load_brushes
from fusion_style.inference.cluster.films import PartJob, paint_parts
from fusion_style.inference.cluster.manifest import is_known
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.engines.openvino import OpenVINOEngine
from fusion_style.inference.jobs import Job
from fusion_style.inference.outcomes import Outcome, add_facts, outcomes
from fusion_style.models.choice import StyleChoice

MOST_TRIES = 3  # of a picture whose workers die


def style_files(styles: Iterable[StyleChoice]) -> dict[str, bytes]:
    """Return {path: what is in the file} of the files of styles, each once."""
    found: dict[str, bytes] = {}
    for path in {choice.path for choice in styles}:
        with open(path, "rb") as file:
            found[path] = file.read()
    return found


def written(
    styles: Mapping[str, StyleChoice], files: Mapping[str, bytes], folder: str
) -> dict[str, StyleChoice]:
    """Write style files into a folder, and return the choices with their paths there."""
    paths: dict[str, str] = {}
    for i, (path, data) in enumerate(files.items()):
        paths[path] = os.path.join(folder, f"{i}.keras")
        with open(paths[path], "wb") as file:
            file.write(data)
    return {
        name: dataclasses.replace(choice, path=paths[choice.path])
        for name, choice in styles.items()
    }


class Painter:
    """What each worker has: its `Brushes`, whose engines have its share of the cores.

    Args:
        styles: {name: choice}.
        files: of `style_files`.
        config: how to paint.
        known: hashes of the paintings that are in the manifest; see `manifest.is_known`.
        begin: takes a path, and returns how often it was begun by workers that took the
            place of one that died; None outside of a cluster.
    """

    def __init__(
        self, styles: Mapping[str, StyleChoice], files: Mapping[str, bytes],
        config: PaintConfig, known: np.ndarray,
        begin: Callable[[str], int] | None = None,
    ) -> None:  # fmt: skip
        self.config, self.known, self.begin = config, known, begin
        with tempfile.TemporaryDirectory(prefix="fusion-style-") as folder:
            self.brushes = load_brushes(written(styles, files, folder), config)
        for stylizer in self.brushes.stylizers.values():
            if isinstance(stylizer.engine, OpenVINOEngine):
                stylizer.engine.use_threads(config.ray.cores_per_worker)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """Paint the jobs of a batch of rows; return what came of them, a row for a row."""
        results = []
        for row in batch["jobs"]:
            found = [o for job in json.loads(str(row)) for o in self.paint(job)]
            results.append(json.dumps([dataclasses.asdict(one) for one in found]))
        return {"outcomes": results}

    def paint(self, job: dict[str, Any]) -> Iterator[Outcome]:
        """Paint one job, as `pack` has it, and yield what came of it."""
        if "error" in job:
            yield Outcome("", "", "", error=job["error"])
            return
        part: str | None = job.get("part")
        found = Job(job["path"], [(style, path) for style, path in job["paintings"]])
        if self.begin is not None and self.begin(f"{found.path} {part}") > MOST_TRIES:
            for style, path in found.paintings:
                if not exists(path):
                    error = f"{found.path} cannot be painted: its workers died"
                    yield Outcome(found.path, style, path, error=error, part=part)
            found.paintings[:] = [pair for pair in found.paintings if exists(pair[1])]
        if part is None:
            painted = outcomes(found, self.brushes, self.config)
        else:
            split = PartJob(found.path, found.paintings, part)
            painted = paint_parts(split, self.brushes, self.config)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")
            for outcome in painted:
                outcome.notes += sorted({f"{found.path}: {w.message}" for w in warned})
                warned.clear()
                if self.lacks_facts(outcome):
                    add_facts(outcome)
                yield outcome

    def lacks_facts(self, outcome: Outcome) -> bool:
        """Return whether the manifest needs the hash of a photograph or a video."""
        if outcome.part is not None:
            return False  # whoever joins the parts adds it
        if outcome.kept:  # a run that ended early didn't record it
            return not is_known(outcome.painting, self.known)
        return outcome.sha256 is None


def pack(jobs: Sequence[Job | str]) -> str:
    """Return jobs, and messages of what can't be painted, as a row for a `Painter`.

    JSON holds names that are not Unicode, which Ray's tables don't.
    """
    return json.dumps([
        {"error": job} if isinstance(job, str) else dataclasses.asdict(job) for job in jobs
    ])  # fmt: skip


def unpack(row: str) -> list[Outcome]:
    """Return what came of the jobs of a row that a `Painter` returned."""
    return [Outcome(**one) for one in json.loads(row)]
