"""Locks: only one program at a time writes a file. Every floor may use this file."""

import contextlib
import os
from collections.abc import Iterator

import filelock


@contextlib.contextmanager
def locked(path: str, complaint: str) -> Iterator[None]:
    """Hold a lock while the block runs, and remove its file afterwards.

    The operating system releases the lock when the program ends in any way. After a kill
    the file may still be there, but it locks nothing.

    Args:
        path: the lock file. Its folder is made if it does not exist.
        complaint: the error message if another program holds the lock.

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
        # Removed while it is still held: a program that waits for this file then finds it
        # gone and makes a new one.
        with contextlib.suppress(OSError):  # on Windows the release removes it
            os.remove(path)
        lock.release()
        if made:
            with contextlib.suppress(OSError):  # the folder is not empty
                os.rmdir(folder)
