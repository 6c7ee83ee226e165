"""Learning a style: replicas, stopping and going on, the record, the messages."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from absl.testing import flagsaver
from conftest import import_script
from tiny import TinyNetwork

from models.checkpoint import load_network, read_recipe, save_network
from models.transformer import build_network

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TRAIN = os.path.join(ROOT, "train.py")
TINY_TRAIN = os.path.join(ROOT, "tests", "tiny_train.py")
TINY = [
    "--loss_weights=random",
    "--content_layers=relu1_2",
    "--style_layers=relu1_1,relu2_1",
    "--size=16",
    "--style_size=24",
    "--batch=4",
]


def start(folder, painting, photographs, *flags, program=TINY_TRAIN):
    """train.py with a tiny loss, started in `folder`."""
    given = [f"--style={painting}", f"--data={photographs}", *TINY, *flags]
    return subprocess.Popen(
        [sys.executable, program, *given], cwd=folder, text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def train(*given, **options):
    """What becomes of `start`."""
    process = start(*given, **options)
    stdout, stderr = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def error_of(*flags):
    """What train.py exits with, in this process: starting one takes seconds."""
    train = import_script("train")
    with flagsaver.flagsaver():
        return train.main(train.FLAGS(["train.py", *flags]))


def same_weights(first, second):
    pairs = zip(load_network(first).weights, load_network(second).weights, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, painting, photographs):
    """The folder of a training of 200 steps that nothing disturbed."""
    folder = tmp_path_factory.mktemp("trained")
    result = train(folder, painting, photographs, "--steps=200", "--out=my.keras")
    assert result.returncode == 0, result.stderr
    assert "Learned from 800 photographs" in result.stdout
    return folder


def test_a_training_leaves_a_style_a_record_and_a_preview(trained):
    assert sorted(os.listdir(trained)) == ["my.json", "my.keras", "my.training"]
    left = os.listdir(trained / "my.training")
    assert "preview.jpg" in left and "checkpoint.keras" not in left
    assert any(name.startswith("events.out.tfevents") for name in left)
    record = json.loads((trained / "my.json").read_text())
    assert record == read_recipe(trained / "my.keras")
    assert record["finished"] and record["steps"] == 200 and record["photographs"] == 800
    assert record["settings"]["style_layers"] == ["relu1_1", "relu2_1"]
    assert record["settings"]["steps"] == 200 and record["settings"]["seed"] == 0
    assert len(record["painting"]["sha256"]) == 64
    assert set(record["history"][0]) == {"step", "loss", "content", "style", "variation"}
    assert record["versions"]["keras"]


def test_stopped_and_resumed_is_the_same_training(
    trained, tmp_path, painting, photographs, monkeypatch
):
    flags = ["--steps=200", "--out=my.keras", "--log_dir=logs"]
    process = start(tmp_path, painting, photographs, *flags)
    shown = ""
    while not re.search(r" ([3-9]|[1-9]\d)/200 ", shown):
        character = process.stderr.read(1)
        assert character, f"it ended too early: {shown}"
        shown += character
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    go_on = stdout.split("To go on: python train.py ")[1].split()
    assert go_on == [f"--style={painting}", "--out=my.keras", "--log_dir=logs", "--resume"]
    assert not (tmp_path / "my.keras").exists()
    assert 3 <= read_recipe(tmp_path / "logs" / "checkpoint.keras")["steps"] < 200

    monkeypatch.chdir(tmp_path)
    given = [f"--style={painting}", f"--data={photographs}", *TINY, *flags]
    assert "unfinished training" in error_of(*given)
    other = error_of(*given, "--resume", "--norm=instance")
    assert "norm = batch. Received: instance" in other

    environment = {**os.environ, "PYTHONPATH": ROOT}
    program = [sys.executable, TINY_TRAIN, *go_on]
    assert subprocess.run(program, cwd=tmp_path, env=environment).returncode == 0
    assert same_weights(trained / "my.keras", tmp_path / "my.keras")


def test_two_replicas_are_one_device(tmp_path):
    """The same weights and the same logged losses, whatever the number of replicas."""
    runs = []
    for devices in ("cpu", "cpu:2"):
        path = tmp_path / f"{devices}.npz"
        program = [
            sys.executable,
            os.path.join(ROOT, "tests", "replicas.py"),
            devices,
            path,
        ]
        environment = {**os.environ, "PYTHONPATH": ROOT}
        subprocess.run(program, env=environment, check=True, timeout=300)
        runs.append(np.load(path))
    one, two = runs
    assert len(one.files) > 40
    for name in one.files:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-5, atol=2e-6)


def test_training_on_two_devices(trained, tmp_path, painting, photographs):
    flags = ["--steps=10", "--out=my.keras", "--devices=cpu:2"]
    result = train(tmp_path, painting, photographs, *flags)
    assert result.returncode == 0, result.stderr
    one, two = (json.loads((f / "my.json").read_text()) for f in (trained, tmp_path))
    assert one["history"][0]["loss"] == pytest.approx(two["history"][0]["loss"], rel=0.2)
    assert isinstance(load_network(tmp_path / "my.keras"), TinyNetwork)


def test_half_precision(tmp_path, painting, photographs):
    flags = ["--steps=3", "--precision=bfloat16", "--network=inception", "--norm=instance"]
    result = train(tmp_path, painting, photographs, *flags, program=TRAIN)
    assert result.returncode == 0, result.stderr
    network = load_network(tmp_path / "painting.keras")
    assert {w.dtype for w in network.weights} == {"float32"}
    assert np.isfinite(network.predict_on_batch(np.ones((1, 9, 9, 3), "float32"))).all()


def test_going_on_from_another_style(trained, tmp_path, painting, photographs):
    first = str(trained / "my.keras")
    flags = ["--steps=1", "--learning_rate=1e-12", f"--init_from={first}"]
    result = train(tmp_path, painting, photographs, *flags)
    assert result.returncode == 0, result.stderr
    old, new = load_network(first), load_network(tmp_path / "painting.keras")
    for a, b in zip(old.trainable_variables, new.trainable_variables, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


@pytest.mark.parametrize(("flags", "message"), [
    (["--loss_network=alexnet", "--content_layers=relu2", "--style_layers=relu1",
      "--loss_weights=imagenet"], "Keras has no weights of alexnet to download"),
    (["--loss_network=tiny_yolo", "--loss_weights=a.pth", "--content_layers=conv1",
      "--style_layers=conv1"], "file whose name ends in .weights. Received: a.pth"),
    (["--style_layers=relu5_1"], "size must be at least 32 for vgg16's relu1_2, relu5_1"),
    (["--loss_weights=none.h5"], "does not exist: none.h5"),
    (["--content_layers=relu7_1"], "vgg16 has no layer relu7_1"),
    (["--data=/nowhere"], "does not exist: /nowhere"),
    (["--style=none.jpg"], "none.jpg does not exist"),
    (["--out=my.h5"], "ends in .keras. Received: my.h5"),
    (["--size=8"], "size must be at least 16 for vgg16"),
    (["--out=taken.keras"], "taken.keras is there already"),
    (["--steps=0"], "steps must be more than 0. Received: 0"),
    (["--batch=0"], "batch must be more than 0"),
    (["--devices=gpu:99"], "TensorFlow sees"),
    (["--devices=tpu"], "devices must be auto"),
    (["--resume"], "nothing to resume"),
    (["--init_from=none"], "There is no style none"),
    (["surplus"], "takes flags only. Received: surplus"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(
    flags, message, painting, photographs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.keras").touch()
    given = [f"--style={painting}", f"--data={photographs}", "--steps=1", *TINY, *flags]
    error = error_of(*given)
    assert error.startswith("train.py")
    assert message in error
    assert os.listdir(tmp_path) == ["taken.keras"]


def test_a_batch_divides_among_devices(painting, photographs, tmp_path):
    result = train(tmp_path, painting, photographs, "--batch=3", "--devices=cpu:2")
    assert result.returncode == 1
    assert "batch must divide among 2 devices. Received: 3" in result.stderr
    assert "Traceback" not in result.stderr


def test_weights_that_do_not_fit_are_refused(tmp_path):
    from training.state import copy_weights

    path = str(tmp_path / "johnson.keras")
    save_network(build_network("johnson", width=0.125), path, {})
    with pytest.raises(
        ValueError, match="holds a JohnsonNetwork .* does not fit a FusionN"
    ):
        copy_weights(path, build_network("fusion", width=0.125))


def test_a_failed_save_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.keras"
    network = build_network(width=0.125)
    save_network(network, str(path), {"steps": 1})

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_network(network, str(path), {"steps": 2})
    assert os.listdir(tmp_path) == ["checkpoint.keras"]
    monkeypatch.undo()
    assert read_recipe(path) == {"steps": 1}
