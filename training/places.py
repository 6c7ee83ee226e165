"""Where a training writes its files, and locks so that no other training writes there."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fusion_style.locks import locked
from fusion_style.models.style_file import CHECKPOINT
from fusion_style.training.paintings import as_tuple
from fusion_style.training.strategy import is_chief

SEVERAL = "paintings"  # name of the style file if several paintings are given


class Places(NamedTuple):
    """The paths of the files that a training writes.

    Attributes:
        out: the style file.
        log_dir: the training's folder.
        checkpoint: the checkpoint, in that folder.
        record: the run record, beside the style file.
        lock: the lock file, in the folder during the training.
    """

    out: str
    log_dir: str
    checkpoint: str
    record: str
    lock: str


def places(
    style: str | Sequence[str], out: str | None = None, log_dir: str | None = None
) -> Places:
    """Return the paths of the files that a training writes.

    Args:
        style, out, log_dir: settings of `TrainConfig`.

    Raises:
        ValueError: if `out` is not a name that ends in `.keras`.
    """
    several = as_tuple(style)
    named = several[0] if len(several) == 1 else SEVERAL
    out = out or os.path.splitext(os.path.basename(os.path.normpath(named)))[0] + ".keras"
    if not out.endswith(".keras") or os.path.basename(out) == ".keras":
        raise ValueError(
            f"A style file's name is like my.keras, and ends in .keras. Received: {out}"
        )
    stem = out.removesuffix(".keras")
    log_dir = log_dir or f"{stem}.training"
    checkpoint, lock = (os.path.join(log_dir, n) for n in (CHECKPOINT, "training.lock"))
    return Places(out, log_dir, checkpoint, f"{stem}.json", lock)


@contextlib.contextmanager
def alone(where: Places) -> Iterator[None]:
    """Lock the files of a training during the block, so that no other training writes them.

    Raises:
        BlockingIOError: if another training writes the folder or the style file.
    """
    advice = "Wait until it ends, or give another --out (and --log_dir, if you give one)"
    with contextlib.ExitStack() as stack:
        if is_chief():  # only the chief writes files
            for lock, what in (
                (where.lock, where.log_dir),
                (f"{where.out}.lock", where.out),
            ):
                complaint = f"Another training is writing to {what}. {advice}"
                stack.enter_context(locked(lock, complaint))
        yield


def refuse_to_replace(where: Places, resume: bool) -> None:
    """Raise FileExistsError if the style file or a checkpoint exists already.

    Args:
        where: the files of the training.
        resume: whether it is resumed; then nothing is refused.
    """
    if resume:
        return
    if os.path.exists(where.checkpoint):
        raise FileExistsError(
            f"There is a checkpoint of an unfinished training: {where.checkpoint}. "
            "Continue from it with --resume, or delete it to start again"
        )
    if os.path.exists(where.out):
        raise FileExistsError(
            f"{where.out} is there already. Give another --out, or delete it"
        )
