"""The manifest: a Parquet file that says of each painting what became of it.

It is written whole when a run ends. A run adds to what those before it did: the rows of
paintings that are as they were are copied.
"""

import datetime
import hashlib
import os
import tempfile
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.buckets import is_bucket, join
from fusion_style.data.places import exists, local_copy, local_target
from fusion_style.files import replacing
from fusion_style.inference.outcomes import Outcome

if TYPE_CHECKING:
    import pyarrow

NAME = "manifest.parquet"
ROWS = 10_000  # that are held before they are written


def schema() -> "pyarrow.Schema":
    """Return the columns of a manifest."""
    import pyarrow as pa

    return pa.schema([
        ("path", pa.string()), ("sha256", pa.string()), ("size", pa.int64()),
        ("style", pa.string()), ("painting", pa.string()),
        ("time", pa.timestamp("ms", "UTC")), ("seconds", pa.float64()),
        ("error", pa.string()),
    ])  # fmt: skip


def key(painting: str) -> int:
    """Return 64 bits that stand for a painting's path."""
    return int.from_bytes(
        hashlib.blake2b(painting.encode("utf-8", "replace"), digest_size=8).digest(), "big"
    )


def is_known(painting: str, known: np.ndarray) -> bool:
    """Return whether a painting is among those whose sorted `key`s are `known`."""
    wanted = np.uint64(key(painting))
    i = int(np.searchsorted(known, wanted))
    return i < len(known) and bool(known[i] == wanted)


class Manifest:
    """The manifest of a folder of paintings, while they are painted.

    Of a painting 8 bytes are held, and a few thousand rows; the others are in a file.

    Args:
        out: the folder, on disk or in a bucket.

    Attributes:
        path: of the manifest.
        known: sorted `key`s of the paintings that it says are painted.

    Raises:
        OSError: if there is a manifest that can't be read.
    """

    def __init__(self, out: str) -> None:
        import pyarrow.parquet as pq

        self.path = join(out, NAME)
        keys = array("Q")
        for batch in self.before(["painting", "error"]):
            done = batch.filter(batch["error"].is_null())
            keys.extend(key(name) for name in done["painting"].to_pylist())
        self.known = np.sort(np.array(keys, np.uint64))
        self.said = array("Q")  # keys of what this run has rows of
        self.rows: list[dict[str, object]] = []
        self.folder = tempfile.TemporaryDirectory(prefix="fusion-style-")
        self.new = os.path.join(self.folder.name, "new.parquet")
        self.writer = pq.ParquetWriter(self.new, schema())

    def before(self, columns: list[str] | None = None) -> Iterator["pyarrow.RecordBatch"]:
        """Yield the rows of the manifest that is there, batch by batch."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not exists(self.path):
            return
        with local_copy(self.path) as file:
            try:
                with pq.ParquetFile(file) as parquet:
                    yield from parquet.iter_batches(ROWS, columns=columns)
            except pa.ArrowException as error:
                raise OSError(f"{self.path} is no manifest: {error}") from None

    def add(self, outcome: Outcome) -> None:
        """Note what came of a painting."""
        recorded = outcome.kept and is_known(outcome.painting, self.known)
        if recorded or not outcome.photograph:
            return
        painted = outcome.error is None and not outcome.kept
        now = datetime.datetime.now(datetime.timezone.utc)
        self.said.append(key(outcome.painting))
        self.rows.append({
            "path": plain(outcome.photograph), "sha256": outcome.sha256,
            "size": outcome.size, "style": plain(outcome.style),
            "painting": plain(outcome.painting), "time": now if painted else None,
            "seconds": outcome.seconds if painted else None,
            "error": outcome.error and plain(outcome.error),
        })  # fmt: skip
        if len(self.rows) >= ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are held to the file of this run."""
        import pyarrow as pa

        self.writer.write_table(pa.Table.from_pylist(self.rows, schema()))
        self.rows.clear()

    def write(self) -> None:
        """Write the manifest, with the rows of before that are as they were.

        Raises:
            OSError: if it can't be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.flush()
        self.writer.close()
        said = np.sort(np.array(self.said, np.uint64))
        place = local_target if is_bucket(self.path) else replacing
        with place(self.path) as target, pq.ParquetWriter(target, schema()) as writer:
            for batch in self.before():
                names = batch["painting"].to_pylist()
                stays = pa.array([not is_known(name, said) for name in names], pa.bool_())
                writer.write_batch(batch.filter(stays).cast(schema()))
            with pq.ParquetFile(self.new) as new:
                for batch in new.iter_batches(ROWS):
                    writer.write_batch(batch)
        self.folder.cleanup()


def plain(name: str) -> str:
    """Return a name as text that Parquet holds, whatever bytes a disk has in it."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
