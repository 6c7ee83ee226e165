"""Trainings that are killed, diverge, lose photographs or fill the disk; repeated ones."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from absl.testing import flagsaver
from conftest import import_script, made_up_photograph
from PIL import Image
from tiny import build_tiny_network

import training.learn
import training.state
from data.photos import PhotoStream
from inference.stylizer import Stylizer
from models.checkpoint import load_network, read_recipe, save_network, style_path
from models.transformer import build_network
from training.record import read_settings

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TINY = {
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": ["relu1_1", "relu2_1"],
    "size": 16,
    "style_size": 24,
    "batch": 4,
}


@pytest.fixture
def learn(painting, photographs, tmp_path, monkeypatch):
    """`learn_style` with a tiny network, in a folder of its own."""
    monkeypatch.setattr(training.learn, "build_network", build_tiny_network)
    monkeypatch.chdir(tmp_path)

    def learn(**settings):
        given = {"style": painting, "data": photographs} | TINY | settings
        return training.learn.learn_style(**given)

    return learn


def weights(path):
    return load_network(path).get_weights()


def assert_same(first, second):
    for a, b in zip(weights(first), weights(second), strict=True):
        np.testing.assert_array_equal(a, b)


def test_killed_ten_times_is_the_same_training(painting, photographs, tmp_path):
    """To the bit, weights and history, with kills between and within checkpoints."""
    given = TINY | {"style": painting, "data": photographs, "steps": 44}
    flags = [
        f"--{name}={','.join(v) if isinstance(v, list) else v}" for name, v in given.items()
    ]
    runs = []
    for kills in (0, 10):
        out = tmp_path / f"{kills}.keras"
        where = [f"--out={out}", f"--log_dir={tmp_path / str(kills)}"]
        program = [
            sys.executable,
            os.path.join(ROOT, "tests", "killed.py"),
            str(kills),
            "1",
        ]
        every = f"--checkpoint_every={0 if kills else 120}"
        result = subprocess.run(
            [*program, *flags, *where, every], env={**os.environ, "PYTHONPATH": ROOT},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr[-2000:]
        runs.append(out)
    assert_same(*runs)
    one, two = (read_recipe(out) for out in runs)
    assert one["history"] == two["history"] and len(one["history"]) == 5
    assert one["history"][-1]["step"] == 44
    assert one["resumed"] == [] and len(two["resumed"]) == 10
    assert two["resumed"] == sorted(two["resumed"]) and 0 < two["resumed"][-1] < 44
    assert not [name for name in os.listdir(tmp_path / "10") if name.startswith(".")]


def test_the_record_starts_the_same_training(learn, painting, tmp_path):
    learn(steps=3, out="first.keras", seed=7)
    train = import_script("train")
    flags = ["train.py", "--from_record=first.json", "--out=second.keras"]
    with flagsaver.flagsaver():
        assert train.main(train.FLAGS(flags)) is None
    assert_same("first.keras", "second.keras")
    first, second = (
        json.loads((tmp_path / f"{n}.json").read_text()) for n in ("first", "second")
    )
    assert first["history"] == second["history"]
    assert second["settings"] == first["settings"] | {"out": "second.keras"}
    with flagsaver.flagsaver():
        again = train.main(train.FLAGS(flags[:2]))
    assert "first.keras is there already" in again
    assert read_settings("first.keras", {"seed": 8})["seed"] == 8

    shutil.copy(painting, "moved.png")
    record = first | {"settings": first["settings"] | {"style": "gone.png"}}
    (tmp_path / "moved.json").write_text(json.dumps(record))
    with pytest.raises(FileNotFoundError, match="gone.png. Say where it is"):
        read_settings("moved.json", {})
    assert read_settings("moved.json", {"style": "moved.png"})["seed"] == 7
    Image.fromarray(made_up_photograph(9, 9)).save("moved.png")
    with pytest.raises(ValueError, match="not the painting that moved.json was made with"):
        read_settings("moved.json", {"style": "moved.png"})
    with pytest.raises(ValueError, match="moved.png is no run record"):
        read_settings("moved.png", {})
    with pytest.raises(FileNotFoundError, match="run record does not exist: none.json"):
        read_settings("none.json", {})


def test_a_full_disk_leaves_the_last_checkpoint(learn, monkeypatch, capsys, tmp_path):
    """And one warning; what a killed process left half-written is in nobody's way."""
    leftover = tmp_path / "logs" / ".checkpoint.keras.abc.keras"
    leftover.parent.mkdir()
    leftover.write_bytes(b"PK half")
    found = []

    def save(network, path, recipe, training=None):
        assert not leftover.exists()
        if training is not None and recipe["steps"] > 1:
            found.append(read_recipe(path)["steps"])
            raise OSError(errno.ENOSPC, "No space left on device")
        save_network(network, path, recipe, training)

    monkeypatch.setattr(training.state, "save_network", save)
    record = learn(steps=4, checkpoint_every=0, log_dir="logs", out="my.keras")
    assert record["finished"] and found == [1, 1, 1]
    assert capsys.readouterr().err.count("No space left on device") == 1
    assert np.isfinite(np.concatenate([w.ravel() for w in weights("my.keras")])).all()


