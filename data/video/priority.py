"""Keep the priority of this process, whatever an encoder does to it."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def usual_priority() -> Iterator[None]:
    """Open an encoder here: no thread of this process gets real-time priority.

    If the user is root, as in many containers, SVT-AV1 gives its threads and the one that
    opens it the highest real-time priority. Then nothing else on the machine runs while
    they compute, and every process that is started later inherits it. Linux only. A thread
    that had real-time priority before keeps it.
    """
    before = in_real_time()
    try:
        yield
    finally:
        for thread in in_real_time() - before:
            with contextlib.suppress(OSError):  # it may have ended
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def in_real_time() -> set[int]:
    """Return the threads of this process that have real-time priority."""
    found: set[int] = set()
    if not hasattr(os, "sched_getscheduler") or not os.path.isdir("/proc/self/task"):
        return found
    for thread in map(int, os.listdir("/proc/self/task")):
        with contextlib.suppress(OSError):
            if os.sched_getscheduler(thread) in (os.SCHED_FIFO, os.SCHED_RR):
                found.add(thread)
    return found
