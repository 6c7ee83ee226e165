"""Painting with Ray, on a cluster of two workers here: what is killed, broken, repeated.

All tests share one cluster, as starting it takes seconds.
"""

import hashlib
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from fusion_style.inference.cluster.manifest import NAME, Manifest, key
from fusion_style.inference.cluster.paint import paint_on_cluster
from fusion_style.inference.cluster.worker import (
    MOST_TRIES,
    Painter,
    pack,
    style_files,
    unpack,
)
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job
from fusion_style.inference.outcomes import Outcome, outcomes
from fusion_style.models.choice import choices
from fusion_style.settings import build
from fusion_style.tests.support.films import (
    PARTS,
    join_film,
    paint_some,
    part_length,
    write_film,
)
from fusion_style.tests.support.pictures import ROOT, made_up_photograph
from fusion_style.tests.support.ray_cluster import ray_cluster
from fusion_style.tests.support.several import save_several

PICTURES, BROKEN = 40, (7, 23)  # one in twenty
LONGEST = 300  # seconds of a test, on a machine with much else to do


@pytest.fixture(autouse=True)
def in_time():
    """End a test that waits for ever."""

    def stop(*_):
        raise TimeoutError(f"this took more than {LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two workers, to which this process is connected, and others may be."""
    if not importlib.util.find_spec("ray"):
        pytest.skip("Ray is not installed")
    with ray_cluster() as found:
        if found is None:
            pytest.skip("Ray doesn't start in time: this machine is too busy")
        import ray
        import ray.data

        ray.init(found.address, log_to_driver=False, logging_level="ERROR")
        yield found
        ray.shutdown()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A folder of pictures, two of which are broken."""
    folder = tmp_path_factory.mktemp("archive")
    for i in range(PICTURES):
        path = folder / f"{i:02}.png"
        Image.fromarray(made_up_photograph(40, 50, i)).save(path)
        if i in BROKEN:
            path.write_bytes(path.read_bytes()[:200])
    return str(folder)


@pytest.fixture(scope="module")
def expected(archive, style, tmp_path_factory):
    """{name: sha256} of the paintings that a plain loop makes."""
    folder = tmp_path_factory.mktemp("expected")
    painter = painter_of(settings(style, folder))
    for i in range(PICTURES):
        path, name = os.path.join(archive, f"{i:02}.png"), f"{i:02}-narrow.png"
        job = Job(path, [("narrow", str(folder / name))])
        list(outcomes(job, painter.brushes, painter.config))
    return hashes(folder)


def settings(style, out, **more):
    given = {"style": style, "out": str(out), "cluster": "auto"}
    return build(PaintConfig, given | more)


def painter_of(config, begin=None):
    styles = {choice.name: choice for choice in choices(config.style)}
    files = style_files(styles.values())
    return Painter(styles, files, config, np.array([], np.uint64), begin)


def hashes(folder):
    """{name: sha256} of paintings; a killed process may leave a hidden file behind."""
    paths = pathlib.Path(folder).rglob("[!.]*.png")
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def manifest_of(folder):
    """{name of a painting: its row}; that no painting has two."""
    import pyarrow.parquet as pq

    rows = pq.read_table(os.path.join(folder, NAME)).to_pylist()
    found = {os.path.basename(row["painting"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def check_all(folder, archive, expected):
    """That each painting is there once and right, and the manifest says so."""
    assert hashes(folder) == expected and len(expected) == PICTURES - len(BROKEN)
    there = {name for name in os.listdir(folder) if not name.startswith(".")}
    assert there == {*expected, NAME}
    rows = manifest_of(folder)
    assert len(rows) == PICTURES
    for i in range(PICTURES):
        row, path = rows[f"{i:02}-narrow.png"], os.path.join(archive, f"{i:02}.png")
        with open(path, "rb") as file:
            data = file.read()
        assert row["path"] == path and row["style"] == "narrow"
        assert row["sha256"] == hashlib.sha256(data).hexdigest()
        assert row["size"] == len(data)
        assert ("damaged" in (row["error"] or "")) == (i in BROKEN)
    return rows


def test_a_worker_that_is_killed_costs_nothing(cluster, archive, style, expected, tmp_path):
    found, killed = [], None
    for outcome in paint_on_cluster([archive], settings(style, tmp_path)):
        found.append(outcome)
        if killed is None and len(found) == 4:
            killed = cluster.workers()[0]
            os.kill(killed, signal.SIGKILL)
    rows = check_all(tmp_path, archive, expected)
    assert sum(o.error is not None for o in found) == len(BROKEN)
    assert killed and len(found) == PICTURES
    assert sum(row["time"] is not None for row in rows.values()) > PICTURES // 2


def test_a_driver_that_is_killed_goes_on(cluster, archive, style, expected, tmp_path):
    command = [
        sys.executable, os.path.join(ROOT, "stylize.py"), archive, "--style", style,
        "--out", str(tmp_path), "--cluster", cluster.address,
    ]  # fmt: skip
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(hashes(tmp_path)) < 3 and time.monotonic() < deadline:
        assert driver.poll() is None
        time.sleep(0.01)
    driver.kill()
    driver.wait()
    assert 3 <= len(hashes(tmp_path))
    assert not os.path.exists(tmp_path / NAME)
    found = list(paint_on_cluster([archive], settings(style, tmp_path)))
    assert sum(outcome.kept for outcome in found) >= 3
    check_all(tmp_path, archive, expected)
    # Once more: nothing is painted, and the manifest says what it said.
    before = manifest_of(tmp_path)
    broken = [o for o in paint_on_cluster([archive], settings(style, tmp_path))
              if not o.kept]  # fmt: skip
    assert {os.path.basename(o.painting) for o in broken} == {
        f"{i:02}-narrow.png" for i in BROKEN
    }
    assert manifest_of(tmp_path) == before


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A folder with a video."""
    return write_film(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def joined(film, style, tmp_path_factory):
    """The file that one machine makes of that video, in as many parts."""
    out = str(tmp_path_factory.mktemp("joined"))
    painter = painter_of(settings(style, out))
    return join_film(film, out, painter.brushes.stylizers["narrow"])


def check_film(folder, film, joined):
    """That the painted video is as on one machine, nothing else is there, and its row."""
    assert set(os.listdir(folder)) == {"film-narrow.mp4", NAME}
    assert (folder / "film-narrow.mp4").read_bytes() == joined.read_bytes()
    (row,) = manifest_of(folder).values()
    data = pathlib.Path(film, "film.mp4").read_bytes()
    assert row["sha256"] == hashlib.sha256(data).hexdigest() and row["error"] is None
    assert row["size"] == len(data) and row["path"].endswith("film.mp4")
    return row


def parts_in(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".part"))


def test_a_video_is_painted_in_parts_and_a_worker_is_killed(
    cluster, film, style, joined, tmp_path
):
    killed = []

    def kill():
        while not parts_in(tmp_path) and not stop.is_set():
            time.sleep(0.005)
        if not stop.is_set():
            killed.extend(cluster.workers()[:1])
            os.kill(killed[0], signal.SIGKILL)

    stop, config = threading.Event(), settings(
        style, tmp_path, seconds_per_part=part_length(film)
    )  # fmt: skip
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        (found,) = paint_on_cluster([film], config)
    finally:
        stop.set()
        killer.join()
    assert found.error is None and not found.kept and killed
    row = check_film(tmp_path, film, joined)
    assert row["time"] is not None and row["seconds"] > 0


def test_parts_that_are_there_are_not_painted_again(cluster, film, style, joined, tmp_path):
    config = settings(style, tmp_path, seconds_per_part=part_length(film))
    names = [f"film-narrow.mp4.{i}-of-{PARTS}.part" for i in range(1, PARTS + 1)]
    stylizer = painter_of(config).brushes.stylizers["narrow"]
    paint_some(film, str(tmp_path), stylizer, (2, 5))
    # A worker was killed when its part was whole.
    os.mkdir(tmp_path / f"{names[4]}.unfinished")
    # One that can't be joined: the others are painted, and stay.
    damaged = tmp_path / names[1]
    data = damaged.read_bytes()
    damaged.write_bytes(data[:-3])
    (found,) = paint_on_cluster([film], config)
    assert f"{names[1]} is not a complete part" in found.error
    assert parts_in(tmp_path) == names
    damaged.write_bytes(data)
    times = [os.stat(tmp_path / name).st_mtime_ns for name in names]
    held = [os.open(tmp_path / name, os.O_RDONLY) for name in names]
    (found,) = paint_on_cluster([film], config)
    assert [os.fstat(file).st_mtime_ns for file in held] == times
    for file in held:
        os.close(file)
    assert found.error is None
    check_film(tmp_path, film, joined)


def test_paintings_of_one_file_share_an_engine(cluster, archive, tmp_path):
    file, out = str(tmp_path / "several.keras"), tmp_path / "painted"
    save_several(file)
    config = settings(file, out, stroke=384)
    path = os.path.join(archive, "00.png")
    found = list(paint_on_cluster([path], config))
    assert [(o.style, o.error) for o in found] == [("wave", None), ("udnie", None)]
    # udnie was learned at 256 alone; each worker would say it again.
    (note,) = found[0].notes + found[1].notes
    assert note.startswith("udnie: strokes of 384 pixels are beyond the learned sizes")
    painter = painter_of(config)
    engines = [stylizer.engine for stylizer in painter.brushes.stylizers.values()]
    assert engines[0] is engines[1]
    expected = tmp_path / "expected"
    names = ("wave", "udnie")
    job = Job(path, [(name, str(expected / f"00-{name}.png")) for name in names])
    assert not any(o.error for o in outcomes(job, painter.brushes, config))
    assert hashes(out) == hashes(expected) and len(set(hashes(out).values())) == 2


def test_a_picture_whose_workers_die_is_given_up(archive, style, tmp_path):
    begun = []

    def begin(path):
        begun.append(path)
        return len(begun)

    painter = painter_of(settings(style, tmp_path), begin)
    path = os.path.join(archive, "00.png")
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


def test_more_cores_than_there_are(cluster, style, tmp_path):
    config = settings(style, tmp_path, cores_per_worker=1000)
    with pytest.raises(ValueError, match="no machine of the cluster has so many"):
        next(paint_on_cluster(["photos"], config))
    assert not os.listdir(tmp_path)
