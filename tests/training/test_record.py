"""The run record: losses, where the training was resumed, the same training again."""

import json
import pathlib
import shutil
import zipfile
from dataclasses import replace

import pytest
from absl.testing import flagsaver
from PIL import Image

from fusion_style.losses.config import LossConfig
from fusion_style.models.config import NetworkConfig
from fusion_style.settings import build, check, flatten
from fusion_style.tests.support.pictures import (
    ROOT,
    assert_same,
    import_script,
    made_up_photograph,
)
from fusion_style.training.config import TrainConfig
from fusion_style.training.earlier import read_record, read_settings
from fusion_style.training.record import RunRecord

SHIPPED = sorted((pathlib.Path(ROOT) / "pretrained").glob("*.keras"))


@pytest.fixture
def config(painting):
    return TrainConfig(painting, loss=LossConfig(loss_weights="random"))


def write_checkpoint(path, recipe):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("recipe.json", json.dumps(recipe))
    return str(path)


def test_a_record_says_where_it_was_resumed(config, tmp_path):
    """Killed twice after step 12, once after 13: and the losses are none the wiser."""
    record, path = RunRecord(config, 30), tmp_path / "checkpoint.keras"
    for step in range(1, 31):
        for _ in range({13: 2, 14: 1}.get(step, 0)):
            checkpoint = write_checkpoint(path, record.at(step - 1))
            record = RunRecord(config, 30)
            record.go_on_from(checkpoint)
        record.add(step, {"loss": step})
    final = record.at(30)
    assert final["resumed"] == [12, 12, 13] and final["recent"] == []
    assert final["history"] == [
        {"step": 10, "loss": 5.5}, {"step": 20, "loss": 15.5}, {"step": 30, "loss": 25.5}
    ]  # fmt: skip


def test_checkpoints_of_before_go_on(config, tmp_path):
    """When a record did not say yet where it was resumed."""
    older = RunRecord(config, 30).at(7)
    del older["resumed"], older["rollbacks"], older["recent"]
    record = RunRecord(config, 30)
    record.go_on_from(write_checkpoint(tmp_path / "checkpoint.keras", older))
    assert record.at(7)["resumed"] == [7]


def test_records_of_before_are_read():
    """Those of the shipped styles, from when there were fewer settings."""
    for path in SHIPPED:
        settings = read_record(str(path))["settings"]
        assert "width" not in settings and "pooling" not in settings
        config = build(TrainConfig, settings)
        check(config)
        assert config.loss.loss_network == "vgg19" and config.transformer == NetworkConfig()
        assert flatten(config).items() >= settings.items()


def test_settings_that_may_not_change(config, tmp_path):
    checkpoint = write_checkpoint(tmp_path / "my.keras", RunRecord(config, 30).at(7))
    RunRecord(replace(config, data="elsewhere", cache_gb=1), 30).go_on_from(checkpoint)
    other = replace(config, transformer=NetworkConfig(width=0.5))
    with pytest.raises(ValueError, match="has width = 1.0. Received: 0.5. Use the"):
        RunRecord(other, 30).go_on_from(checkpoint)


def test_other_weights_of_the_loss_network_do_not_go_on(config, tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.h5").write_bytes(bytes([number]))
    loss = LossConfig(loss_weights=str(tmp_path / "0.h5"), style_layers=("a", "b"))
    first = replace(config, loss=loss)
    checkpoint = write_checkpoint(tmp_path / "my.keras", RunRecord(first, 30).at(7))
    RunRecord(first, 30).go_on_from(checkpoint)
    for other in (str(tmp_path / "1.h5"), "random"):
        with pytest.raises(ValueError, match=r"other weights .*0\.h5"):
            second = replace(first, loss=replace(loss, loss_weights=other))
            RunRecord(second, 30).go_on_from(checkpoint)


def test_a_record_is_read_from_each_place_that_has_it(config, tmp_path):
    record = RunRecord(config, 30).at(7)
    (tmp_path / "my.json").write_text(json.dumps(record))
    (tmp_path / "my.training").mkdir()
    write_checkpoint(tmp_path / "my.training" / "checkpoint.keras", record)
    write_checkpoint(tmp_path / "my.keras", record)
    for name in ("my.json", "my.training", "my.keras"):
        assert read_record(str(tmp_path / name)) == record


@pytest.mark.parametrize(("text", "message"), [
    ("text", "is not a run record of a training: Expecting value"),
    ("[1]", "is not a run record of a training"),
    ('{"steps": 1}', "it has no history, painting, settings"),
])  # fmt: skip
def test_what_is_no_record(text, message, tmp_path):
    (tmp_path / "my.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_record(str(tmp_path / "my.json"))


def test_the_record_starts_the_same_training(learn, painting, tmp_path):
    learn(steps=3, out="first.keras", seed=7)
    train = import_script("fusion_style.train")
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
    with pytest.raises(ValueError, match="moved.png is not a run record"):
        read_settings("moved.png", {})
    with pytest.raises(FileNotFoundError, match="run record does not exist: none.json"):
        read_settings("none.json", {})


def test_the_same_again_wants_the_same_files(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        (tmp_path / f"{number}.h5").write_bytes(bytes([number]))
        before = {"steps": number, "photographs": 0}
        write_checkpoint(tmp_path / f"{number}.keras", before)
    loss = LossConfig(loss_weights="0.h5")
    begun = RunRecord(replace(config, loss=loss, init_from="0.keras"), 30)
    begun.start_from("0.keras")
    (tmp_path / "my.json").write_text(json.dumps(begun.at(30)))
    assert read_settings("my.json", {"steps": 4})["init_from"] == "0.keras"
    for name, file in (("loss_weights", "1.h5"), ("init_from", "1.keras")):
        with pytest.raises(ValueError, match=f"{file} is not the .* my.json was made with"):
            read_settings("my.json", {name: file})
    with pytest.raises(
        FileNotFoundError, match="2.h5. Say where it is with --loss_weights"
    ):
        read_settings("my.json", {"loss_weights": "2.h5"})
    with pytest.raises(ValueError, match="There is no style 2.keras"):
        read_settings("my.json", {"init_from": "2.keras"})
    other = {"loss_network": "vgg19", "loss_weights": "1.h5"}
    assert read_settings("my.json", other)["loss_weights"] == "1.h5"


def test_epochs_replace_the_steps_of_a_record(config, tmp_path):
    (tmp_path / "my.json").write_text(json.dumps(RunRecord(config, 30).at(30)))
    path = str(tmp_path / "my.json")
    assert read_settings(path, {})["steps"] == 30
    assert read_settings(path, {"epochs": 2.0})["steps"] is None
    assert read_settings(path, {"epochs": 2.0, "steps": 5})["steps"] == 5
