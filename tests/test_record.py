"""The run record: losses, and where the training was resumed; reading it again."""

import json
import zipfile

import pytest

from training.record import RunRecord, read_record


@pytest.fixture
def settings(painting):
    return {"style": painting, "batch": 4}


def write_checkpoint(path, recipe):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("recipe.json", json.dumps(recipe))
    return str(path)


def test_a_record_says_where_it_was_resumed(settings, tmp_path):
    """Killed twice after step 12, once after 13: and the losses are none the wiser."""
    record, path = RunRecord(settings, 30), tmp_path / "checkpoint.keras"
    for step in range(1, 31):
        for _ in range({13: 2, 14: 1}.get(step, 0)):
            checkpoint = write_checkpoint(path, record.at(step - 1))
            record = RunRecord(settings, 30)
            record.go_on_from(checkpoint)
        record.add(step, {"loss": step})
    final = record.at(30)
    assert final["resumed"] == [12, 12, 13] and final["recent"] == []
    assert final["history"] == [
        {"step": 10, "loss": 5.5}, {"step": 20, "loss": 15.5}, {"step": 30, "loss": 25.5}
    ]  # fmt: skip


def test_checkpoints_of_before_go_on(settings, tmp_path):
    """When a record did not say yet where it was resumed."""
    older = RunRecord(settings, 30).at(7)
    del older["resumed"], older["rollbacks"], older["recent"]
    record = RunRecord(settings, 30)
    record.go_on_from(write_checkpoint(tmp_path / "checkpoint.keras", older))
    assert record.at(7)["resumed"] == [7]


def test_a_record_is_read_from_each_place_that_has_it(settings, tmp_path):
    record = RunRecord(settings, 30).at(7)
    (tmp_path / "my.json").write_text(json.dumps(record))
    (tmp_path / "my.training").mkdir()
    write_checkpoint(tmp_path / "my.training" / "checkpoint.keras", record)
    write_checkpoint(tmp_path / "my.keras", record)
    for name in ("my.json", "my.training", "my.keras"):
        assert read_record(str(tmp_path / name)) == record


@pytest.mark.parametrize(("text", "message"), [
    ("text", "is no run record of a training: Expecting value"),
    ("[1]", "is no run record of a training"),
    ('{"steps": 1}', "it has no history, painting, settings"),
])  # fmt: skip
def test_what_is_no_record(text, message, tmp_path):
    (tmp_path / "my.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_record(str(tmp_path / "my.json"))
