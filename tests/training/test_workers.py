"""Several machines, here processes on one: as one process, and what if one dies."""

import json
import os
import signal
import socket

import numpy as np
import pytest

from fusion_style.models.loading import load_network
from fusion_style.models.style_file import read_recipe
from fusion_style.tests.support import worker
from fusion_style.tests.support.forked import Forked
from fusion_style.tests.support.tiny import TINY_TRAINING
from fusion_style.training import strategy

SETTINGS = TINY_TRAINING | {
    "steps": 8,
    "learning_rate": 1e-3,
    "checkpoint_every": 0,
    "devices": "cpu",
}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def learn(folder, workers=1, dies=None, dies_at=None, **settings):
    """[(exit status, stdout, stderr)] of so many processes that learn together.

    Of one network file system, as machines would share: in the same folder. Worker
    number `dies` is killed after step `dies_at`.
    """
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(workers)]}
    processes = []
    for index in range(workers):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {"TF_CONFIG": json.dumps(task)} if workers > 1 else {}
        last = dies_at if index == dies else None
        arguments = worker.main, SETTINGS | settings, last
        processes.append(Forked(*arguments, folder=folder, environment=environment))
    return [process.result(timeout=150) for process in processes]


@pytest.fixture(scope="module")
def given(painting, photographs):
    return {"style": painting, "data": photographs}


@pytest.fixture(scope="module")
def one(given, tmp_path_factory):
    """(style file, history) of one process with one device."""
    folder = tmp_path_factory.mktemp("one")
    ((status, history, errors),) = learn(folder, **given, out="one.keras")
    assert status == 0, errors[-2000:]
    return folder / "one.keras", json.loads(history)


def assert_the_same(one, style, history):
    for a, b in zip(one[1], json.loads(history), strict=True):
        assert a == pytest.approx(b, rel=1e-5)
    first, second = (load_network(path).get_weights() for path in (one[0], style))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def test_two_workers_are_one_process(one, given, tmp_path):
    """The same weights and losses; one dies, both start again, and it is the same."""
    for dies in (1, 0):  # at step 3, and in the training that goes on, at 6
        both = learn(
            tmp_path, 2, **given, out="two.keras",
            dies=dies, dies_at=3 + 3 * (1 - dies), resume=dies == 0,
        )  # fmt: skip
        assert both[dies][0] == -signal.SIGKILL
        status, _, errors = both[1 - dies]
        assert status == 1, errors[-2000:]
        assert "Another worker ended" in errors and "Traceback" not in errors
        assert not (tmp_path / "two.keras").exists()
    steps = read_recipe(tmp_path / "two.training" / "checkpoint.keras")["steps"]
    assert 4 <= steps <= 6

    both = learn(tmp_path, 2, **given, out="two.keras", resume=True)
    for status, history, errors in both:
        assert status == 0, errors[-2000:]
        assert_the_same(one, tmp_path / "two.keras", history)
    left = ["two.json", "two.keras", "two.training"]
    assert sorted(os.listdir(tmp_path)) == left


def test_two_devices_killed_and_resumed_are_one(one, given, tmp_path):
    ((status, _, _),) = learn(
        tmp_path, **given, devices="cpu:2", out="two.keras", dies=0, dies_at=5
    )
    assert status == -signal.SIGKILL
    ((status, history, errors),) = learn(
        tmp_path, **given, devices="cpu:2", out="two.keras", resume=True
    )
    assert status == 0, errors[-2000:]
    assert_the_same(one, tmp_path / "two.keras", history)


def test_who_is_who(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert strategy.worker() == (0, 1)
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    for task, number in (("chief", 0), 0), (("worker", 0), 1), (("worker", 1), 2):
        task = {"type": task[0], "index": task[1]}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        assert strategy.worker() == (number, 3)
    for text in ("text", '{"cluster": {"worker": ["a:1", "b:1"]}}', json.dumps({
        "cluster": cluster, "task": {"type": "worker", "index": 2},
    })):  # fmt: skip
        monkeypatch.setenv("TF_CONFIG", text)
        with pytest.raises(ValueError, match="TF_CONFIG is not valid"):
            strategy.worker()
