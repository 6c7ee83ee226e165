"""Files that appear whole or not at all, and what killed processes leave behind."""

import json
import multiprocessing
import os
import re
import subprocess
import sys
import textwrap
import time

import pytest

from fusion_style import files
from fusion_style.tests.support.pictures import ROOT


@pytest.fixture(autouse=True)
def first_run(monkeypatch):
    """As a new process: it has searched no folder for leftovers yet."""
    monkeypatch.setattr(files, "searched", set())


def temporary_files(folder):
    return [name for name in os.listdir(folder) if files.LEFTOVER.fullmatch(name)]


def test_a_block_that_fails_changes_nothing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        with open(temporary, "w") as file:
            file.write("half")
        raise RuntimeError
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["a.txt"]


def test_written_files_have_the_permissions_of_any_other(tmp_path):
    files.write_bytes(tmp_path / "a", b"1")
    (tmp_path / "b").write_bytes(b"1")
    assert os.stat(tmp_path / "a").st_mode == os.stat(tmp_path / "b").st_mode


def test_json_is_written(tmp_path):
    files.write_json(tmp_path / "a.json", {"a": [1, "ü"]})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"a": [1, "ü"]}


@pytest.mark.parametrize(
    "name", ["x" * 235, "é" * 117, "x" * 250 + ".jpg", "x." + "y" * 250]
)
def test_long_names(name, tmp_path):
    with files.replacing(tmp_path / name) as temporary:
        assert len(os.fsencode(os.path.basename(temporary))) < 60
    assert os.listdir(tmp_path) == [name]


def test_temporary_names_keep_the_extension(tmp_path):
    with files.replacing(tmp_path / "a.keras") as temporary:
        assert temporary.endswith(".keras")
        assert temporary_files(tmp_path) == [os.path.basename(temporary)]
    assert os.listdir(tmp_path) == ["a.keras"]


def leave_behind(folder, hours=2.0, name="a.jpg"):
    """Do as a process does that is killed while it writes."""
    path = files.temporary_path(os.path.join(os.path.abspath(folder), name))
    with open(path, "wb") as file:
        file.write(b"half")
    then = time.time() - 3600 * hours
    os.utime(path, (then, then))
    return path


def test_old_leftovers_are_removed_by_the_next_writer(tmp_path):
    old = [leave_behind(tmp_path), leave_behind(tmp_path, name="another.keras")]
    new = leave_behind(tmp_path, hours=0.5)
    mine = [".fusion-style-notes", ".a.jpg.1234", "fusion-style-0-0"]
    for name in mine:
        (tmp_path / name).write_text("mine")
        os.utime(tmp_path / name, (0, 0))
    files.write_bytes(tmp_path / "b.jpg", b"1")
    assert not any(map(os.path.exists, old))
    assert sorted(os.listdir(tmp_path)) == sorted([*mine, "b.jpg", os.path.basename(new)])


def hold(path, ready, stop):
    """Write slowly, in a process of its own."""
    with files.replacing(path) as temporary:
        os.utime(temporary, (0, 0))
        ready.set()
        stop.wait(60)
        with open(temporary, "w") as file:
            file.write("done")


@pytest.mark.skipif(files.fcntl is None, reason="Windows removes no file that is open")
@pytest.mark.parametrize("killed", [False, True])
def test_what_another_process_writes_is_left_alone_until_it_is_killed(killed, tmp_path):
    spawn = multiprocessing.get_context("spawn")
    ready, stop = spawn.Event(), spawn.Event()
    writer = spawn.Process(target=hold, args=(str(tmp_path / "a.txt"), ready, stop))
    writer.start()
    assert ready.wait(60)
    if killed:
        writer.kill()
        writer.join()
    files.write_bytes(tmp_path / "b.txt", b"1")
    assert len(temporary_files(tmp_path)) == (0 if killed else 1)
    if not killed:  # a killed process would be waited for
        stop.set()
        writer.join()
    assert os.path.exists(tmp_path / "a.txt") != killed


def test_leftovers_of_one_path_however_new(tmp_path):
    leave_behind(tmp_path, 0, "a.keras")
    other = leave_behind(tmp_path, 0, "b.keras")
    files.remove_leftovers(tmp_path / "a.keras")
    assert temporary_files(tmp_path) == [os.path.basename(other)]


LIMITED = """
    import resource, sys
    import numpy as np
    from fusion_style.data.images import Picture, write_picture
    noise = np.random.default_rng(0).uniform(0, 255, (300, 300, 3)).astype("float32")
    if sys.argv[2] == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        write_picture(sys.argv[1], Picture(noise))
    except OSError as error:
        sys.exit(f"complains: {error.strerror}")
"""


def write_limited(path, how):
    pytest.importorskip("resource")
    program = [sys.executable, "-c", textwrap.dedent(LIMITED), str(path), how]
    return subprocess.run(program, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("extension", ["jpg", "tif"])
def test_files_that_may_not_grow_are_not_kept(extension, tmp_path):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(b"before")
    result = write_limited(path, "limit")
    assert re.fullmatch("complains: .*\n", result.stderr)
    assert path.read_bytes() == b"before" and os.listdir(tmp_path) == [path.name]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kilobytes, where one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("No file system may be mounted here")
    except OSError:
        pytest.skip("There is no mount here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
def test_a_full_disk_is_said(extension, small_disk):
    result = write_limited(small_disk / f"a.{extension}", "no limit")
    assert result.stderr == "complains: No space left on device\n"
    assert os.listdir(small_disk) == []
