"""The rows that Ray Data gives to workers: jobs, listed while others are painted.

Import it only to paint on a cluster: it imports Ray.
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from ray.data import Datasource, ReadTask
from ray.data.block import BlockMetadata
from ray.data.context import DataContext

from fusion_style.data.video.probe import is_video
from fusion_style.inference.bulk import list_jobs
from fusion_style.inference.cluster.worker import pack
from fusion_style.inference.jobs import Job

MOST = 16  # pictures of a row, whose worker does them before it reports
GROWS = 64  # rows of one more picture come after so many pictures


class JobSource(Datasource):
    """The jobs of inputs, as rows of a few; one task lists them all.

    Args:
        inputs, out, styles: see `inference.bulk.list_jobs`.
    """

    def __init__(self, inputs: Sequence[str], out: str, styles: Sequence[str]) -> None:
        super().__init__()
        self.asked = (list(inputs), out, list(styles))

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


def blocks(inputs: list[str], out: str, styles: list[str]) -> Iterator[pa.Table]:
    """Yield tables of one row, a group of jobs."""
    for group in groups(list_jobs(inputs, out, styles)):
        yield pa.table({"jobs": [pack(group)]})


def groups(jobs: Iterable[Job | str]) -> Iterator[list[Job | str]]:
    """Yield jobs together: one by one at first, so that all workers soon have some, then
    more, so that a long list costs the driver less. Each video is alone."""
    group: list[Job | str] = []
    for count, job in enumerate(jobs):
        if isinstance(job, Job) and is_video(job.path):
            yield [job]
            continue
        group.append(job)
        if len(group) >= min(MOST, 1 + count // GROWS):
            yield group
            group = []
    if group:
        yield group
