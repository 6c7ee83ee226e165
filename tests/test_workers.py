"""Several machines, here processes on one: as one process, and what if one dies."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import tiny  # noqa: F401  registers the network's class

from models.checkpoint import load_network, read_recipe
from training.strategy import worker

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SETTINGS = {
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": ["relu2_1"],
    "size": 16,
    "style_size": 24,
    "batch": 4,
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


def learn(folder, workers=1, **settings):
    """[(exit status, stdout, stderr)] of so many processes that learn together."""
    path = folder / "settings.json"
    path.write_text(json.dumps(SETTINGS | settings))
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(workers)]}
    processes = []
    for index in range(workers):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "PYTHONPATH": ROOT}
        if workers > 1:
            environment["TF_CONFIG"] = json.dumps(task)
        program = [sys.executable, os.path.join(ROOT, "tests", "worker.py"), str(path)]
        # Of one network file system, as machines would share: the same folder.
        processes.append(
            subprocess.Popen(
                program, cwd=folder, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    try:
        outputs = [process.communicate(timeout=150) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(p.returncode, *output) for p, output in zip(processes, outputs, strict=True)]


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
        assert both[dies][0] == -9
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
    left = ["settings.json", "two.json", "two.keras", "two.training"]
    assert sorted(os.listdir(tmp_path)) == left


def test_two_devices_killed_and_resumed_are_one(one, given, tmp_path):
    ((status, _, _),) = learn(
        tmp_path, **given, devices="cpu:2", out="two.keras", dies=0, dies_at=5
    )
    assert status == -9
    ((status, history, errors),) = learn(
        tmp_path, **given, devices="cpu:2", out="two.keras", resume=True
    )
    assert status == 0, errors[-2000:]
    assert_the_same(one, tmp_path / "two.keras", history)


def test_who_is_who(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert worker() == (0, 1)
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    for task, number in (("chief", 0), 0), (("worker", 0), 1), (("worker", 1), 2):
        task = {"type": task[0], "index": task[1]}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        assert worker() == (number, 3)
    for text in ("text", '{"cluster": {"worker": ["a:1", "b:1"]}}', json.dumps({
        "cluster": cluster, "task": {"type": "worker", "index": 2},
    })):  # fmt: skip
        monkeypatch.setenv("TF_CONFIG", text)
        with pytest.raises(ValueError, match="TF_CONFIG cannot be followed"):
            worker()
