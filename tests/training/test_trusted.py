"""Trainings that are killed, lose photographs or fill the disk."""

import errno
import json
import os
import pathlib
import random
import threading
import time

import numpy as np
import pytest
from PIL import Image

import fusion_style.training.state
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.files import temporary_path
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_network
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import read_recipe, save_network
from fusion_style.tests.support import tiny_train
from fusion_style.tests.support.forked import Forked
from fusion_style.tests.support.pictures import assert_same, made_up_photograph
from fusion_style.tests.support.tiny import TINY_TRAINING, as_flags


def written(checkpoint):
    return os.stat(checkpoint).st_mtime_ns if os.path.exists(checkpoint) else 0


def kill_at_random(training, checkpoint, chance):
    """SIGKILL, a random time after a random number of checkpoints."""
    for _ in range(chance.randint(1, 5)):
        before = written(checkpoint)
        while written(checkpoint) == before:
            assert training.running(), training.result()
            time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.1))
    training.kill()


def test_killed_ten_times_is_the_same_training(painting, photographs, tmp_path):
    """To the bit, weights and history, with kills between and within checkpoints."""
    given = TINY_TRAINING | {"style": painting, "data": photographs, "steps": 44}

    def start(out, *flags):
        flags = [*as_flags(given), f"--out={out}.keras", f"--log_dir={out}", *flags]
        return Forked(tiny_train.main, flags, folder=tmp_path)

    undisturbed = start("whole")
    often, chance = "--checkpoint_every=0", random.Random(1)
    for kill in range(10):
        training = start("killed", often, f"--resume={kill > 0}")
        kill_at_random(training, tmp_path / "killed" / "checkpoint.keras", chance)
    for training in (undisturbed, start("killed", often, "--resume")):
        status, _, errors = training.result()
        assert status == 0, errors[-2000:]
    runs = [tmp_path / f"{name}.keras" for name in ("whole", "killed")]
    assert_same(*runs)
    one, two = map(read_recipe, runs)
    assert one["history"] == two["history"] and len(one["history"]) == 5
    assert one["history"][-1]["step"] == 44
    assert one["resumed"] == [] and len(two["resumed"]) == 10
    assert two["resumed"] == sorted(two["resumed"]) and 0 < two["resumed"][-1] < 44
    assert not [name for name in os.listdir(tmp_path / "killed") if name.startswith(".")]


def test_a_full_disk_leaves_the_last_checkpoint(learn, monkeypatch, capsys, tmp_path):
    """And one warning; what a killed process left half-written is in nobody's way."""
    (tmp_path / "logs").mkdir()
    checkpoint = str(tmp_path / "logs" / "checkpoint.keras")
    leftover = pathlib.Path(temporary_path(checkpoint))
    leftover.write_bytes(b"PK half")
    found = []

    def save(network, path, recipe, training=None):
        assert not leftover.exists()
        if training is not None and recipe["steps"] > 1:
            found.append(read_recipe(path)["steps"])
            raise OSError(errno.ENOSPC, "No space left on device")
        save_network(network, path, recipe, training)

    monkeypatch.setattr(fusion_style.training.state, "save_network", save)
    record = learn(steps=4, checkpoint_every=0, log_dir="logs", out="my.keras")
    assert record["finished"] and found == [1, 1, 1]
    assert capsys.readouterr().err.count("No space left on device") == 1
    assert all(np.isfinite(w).all() for w in load_network("my.keras").get_weights())


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
