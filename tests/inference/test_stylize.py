"""Painting pictures on the command line: stylize.py."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import read_picture
from fusion_style.files import temporary_path
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.choice import all_shipped
from fusion_style.models.loading import load_network
from fusion_style.models.shipped import shipped_styles
from fusion_style.tests.support.commands import make_run
from fusion_style.tests.support.pictures import ROOT
from fusion_style.tests.support.short_file import ShortFile


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs stylize.py in an empty folder: (exit status, what it printed)."""
    monkeypatch.chdir(tmp_path)
    return make_run("stylize", capsys)


@pytest.fixture
def jpeg(tmp_path, photograph):
    path = tmp_path / "photo.jpg"
    Image.fromarray(photograph).save(path)
    return path


def test_one_picture(run, jpeg, style, photograph):
    status, printed = run(jpeg, "--style", style)
    assert status == 0 and "photo.jpg -> stylized/photo-narrow.jpg" in printed
    painted = read_picture("stylized/photo-narrow.jpg").pixels
    assert painted.shape == photograph.shape
    assert np.abs(painted - photograph).mean() > 5


def test_a_file_of_ones_own_choice(run, jpeg, style, monkeypatch):
    monkeypatch.setattr(Stylizer, "margin", 0)
    exact = ["--precision", "float32"]
    assert run(jpeg, "--style", style, "--out", "deep/inside/it.png", *exact)[0] == 0
    expected = load_network(style)(read_picture(jpeg).pixels[None])[0]
    painted = read_picture("deep/inside/it.png").pixels
    np.testing.assert_allclose(painted, expected, atol=0.6)


def test_folders_keep_their_tree(run, photographs, style):
    status, _ = run(photographs, "--style", style, "--out", "painted")
    assert status == 0
    assert os.path.exists("painted/0-narrow.jpg")
    assert os.path.exists("painted/inside/7-narrow.jpg")
    assert sum(len(files) for _, _, files in os.walk("painted")) == 8


def test_paintings_are_not_painted_again(run, jpeg, style):
    assert run(".", "--style", style)[0] == 0
    assert run(".", "--style", style, "--overwrite")[0] == 0
    assert os.listdir("stylized") == ["photo-narrow.jpg"]


@pytest.mark.parametrize("out", [".", "..", "../a", "painted"])
def test_paintings_may_lie_beside_the_photographs(out, run, jpeg, style, monkeypatch):
    os.mkdir("a")
    os.rename(jpeg, "a/photo.jpg")
    monkeypatch.chdir("a")
    for _ in range(2):
        assert run(".", "--style", style, "--out", out, "--overwrite")[0] == 0
        assert os.path.exists(os.path.join(out, "photo-narrow.jpg"))
    pictures = [f for *_, files in os.walk("..") for f in files if f.endswith(".jpg")]
    assert sorted(pictures) == ["photo-narrow.jpg", "photo.jpg"]


def test_a_folder_that_may_not_be_read_stops_nobody_else(run, jpeg, style, monkeypatch):
    walk = os.walk

    def refused(folder, onerror):
        onerror(PermissionError(13, "Permission denied", os.path.join(folder, "lost")))
        return walk(folder)

    monkeypatch.setattr(os, "walk", refused)
    status, printed = run(".", "--style", style)
    assert status == 1 and "lost may not be read: Permission denied" in printed
    assert os.path.exists("stylized/photo-narrow.jpg")


def test_a_broken_picture_stops_nobody_else(run, jpeg, style, tmp_path):
    (tmp_path / "text.jpg").write_text("text")
    (tmp_path / "folder").mkdir()
    status, printed = run("none.jpg", "text.jpg", "folder", jpeg, "--style", style)
    assert status == 1
    assert "folder has no pictures in it" in printed
    assert "none.jpg does not exist" in printed
    assert "text.jpg is not a picture" in printed
    assert os.listdir("stylized") == ["photo-narrow.jpg"]


def test_a_place_that_cannot_be_written_to_is_named(run, jpeg, style):
    open("taken", "w").close()
    status, printed = run(jpeg, "--style", style, "--out", "taken")
    assert status == 1
    assert "not painted: taken/photo-narrow.jpg cannot be written" in printed


def test_pictures_are_replaced_only_when_asked(run, jpeg, style):
    run(jpeg, "--style", style)
    with open("stylized/photo-narrow.jpg", "wb") as file:
        file.write(b"mine")
    status, printed = run(jpeg, "--style", style)
    assert status == 0 and "--overwrite" in printed
    with open("stylized/photo-narrow.jpg", "rb") as file:
        assert file.read() == b"mine"
    run(jpeg, "--style", style, "--overwrite")
    assert read_picture("stylized/photo-narrow.jpg").pixels.ndim == 3


def test_names_that_clash_stop_nobody(run, style, photograph):
    os.mkdir("a")
    for name in ("star.gif", "star.png", "moon.bmp", "moon.gif", "sun.jpg"):
        Image.fromarray(photograph).save(f"a/{name}")
    status, printed = run("a", "a/sun.jpg", "--style", style)
    assert status == 0, printed
    assert "a/star.gif -> stylized/star.gif-narrow.png" in printed
    assert "a/star.png -> stylized/star-narrow.png" in printed
    assert "a/moon.bmp -> stylized/moon-narrow.png" in printed
    assert len(os.listdir("stylized")) == 5
    for _ in range(2):
        assert run("a", "--style", style, "--out", "a", "--overwrite")[0] == 0
        assert len(os.listdir("a")) == 10


