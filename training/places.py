"""Where a training writes, and that nothing else does."""

import contextlib
import os
from typing import NamedTuple

from fusion_style.locks import locked
from fusion_style.models.style_file import CHECKPOINT
from fusion_style.training.strategy import is_chief


class Places(NamedTuple):
    """Where a training writes.

    Attributes:
        out: the style file.
        log_dir: the folder of what it leaves behind.
        checkpoint: in that folder.
        record: the run record beside the style file.
        lock: in the folder, while it trains.
    """

    out: str
    log_dir: str
    checkpoint: str
    record: str
    lock: str


def places(style: str, out: str | None = None, log_dir: str | None = None) -> Places:
    """Return where the training of a painting writes.

    Args:
        style, out, log_dir: of `TrainConfig`.

    Raises:
        ValueError: if `out` does not end in `.keras`.
    """
    out = out or os.path.splitext(os.path.basename(style))[0] + ".keras"
    if not out.endswith(".keras"):
        raise ValueError(f"A style file's name ends in .keras. Received: {out}")
    stem = out.removesuffix(".keras")
    log_dir = log_dir or f"{stem}.training"
    checkpoint, lock = (os.path.join(log_dir, n) for n in (CHECKPOINT, "training.lock"))
    return Places(out, log_dir, checkpoint, f"{stem}.json", lock)


def alone(where: Places) -> contextlib.AbstractContextManager[None]:
    """Return a context in which no other training writes to the same folder."""
    if not is_chief():  # the chief has the lock
        return contextlib.nullcontext()
    return locked(
        where.lock,
        f"Another training writes to {where.log_dir}. Wait until it has ended, or give "
        "another --out (and --log_dir, if you give one)",
    )


def refuse_to_replace(where: Places, resume: bool) -> None:
    """Raise FileExistsError if there is a style file or a checkpoint already."""
    if resume:
        return
    if os.path.exists(where.checkpoint):
        raise FileExistsError(
            f"There is a checkpoint of an unfinished training: {where.checkpoint}. Go on "
            "from it with --resume, or delete it to start again"
        )
    if os.path.exists(where.out):
        raise FileExistsError(
            f"{where.out} is there already. Give another --out, or delete it"
        )
