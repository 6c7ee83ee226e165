"""What a cluster is told and tells: rows of jobs, the manifest, messages. Without Ray."""

import functools
import json
import os
import threading

import pytest
from PIL import Image

from fusion_style.inference.cluster.manifest import NAME, Manifest, key
from fusion_style.inference.cluster.paint import paint_on_cluster
from fusion_style.inference.cluster.worker import (
    MOST_TRIES,
    pack,
    unpack,
)
from fusion_style.inference.jobs import Job
from fusion_style.inference.outcomes import Outcome
from fusion_style.tests.support.on_clusters import manifest_of, painter_of, settings


def test_a_picture_whose_workers_die_is_given_up(photograph, style, tmp_path):
    begun = []

    def begin(path):
        begun.append(path)
        return len(begun)

    painter = painter_of(settings(style, tmp_path), begin)
    path = str(tmp_path / "photo.png")
    Image.fromarray(photograph).save(path)
    job = Job(path, [("narrow", str(tmp_path / f"{i}.png")) for i in range(2)])
    for _ in range(MOST_TRIES):
        (found,) = map(unpack, painter({"jobs": [pack([job])]})["outcomes"])
        assert [o.error for o in found] == [None, None]
    os.remove(tmp_path / "1.png")
    (found,) = map(unpack, painter({"jobs": [pack([job])]})["outcomes"])
    assert [(o.kept, o.error) for o in found] == [
        (False, f"{path} cannot be painted: its workers died"), (True, None),
    ]  # fmt: skip


def test_rows_hold_any_name():
    row = pack([Job("a\udcff.jpg", [("wave", "é.jpg")]), "gone"])
    assert row.isascii()
    job, message = json.loads(row)
    assert job == {"path": "a\udcff.jpg", "paintings": [["wave", "é.jpg"]]}
    assert message == {"error": "gone"}
    assert key("a\udcff.jpg") != key("a.jpg")


@pytest.mark.parametrize(("given", "message"), [
    ({"out": "memory://out"}, "Other processes don't see memory://out"),
    ({"out": "one.png"}, "--cluster paints into a folder"),
    ({"style": "nosuch"}, "There is no style nosuch"),
    ({"cores_per_worker": 0}, "cores_per_worker must be a whole number from 1"),
    ({"mask": "mask.png"}, "--mask and --style2 don't go with --cluster"),
    ({"style2": "wave"}, "--mask and --style2 don't go with --cluster"),
    ({"workers": 2}, "With it, give --cores_per_worker"),
    ({"stroke": 8}, "stroke"),
])  # fmt: skip
def test_what_cannot_be_is_told_before_anything_starts(given, message, style, tmp_path):
    if "memory" in message:
        pytest.importorskip("fsspec")
    config = settings(**({"style": style, "out": tmp_path} | given))
    with pytest.raises(ValueError, match=message):
        next(paint_on_cluster(["photos"], config))


def test_a_manifest_that_is_none_is_not_replaced(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / NAME).write_text("mine")
    with pytest.raises(OSError, match="is no manifest"):
        Manifest(str(tmp_path))
    assert (tmp_path / NAME).read_text() == "mine"


def test_a_manifest_keeps_the_rows_of_earlier_runs(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("fusion_style.inference.cluster.manifest.ROWS", 2)
    first = Manifest(str(tmp_path))
    for i in range(5):
        error = "broken" if i == 4 else None
        first.add(Outcome(f"{i}.jpg", "wave", f"out/{i}.jpg", error, sha256=str(i)))
    first.write()
    second = Manifest(str(tmp_path))
    assert len(second.known) == 4
    second.add(Outcome("0.jpg", "wave", "out/0.jpg", kept=True))
    second.add(Outcome("1.jpg", "wave", "out/1.jpg", sha256="new"))
    second.add(Outcome("4.jpg", "wave", "out/4.jpg", sha256="mended"))
    second.add(Outcome("5.jpg", "wave", "out/5.jpg", kept=True, sha256="found"))
    second.write()
    rows = manifest_of(tmp_path)
    assert {name: row["sha256"] for name, row in rows.items()} == {
        "0.jpg": "0", "1.jpg": "new", "2.jpg": "2", "3.jpg": "3", "4.jpg": "mended",
        "5.jpg": "found",
    }  # fmt: skip
    assert rows["4.jpg"]["error"] is None and rows["5.jpg"]["time"] is None
    assert os.listdir(tmp_path) == [NAME]


def test_a_list_that_waits_for_workers_gives_no_sign_of_life(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    from fusion_style.inference.cluster import source, watch

    for i in range(3):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{i}.png")
    beaten = threading.Event()
    beats = functools.partial(watch.Beats, seconds=0.01)
    monkeypatch.setattr(source, "Beats", beats)
    config = settings("wave", tmp_path / "out")
    found = source.blocks([str(tmp_path)], config, ["wave"], 1, beaten.set)
    next(found)
    beaten.clear()
    assert not beaten.wait(0.2)
    assert len(list(found)) == 2