def test_leftovers_of_killed_runs_are_removed(run, jpeg, style):
    run(jpeg, "--style", style)
    left = temporary_path(os.path.abspath("stylized/photo-narrow.jpg"))
    open(left, "w").close()
    assert run(jpeg, "--style", style)[0] == 0 and os.path.exists(left)  # it is new
    os.utime(left, (0, 0))
    assert run(jpeg, "--style", style)[0] == 0  # it has nothing to paint
    assert os.listdir("stylized") == ["photo-narrow.jpg"]


def test_inputs_that_are_no_files_stop_nobody(run, jpeg, style):
    status, printed = run("-", "http://example.org/a.jpg", jpeg, "--style", style)
    assert status == 1
    assert "not painted: - is standard input" in printed
    assert "not painted: http://example.org/a.jpg is an address" in printed
    assert os.listdir("stylized") == ["photo-narrow.jpg"]


@pytest.mark.parametrize("name", ["x" * 231 + ".jpg", "é" * 115 + ".png"])
def test_long_names(run, style, photograph, name):
    Image.fromarray(photograph).save(name)
    assert run(name, "--style", style)[0] == 0
    assert len(os.listdir("stylized")) == 1


def test_a_name_that_is_too_long_stops_nobody(run, jpeg, style, photograph):
    Image.fromarray(photograph).save("x" * 250 + ".png")
    status, printed = run("x" * 250 + ".png", jpeg, "--style", style)
    assert status == 1 and "picture would have 261 bytes" in printed
    assert os.listdir("stylized") == ["photo-narrow.jpg"]


def test_a_full_disk_is_one_line_for_each(run, jpeg, style, monkeypatch):
    os.mkdir("stylized")
    with open("stylized/photo-narrow.jpg", "wb") as file:
        file.write(b"before")
    monkeypatch.setattr("fusion_style.files.open", ShortFile, raising=False)
    status, printed = run(jpeg, "--style", style, "--overwrite")
    assert status == 1
    assert "not painted: stylized/photo-narrow.jpg cannot be written: only 100" in printed
    assert len(printed.splitlines()) == 1
    assert os.listdir("stylized") == ["photo-narrow.jpg"]
    with open("stylized/photo-narrow.jpg", "rb") as file:
        assert file.read() == b"before"


@pytest.mark.parametrize(("arguments", "message"), [
    (["photo.jpg", "--style", "no_such_style"], "There is no style no_such_style"),
    (["photo.jpg", "--style", "photo.jpg"], "photo.jpg is not a style file: File is not"),
    (["photo.jpg", "--style", "other.keras"], "has no recipe.json"),
    (["photo.jpg", "--style", "empty.keras"], "empty.keras is not a style"),
    (["photo.jpg", "--style", "folder"], "folder is a directory without a checkpoint"),
    (["photo.jpg", "--out=-"], "--out - would be standard output"),
    (["photo.jpg", "--out="], "--out must be a folder or a file. Received: ''"),
    (["photo.jpg", "--out=http://a/b"], "--out must be a folder or a file. Received: 'ht"),
    (["photo.jpg", "--strength=nan"], "must be a number from 0 to 1. Received: nan"),
    (["photo.jpg", "--strength=inf"], "from 0 to 1. Received: inf"),
    (["photo.jpg", "--strength=-0.1"], "from 0 to 1. Received: -0.1"),
    (["photo.jpg", "--strength=1e9"], "from 0 to 1. Received: 1000000000.0"),
    (["photo.jpg", "--max_size=0"], "max_size must be a whole number at least 1"),
    (["photo.jpg", "--max_size=-5"], "at least 1. Received: -5"),
    (["photo.jpg", "--max_size=1" + 40 * "0"], "max_size must be a whole number"),
    (["photo.jpg", "--max_size=nan"], "flag --max_size=nan: it must be a whole number"),
    (["photo.jpg", "--max_size=inf"], "flag --max_size=inf: it must be a whole number"),
    (["photo.jpg", "--strength=x"], "flag --strength=x: it must be a number"),
    (["photo.jpg", "b.jpg", "--style=NARROW", "--out=x.png"], "x.png is one file, but"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(run, jpeg, style, arguments, message):
    import keras

    keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).save("other.keras")
    open("empty.keras", "w").close()
    os.mkdir("folder")
    arguments = [a.replace("NARROW", style) for a in arguments]
    status, error = run(*arguments)
    assert status == 1 and message in error and "\n" not in error
    assert not os.path.exists("stylized")


def test_list_styles(run):
    status, printed = run("--list_styles")
    assert status == 0
    for name in shipped_styles():
        assert name in printed


def test_first_run_without_arguments(tmp_path):
    """As a stranger starts it: every shipped style, and a sheet of all."""
    script = os.path.join(ROOT, "stylize.py")
    result = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=400
    )
    assert result.returncode == 0, result.stderr
    assert "Try next" in result.stdout
    names = [choice.name for choice in all_shipped()]
    written = {f"astronaut-{name}.png" for name in names} | {"contact_sheet.jpg"}
    assert set(os.listdir(tmp_path / "stylized")) == written
    assert names
