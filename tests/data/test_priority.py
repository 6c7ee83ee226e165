"""No encoder changes the priority of the process, although SVT-AV1 tries to as root."""

import os

import pytest

from fusion_style.data.video.encoders import encoder_of
from fusion_style.data.video.priority import usual_priority
from fusion_style.tests.data.test_video import pair, rewrite

LINUX = hasattr(os, "sched_getscheduler") and os.path.isdir("/proc/self/task")
pytestmark = pytest.mark.skipif(not LINUX, reason="priorities are read as on Linux")


def policies():
    """The scheduling policies of this process's threads."""
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")}


@pytest.mark.skipif(encoder_of("av1", "mp4") != "libsvtav1", reason="has no SVT-AV1")
def test_a_video_in_av1_leaves_it(tmp_path):
    before = policies()
    source, target = pair(tmp_path, "mp4-av1", frames=3)
    assert policies() == before
    rewrite(source, target)
    assert policies() == before


def real_time():
    """Give this thread real-time priority, or skip the test."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pytest.skip("only root may have real-time priority")


def test_real_time_priority_is_given_back():
    before = policies()
    with usual_priority():
        real_time()
        assert policies() != before
    assert policies() == before


def test_who_had_it_before_keeps_it():
    try:
        real_time()
        with usual_priority():
            pass
        assert os.sched_getscheduler(0) == os.SCHED_FIFO
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
