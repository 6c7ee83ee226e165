"""Learning a style: stopping and going on, the record, the messages."""

import json
import os
import shutil
import signal
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
from absl.testing import flagsaver

import fusion_style.training.learn
from fusion_style.data.images import PictureError
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_network
from fusion_style.models.style_file import read_config, read_recipe, save_network
from fusion_style.tests.support import tiny_train
from fusion_style.tests.support.forked import Forked
from fusion_style.tests.support.pictures import (
    ROOT,
    assert_same,
    import_script,
    interrupt_at,
)
from fusion_style.tests.support.tiny import TINY_TRAINING, as_flags
from fusion_style.training.previews import preview_photographs
from fusion_style.training.state import copy_weights


def flags_of(painting, photographs, *flags):
    given = {"style": painting, "data": photographs} | TINY_TRAINING
    return [*as_flags(given), *flags]


def train(folder, flags, *interrupted):
    """(exit status, stdout, stderr) of train.py with a tiny network."""
    return Forked(tiny_train.main, flags, *interrupted, folder=folder).result()


def error_of(*flags):
    """What train.py exits with, in this process: starting one takes seconds."""
    train = import_script("fusion_style.train")
    with flagsaver.flagsaver():
        return train.main(train.FLAGS(["train.py", *flags]))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, painting, photographs):
    """The folder of a training of 30 steps that nothing disturbed."""
    folder = tmp_path_factory.mktemp("trained")
    flags = flags_of(painting, photographs, "--steps=30", "--out=my.keras")
    status, printed, errors = train(folder, flags)
    assert status == 0, errors
    assert "Learned from 120 photographs" in printed
    return folder


def test_a_training_leaves_a_style_a_record_and_a_preview(trained):
    assert sorted(os.listdir(trained)) == ["my.json", "my.keras", "my.training"]
    left = os.listdir(trained / "my.training")
    assert "preview.jpg" in left and "checkpoint.keras" not in left
    assert any(name.startswith("events.out.tfevents") for name in left)
    record = json.loads((trained / "my.json").read_text())
    assert record == read_recipe(trained / "my.keras")
    assert record["finished"] and record["steps"] == 30 and record["photographs"] == 120
    assert record["settings"]["style_layers"] == ["relu1_1", "relu2_1"]
    assert record["settings"]["steps"] == 30 and record["settings"]["seed"] == 0
    assert len(record["painting"]["sha256"]) == 64
    assert set(record["history"][0]) == {"step", "loss", "content", "style", "variation"}
    assert record["versions"]["keras"]


def test_stopped_and_resumed_is_the_same_training(
    trained, tmp_path, painting, photographs, monkeypatch
):
    flags = ["--steps=30", "--out=my.keras", "--log_dir=logs"]
    given = flags_of(painting, photographs, *flags)
    status, printed, errors = train(tmp_path, given, 5, signal.SIGINT)
    assert status == 1, errors
    assert "Stopped after 5 of 30 steps" in printed
    go_on = printed.split("To go on: python train.py ")[1].split()
    assert go_on == [f"--style={painting}", "--out=my.keras", "--log_dir=logs", "--resume"]
    assert not (tmp_path / "my.keras").exists()
    assert read_recipe(tmp_path / "logs" / "checkpoint.keras")["steps"] == 5

    monkeypatch.chdir(tmp_path)
    assert "unfinished training" in error_of(*given)
    other = error_of(*given, "--resume", "--norm=batch")
    assert "norm = instance. Received: batch" in other

    assert train(tmp_path, go_on)[0] == 0
    assert_same(trained / "my.keras", tmp_path / "my.keras")
    whole, resumed = (json.loads((f / "my.json").read_text()) for f in (trained, tmp_path))
    assert whole["history"] == resumed["history"]
    assert resumed["resumed"] == [5]


