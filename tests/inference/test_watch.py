"""Rows that workers make: read as they come, until nothing is heard from a worker."""

import itertools
import threading
import time

import pytest

from fusion_style.inference.cluster.watch import Beats, Silence, watched


def stalled(release):
    """One row, and then nothing until `release` is set."""
    yield {"row": 0}
    release.wait(60)


def test_all_rows_come_in_order():
    rows = [{"row": i} for i in range(50)]
    assert list(watched(rows, lambda: 0, 60)) == rows


def test_errors_come_behind_the_rows_before_them():
    def rows():
        yield {"row": 0}
        raise OSError("the cluster is gone")

    found = watched(rows(), lambda: 0, 60)
    assert next(found) == {"row": 0}
    with pytest.raises(OSError, match="the cluster is gone"):
        next(found)


@pytest.mark.parametrize("beats", [lambda: 3, lambda: None])
def test_nothing_is_heard(beats):
    release = threading.Event()
    found = watched(stalled(release), beats, 0.5)
    assert next(found) == {"row": 0}
    with pytest.raises(Silence):
        next(found)
    release.set()


def test_signs_of_life_are_waited_for():
    release, count = threading.Event(), itertools.count()

    def beats():
        if (beat := next(count)) > 2:
            release.set()
        return beat

    assert list(watched(stalled(release), beats, 2)) == [{"row": 0}]


def test_reading_ends_with_the_loop():
    closed = threading.Event()

    def rows():
        try:
            for i in itertools.count():
                yield {"row": i}
        finally:
            closed.set()

    found = watched(rows(), lambda: 0, 60)
    next(found)
    found.close()
    assert closed.wait(60)


def test_beats():
    beaten = threading.Event()
    with Beats(beaten.set, seconds=0.01):
        assert beaten.wait(60)
    beaten.clear()
    time.sleep(0.05)
    assert not beaten.is_set()
    with Beats(beaten.set, seconds=60):
        pass
    assert not beaten.is_set()
