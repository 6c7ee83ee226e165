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


def test_real_time_priority_is_given_back():
    before = policies()
    try:
        with usual_priority():
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            assert policies() != before
    except PermissionError:
        pytest.skip("only root may have real-time priority")
    assert policies() == before