def with_nan(monkeypatch, at, times):
    """Makes batch number `at` not a number, the first `times` that it is asked for."""
    batches, left = PhotoStream.batches, [times]

    def spoiled(self, batch, start=0, *args):
        left[0] -= 1
        if left[0] < 0:
            return batches(self, batch, start, *args)
        good = batches(self, batch, start, *args).enumerate(start)
        return good.map(lambda n, x: x * np.nan if n == at else x)

    monkeypatch.setattr(PhotoStream, "batches", spoiled)


def test_a_loss_that_is_not_finite_rolls_back(learn, monkeypatch, capsys):
    with_nan(monkeypatch, at=3, times=1)
    record = learn(steps=6, checkpoint_every=0, out="my.keras")
    assert record["finished"]
    # The loss of step 4 is found before a checkpoint could be made of it.
    expected = {"step": 4, "to": 3, "learning_rate": 5e-4}
    assert record["rollbacks"] == [expected]
    assert "back to step 3, with half the learning rate" in capsys.readouterr().err
    assert [entry["step"] for entry in record["history"]] == [6]
    assert np.isfinite(record["history"][0]["loss"])


def test_a_rollback_survives_being_stopped(learn, monkeypatch):
    """Steps 4 to 6 with half the rate, from the checkpoint: as if never stopped."""
    with monkeypatch.context() as patch:
        with_nan(patch, at=3, times=1)
        learn(steps=6, checkpoint_every=0, out="whole.keras")
    add = training.learn.RunRecord.add

    def interrupt(self, step, losses):
        if step == 5:
            raise KeyboardInterrupt
        return add(self, step, losses)

    with monkeypatch.context() as patch:
        with_nan(patch, at=3, times=1)
        patch.setattr(training.learn.RunRecord, "add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            learn(steps=6, checkpoint_every=0, out="cut.keras", log_dir="whole.training")
    record = learn(
        steps=6, checkpoint_every=0, out="cut.keras", log_dir="whole.training", resume=True
    )
    assert [rollback["step"] for rollback in record["rollbacks"]] == [4]
    assert_same("whole.keras", "cut.keras")
    assert record["history"] == read_recipe("whole.keras")["history"]


def test_a_training_that_diverges_again_and_again_ends(learn, capsys):
    """With the last good network in the checkpoint, and nothing half-written."""
    with pytest.raises(FloatingPointError, match="after 3 rollbacks .* of step 0, is in"):
        learn(steps=5, learning_rate=1e30, out="my.keras")
    assert sorted(os.listdir()) == ["my.training"]
    recipe = read_recipe(style_path("my.training"))
    assert [r["to"] for r in recipe["rollbacks"]] == [0, 0, 0]
    assert recipe["rollbacks"][-1]["learning_rate"] == 1e30 / 8
    assert all(np.isfinite(w).all() for w in weights(style_path("my.training")))


def test_data_faults_are_survived_and_counted(learn, tmp_path, monkeypatch):
    """5% broken, one that disappears and comes back, and a disk that is slow."""
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(20):
        Image.fromarray(made_up_photograph(40, 50, i)).save(folder / f"{i:02}.jpg")
    (folder / "11.jpg").write_bytes((folder / "11.jpg").read_bytes()[:300])
    order = np.random.default_rng((0, 1)).permutation(20)  # of the second epoch
    lost = folder / f"{next(i for i in order[::-1] if i != 11):02}.jpg"
    crop = PhotoStream.crop

    def slow_crop(self, position):
        if position == 20:
            lost.rename(tmp_path / "away")
        if position == 50:  # batches are read by several threads
            (tmp_path / "away").rename(lost)
        time.sleep(0.005)
        return crop(self, position)

    with monkeypatch.context() as patch:
        patch.setattr(PhotoStream, "crop", slow_crop)
        record = learn(data=str(folder), steps=15, out="my.keras", cache="none")
    assert record["finished"] and lost.exists()
    assert set(record["skipped"]) == {"11.jpg", lost.name}
    assert "does not exist" in record["skipped"][lost.name]
    assert json.loads((tmp_path / "my.json").read_text())["skipped"] == record["skipped"]


def test_a_trainings_folder_is_a_style(tmp_path):
    """While the checkpoint in it is written anew, and when the training is done."""
    folder = tmp_path / "my.training"
    folder.mkdir()
    with pytest.raises(ValueError, match="without a checkpoint.keras"):
        style_path(str(folder))
    network, checkpoint = build_network(width=0.125), str(folder / "checkpoint.keras")
    save_network(network, checkpoint, {})
    assert style_path(str(folder)) == checkpoint
    done = threading.Event()

    def train():
        while not done.is_set():
            save_network(network, checkpoint, {})

    training = threading.Thread(target=train)
    training.start()
    try:
        for _ in range(10):
            painted = Stylizer(str(folder)).paint(np.ones((8, 8, 3), np.float32))
            assert np.isfinite(painted).all()
    finally:
        done.set()
        training.join()
    os.rename(checkpoint, tmp_path / "my.keras")
    assert style_path(f"{folder}/") == str(tmp_path / "my.keras")
