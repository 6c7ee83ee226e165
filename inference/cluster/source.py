"""The rows that Ray Data gives to workers: jobs, listed while others are painted.

Import it only to paint on a cluster: it imports Ray.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from ray.data import Datasource, ReadTask
from ray.data.block import BlockMetadata
from ray.data.context import DataContext

from fusion_style.data.video.probe import is_video
from fusion_style.inference.bulk import list_jobs
from fusion_style.inference.cluster.films import split
from fusion_style.inference.cluster.watch import Beats
from fusion_style.inference.cluster.worker import pack
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job

MOST = 64  # pictures of a row, whose worker does them before it reports
GROWS = 32  # after so many pictures for each worker, rows have one picture more


class JobSource(Datasource):
    """The jobs of inputs, as rows of a few; one task lists them all.

    Args:
        inputs, styles: see `inference.bulk.list_jobs`.
        config: where to paint, and how videos are split.
        workers: how many there are.
        log: the actor of a `Log`.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        config: PaintConfig,
        styles: Sequence[str],
        workers: int,
        log: Any,
    ) -> None:
        super().__init__()
        self.asked = (list(inputs), config, list(styles), workers, log.beat.remote)

    def estimate_inmemory_data_size(self) -> int | None:
        """Return None: nobody knows how long the list will be."""
        return None

    @property
    def supports_distributed_reads(self) -> bool:
        """Return False: paths on disk are listed where they were given."""
        return False

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None,
        data_context: DataContext | None = None,
    ) -> list[ReadTask]:  # fmt: skip
        """Return the one task that lists."""
        asked = self.asked
        metadata = BlockMetadata(None, None, None, None)
        return [ReadTask(lambda: blocks(*asked), metadata)]


def blocks(
    inputs: list[str], config: PaintConfig, styles: list[str], workers: int,
    beat: Callable[[], Any],
) -> Iterator[pa.Table]:  # fmt: skip
    """Yield tables of one row, a group of jobs; `beat` says that a long listing goes on.

    It says nothing while the list waits for workers, who have to speak for themselves.
    """
    found = groups(with_parts(list_jobs(inputs, config.out, styles), config), workers)
    while True:
        with Beats(beat):
            group = next(found, None)
        if group is None:
            return
        yield pa.table({"jobs": [pack(group)]})


def with_parts(jobs: Iterable[Job | str], config: PaintConfig) -> Iterator[Job | str]:
    """Yield jobs, with the parts of long videos in the place of these."""
    for job in jobs:
        yield from [job] if isinstance(job, str) else split(job, config)


def groups(jobs: Iterable[Job | str], workers: int) -> Iterator[list[Job | str]]:
    """Yield jobs in groups.

    Groups have one job at first, so that all workers soon have some, and more later, so
    that a long list costs the driver less. Each video or part is alone.
    """
    group: list[Job | str] = []
    for count, job in enumerate(jobs):
        if isinstance(job, Job) and is_video(job.path):
            yield [job]
            continue
        group.append(job)
        if len(group) >= min(MOST, 1 + count // (GROWS * workers)):
            yield group
            group = []
    if group:
        yield group