def test_half_precision(tmp_path, painting, photographs):
    """train.py itself, as it is started, with a network of its own."""
    flags = ["--steps=3", "--precision=bfloat16", "--network=fusion", "--norm=instance"]
    flags.append(f"--preview={painting}")
    result = subprocess.run(
        [sys.executable, os.path.join(ROOT, "train.py"),
         *flags_of(painting, photographs, *flags)],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    network = load_network(tmp_path / "painting.keras")
    assert {w.dtype for w in network.weights} == {"float32"}
    assert np.isfinite(network.predict_on_batch(np.ones((1, 9, 9, 3), "float32"))).all()


def test_going_on_from_another_style(trained, learn):
    first = str(trained / "my.keras")
    learn(steps=1, learning_rate=1e-12, init_from=first)
    old, new = load_network(first), load_network("painting.keras")
    for a, b in zip(old.trainable_variables, new.trainable_variables, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)
    with pytest.raises(ValueError, match="input_norm=True.* does not fit .*False"):
        learn(steps=1, init_from=first, input_norm=False, out="other.keras")


def test_to_resume_the_style_it_began_with_is_not_needed(trained, learn, monkeypatch):
    shutil.copy(trained / "my.keras", "first.keras")
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            learn(steps=2, init_from="first.keras", checkpoint_every=0)
    os.remove("first.keras")
    record = learn(steps=2, init_from="first.keras", resume=True)
    assert record["finished"] and record["started_from"]["steps"] == 30


def test_previews_are_of_what_can_be_read(photographs, tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.jpg").write_text("broken")
    with pytest.raises(PictureError, match="c.jpg is not a picture"):
        preview_photographs(str(tmp_path))
    for number in range(6):
        shutil.copy(os.path.join(photographs, "0.jpg"), tmp_path / f"{number}.jpg")
    (tmp_path / "0.jpg").write_text("broken")
    found = preview_photographs(str(tmp_path), size=30)
    assert len(found) == 4 and max(found[0].shape) == 30


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
    (["--size=8"], "size must be a whole number from 16 to 16384. Received: 8"),
    (["--out=taken.keras"], "taken.keras is there already"),
    (["--steps=0"], "steps must be a whole number from 1 to 1000000000. Received: 0"),
    (["--batch=0"], "batch must be a whole number from 1 to 65536. Received: 0"),
    (["--devices=gpu:99"], "TensorFlow sees"),
    (["--devices=tpu"], "devices must be auto"),
    (["--resume"], "nothing to resume"),
    (["--init_from=none"], "There is no style none"),
    (["--out=.keras"], "is like my.keras, and ends in .keras. Received: .keras"),
    (["surplus"], "takes flags only. Received: surplus"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(
    flags, message, painting, photographs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.keras").touch()
    error = error_of(*flags_of(painting, photographs, "--steps=1", *flags))
    assert error.startswith("train.py")
    assert message in error
    assert os.listdir(tmp_path) == ["taken.keras"]


def test_a_batch_divides_among_devices(learn, monkeypatch):
    two = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(fusion_style.training.learn, "make_strategy", lambda devices: two)
    with pytest.raises(ValueError, match="divide among 2 devices. Received: 3"):
        learn(batch=3)


def test_weights_that_do_not_fit_are_refused(tmp_path):
    path = str(tmp_path / "johnson.keras")
    save_network(build_network(network="johnson", width=0.125), path, {})
    with pytest.raises(
        ValueError, match="network='johnson'.* does not fit .*network='fusion'"
    ):
        copy_weights(path, build_network(width=0.125))


def test_another_versions_style_is_refused(tmp_path):
    path = str(tmp_path / "old.keras")
    save_network(build_network(width=0.125), path, {"format": "fusion-style 1"})
    with pytest.raises(ValueError, match="another version of Fusion Style.* Learn the"):
        load_network(path)
    with pytest.raises(ValueError, match="another version"):
        read_config(path)
    assert read_recipe(path) == {"format": "fusion-style 1"}


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
