"""Locks: one program at a time writes a file. Every floor may use it."""

import contextlib
import os
from collections.abc import Iterator

import filelock


@contextlib.contextmanager
def locked(path: str, complaint: str) -> Iterator[None]:
    """Hold a lock while the block runs, and leave nothing behind.

    The operating system holds it, and releases it when the program ends, however it
    ends: after a kill the file may still be there, but locks nothing.

    Args:
        path: of the lock's file, whose folder is made if it isn't there.
        complaint: what to say if another program holds the lock.

    Raises:
        BlockingIOError: with the complaint.
        OSError: if the file cannot be written.
    """
    folder = os.path.dirname(os.path.abspath(path))
    made = not os.path.exists(folder)
    os.makedirs(folder, exist_ok=True)
    lock = filelock.FileLock(path)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise BlockingIOError(complaint) from None
    try:
        yield
    finally:
        # While it is held: whoever waits for this file finds it gone and takes a new one.
        with contextlib.suppress(OSError):  # Windows removes it with the release
            os.remove(path)
        lock.release()
        if made:
            with contextlib.suppress(OSError):  # there is something in it
                os.rmdir(folder)
