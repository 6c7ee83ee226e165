"""Rows of a Ray dataset, for as long as workers give signs of life.

Ray starts workers again without end, also where every one of them is killed before it has
painted anything, as on a machine without enough memory.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

BEAT = 30.0  # seconds between two signs of life


class Silence(Exception):
    """The error for workers that give no sign of life."""


class Beats:
    """Call a function regularly while a block is executed, the first time after a wait.

    Args:
        beat: the function, which must not raise.
        seconds: between two calls.
    """

    def __init__(self, beat: Callable[[], Any], seconds: float = BEAT) -> None:
        self.beat, self.seconds = beat, seconds
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        """Call the function until the block is over."""
        while not self.over.wait(self.seconds):
            self.beat()

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()


def watched(
    rows: Iterable[dict[str, Any]], beats: Callable[[], int | None], patience: float
) -> Iterator[dict[str, Any]]:
    """Yield rows that are read in another thread.

    Args:
        rows: the rows.
        beats: returns how many signs of life workers have given, or None if that cannot be
            found out at the moment.
        patience: in seconds.

    Raises:
        Silence: if no row comes, and the number does not change, for so long. The thread
            waits for its next row, and ends then.
        Exception: what reading the rows raises.
    """
    found: queue.Queue[dict[str, Any] | BaseException | None] = queue.Queue(1)
    over = threading.Event()

    def put(row: dict[str, Any] | BaseException | None) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                return found.put(row, timeout=1)

    def read() -> None:
        try:
            for row in rows:
                put(row)
                if over.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    threading.Thread(target=read, daemon=True).start()
    heard = asked = time.monotonic()
    count = None
    try:
        while True:
            try:
                row = found.get(timeout=1)  # Windows cannot interrupt a wait
            except queue.Empty:
                if time.monotonic() - asked > min(BEAT, patience / 10):
                    if (now := beats()) not in (None, count):
                        heard, count = time.monotonic(), now
                    asked = time.monotonic()
                if time.monotonic() - heard > patience:
                    raise Silence from None
                continue
            if row is None:
                return
            if isinstance(row, BaseException):
                raise row
            yield row
            heard = time.monotonic()  # what is done with a row may take long
    finally:
        over.set()
