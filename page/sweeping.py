"""Remove old uploads and paintings, also while nobody uses the page."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator

KEPT = 1800  # seconds that uploads and paintings are kept
EVERY = 60  # seconds


@contextlib.contextmanager
def swept(folder: str, age: float = KEPT, every: float = EVERY) -> Iterator[None]:
    """Remove files older than `age` seconds from a folder while the block runs.

    Args:
        folder: with its subfolders; it need not exist yet.
        age: in seconds.
        every: seconds between two looks.
    """
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(every):
            sweep(folder, age)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def sweep(folder: str, age: float) -> None:
    """Remove the files in a folder and its subfolders that are older than `age` seconds."""
    now = time.time()
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            path = os.path.join(root, name)
            try:
                if now - os.path.getmtime(path) > age:
                    os.remove(path)
            except OSError:
                continue  # another thread has removed it
        for name in folders:
            try:
                os.rmdir(os.path.join(root, name))
            except OSError:
                continue  # it is not empty
