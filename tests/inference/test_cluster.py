"""Painting with Ray, on a cluster of two workers here: what is killed, broken, repeated.

All tests share one cluster, as starting it takes seconds.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from fusion_style.inference.cluster.manifest import NAME
from fusion_style.inference.cluster.paint import paint_on_cluster
from fusion_style.inference.jobs import Job
from fusion_style.inference.outcomes import outcomes
from fusion_style.tests.support.films import (
    PARTS,
    check_film,
    join_film,
    paint_some,
    part_length,
    parts_in,
    write_film,
)
from fusion_style.tests.support.on_clusters import (
    BROKEN,
    PICTURES,
    check_all,
    hashes,
    manifest_of,
    painter_of,
    settings,
    write_archive,
)
from fusion_style.tests.support.pictures import ROOT
from fusion_style.tests.support.ray_cluster import ray_cluster
from fusion_style.tests.support.several import save_several

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
    return write_archive(tmp_path_factory.mktemp("archive"))


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


def test_workers_that_never_begin_are_not_started_forever(
    cluster, archive, style, tmp_path
):
    """As where memory is too small for any: each is killed as soon as it is there."""
    command = [
        sys.executable, os.path.join(ROOT, "stylize.py"), archive, "--style", style,
        "--out", str(tmp_path / "painted"), "--cluster", cluster.address,
        "--patience", "0.2",
    ]  # fmt: skip
    killed = set()
    with open(tmp_path / "log", "w") as log:
        driver = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            while driver.poll() is None:
                killed.update(cluster.kill_workers())
                time.sleep(0.01)
        finally:
            driver.kill()
            driver.wait()
    printed = (tmp_path / "log").read_text()  # Ray prints, too
    assert driver.returncode == 1 and killed
    assert "No worker was heard from for 12 seconds" in printed
    assert "Traceback" not in printed


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


def test_more_cores_than_there_are(cluster, style, tmp_path):
    config = settings(style, tmp_path, cores_per_worker=1000)
    with pytest.raises(ValueError, match="no machine of the cluster has so many"):
        next(paint_on_cluster(["photos"], config))
    assert not os.listdir(tmp_path)
