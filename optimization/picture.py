"""optimize_picture: paint one photograph, or dream over it, by changing its pixels."""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

from fusion_style.data.images import read_picture
from fusion_style.locks import locked
from fusion_style.optimization.checks import checked, refuse_to_replace
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.optimization.snapshots import (
    Snapshots,
    check_files,
    check_same,
    checkpoint_path,
    files_of,
    read_checkpoint,
    sigterm_as_interrupt,
)
from fusion_style.optimization.work import Work


def optimize_picture(
    config: OptimizeConfig, say: Callable[[str], object] = print
) -> dict[str, Any]:
    """Optimize the pixels of one picture and write it to `config.out`.

    Example:
        optimize_picture(OptimizeConfig("photo.jpg", ("starry.jpg",), "result.png"))

    Args:
        config: which pictures, and how. See `OptimizeConfig` for settings that are None.
        say: called before the start, with a message about the memory that is needed.

    Returns:
        {"finished": bool, "out": path, "seconds": float, "losses": for each scale
        `optimization.minimize.Minimized.losses`}. If "finished" is false, Ctrl-C or
        SIGTERM stopped the optimization: `out` is the latest picture, and there is a
        checkpoint.

    Raises:
        ValueError, OSError: if the settings or files are wrong; the message says what to
            do.
        BlockingIOError: if another optimization writes the same picture.
        MemoryError: if it needs more memory than the machine has.
        FloatingPointError: if the objective is no longer finite; the checkpoint has the
            last good picture.
        NotImplementedError: if Keras's backend is not TensorFlow, PyTorch or JAX.
        KeyboardInterrupt: if it is stopped before the first iteration is done.
    """
    config = checked(config)
    with alone(config.out):
        checkpoint = begin(config)
        photograph, files = read_picture(config.content), files_of(config)
        if checkpoint:
            check_files(checkpoint_path(config.out), checkpoint["files"], files)
        work = Work(config, photograph)
        work.check_memory(say)
        started = time.monotonic()
        snapshots = Snapshots(config, files, photograph, work.finish)
        finished = go_through(work, snapshots, checkpoint)
        if finished:
            write_result(config.out, work, snapshots)
    return {
        "finished": finished,
        "out": config.out,
        "seconds": time.monotonic() - started,
        "losses": work.losses,
    }


def alone(out: str) -> contextlib.AbstractContextManager[None]:
    """Return a context in which no other optimization writes the same picture."""
    folder, name = os.path.split(checkpoint_path(out))
    return locked(
        os.path.join(folder, f".{name}.lock"),
        f"Another optimization is writing {out}. Wait until it ends, or give another --out",
    )


def begin(config: OptimizeConfig) -> dict[str, Any] | None:
    """Return the checkpoint to continue from; None for a new picture.

    Raises:
        ValueError, OSError: with --resume, if there is no checkpoint or it does not fit;
            otherwise, if there are files that must not be replaced.
    """
    path = checkpoint_path(config.out)
    if config.resume:
        checkpoint = read_checkpoint(path)
        check_same(path, checkpoint["settings"], config)
        return checkpoint
    if not config.overwrite:
        refuse_to_replace(config.out, path)
    return None


def go_through(work: Work, snapshots: Snapshots, checkpoint: dict[str, Any] | None) -> bool:
    """Optimize at every scale; return whether it ran to the end.

    If it is stopped, the latest picture and a checkpoint are written first.

    Raises:
        FloatingPointError: after the last good picture and a checkpoint were written.
        KeyboardInterrupt: if it is stopped before the first iteration is done.
    """
    with sigterm_as_interrupt():
        try:
            work.through_scales(snapshots, checkpoint)
        except KeyboardInterrupt:
            if not snapshots.stop():
                raise
            return False
        except FloatingPointError:
            snapshots.stop()
            raise
        finally:
            snapshots.close()
    return True


def write_result(out: str, work: Work, snapshots: Snapshots) -> None:
    """Write the picture, and remove the checkpoint, which is no longer needed.

    Raises:
        OSError: if the picture cannot be written; then a checkpoint is kept.
    """
    assert work.pixels is not None  # there is at least one scale
    try:
        snapshots.write(out, work.pixels)
    except OSError:
        snapshots.save_or_warn()  # then --resume only has to write the picture
        raise
    with contextlib.suppress(FileNotFoundError):
        os.remove(checkpoint_path(out))
