"""What decoders write to standard error by themselves, caught, and told once a file."""

import contextlib
import functools
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

ONE_AT_A_TIME = threading.Lock()  # the process has one standard error
STDERR = 2


@contextlib.contextmanager
def caught_noise() -> Iterator[list[str]]:
    """Give a list that has, after the block, the lines that C code wrote meanwhile.

    libtiff doesn't know Python's `sys.stderr`: it writes to file descriptor 2, which
    points to a temporary file meanwhile, in all threads. So keep the block short.
    """
    lines: list[str] = []
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(ONE_AT_A_TIME)
            file = stack.enter_context(tempfile.TemporaryFile())
            kept = os.dup(STDERR)
        except OSError:  # a full disk, or a process without standard error
            yield lines
            return
        with contextlib.suppress(AttributeError, OSError, ValueError):
            sys.stderr.flush()
        os.dup2(file.fileno(), STDERR)
        try:
            yield lines
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            file.seek(0)
            lines += file.read().decode(errors="replace").splitlines()


@functools.cache
def tell(name: str, noise: str, more: int) -> None:
    """Print what a decoder says of a file, the first time that it says it.

    Args:
        name: of the file.
        noise: the first line.
        more: how many lines followed.
    """
    rest = f" (and {more} more)" if more else ""
    print(f"{name} is read, but its decoder says: {noise}{rest}", file=sys.stderr)
