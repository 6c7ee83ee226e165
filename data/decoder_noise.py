"""Catch what decoders write to standard error, and print it once for each file."""

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
    """Yield a list; after the block it contains the lines that C code wrote in the block.

    libtiff does not use Python's `sys.stderr`. It writes to file descriptor 2, which points
    to a temporary file during the block, for all threads. So keep the block short.
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
    """Print a decoder's message about a file, unless it was printed before.

    Args:
        name: the file's name.
        noise: the first line of the message.
        more: how many lines follow it.
    """
    rest = f" (and {more} more)" if more else ""
    print(f"{name} is read, but its decoder says: {noise}{rest}", file=sys.stderr)
