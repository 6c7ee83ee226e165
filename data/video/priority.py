"""Keep the priority of this process, whatever an encoder does to it."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def usual_priority() -> Iterator[None]:
    """Open an encoder here: the threads of this process keep their usual priority.

    If the user is root, as in many containers, SVT-AV1 gives its threads and the one that
    opens it the highest real-time priority. Then nothing else on the machine runs while
    they compute, and every process that is started later inherits it. Linux only.
    """
    known = hasattr(os, "sched_getscheduler") and os.path.isdir("/proc/self/task")
    before = os.sched_getscheduler(0) if known else None
    try:
        yield
    finally:
        if before is not None and before not in (os.SCHED_FIFO, os.SCHED_RR):
            for thread in map(int, os.listdir("/proc/self/task")):
                with contextlib.suppress(OSError):  # it may have ended
                    if os.sched_getscheduler(thread) == os.SCHED_FIFO:
                        os.sched_setscheduler(thread, before, os.sched_param(0))
