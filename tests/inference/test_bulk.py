"""Painting buckets on one machine, with a bucket in memory."""

import io
import itertools
import os

import pytest
from PIL import Image

from fusion_style.data.buckets import join, names_in
from fusion_style.data.images import read_picture
from fusion_style.data.places import exists, read_bytes, write_bytes
from fusion_style.inference import bulk
from fusion_style.inference.bulk import check_places, list_jobs
from fusion_style.inference.jobs import Job
from fusion_style.tests.support.clips import write_clip
from fusion_style.tests.support.commands import make_run
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.several import save_several

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket(photographs):
    """The address of a bucket with eight photographs, two of them in a folder."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    for root, _, files in os.walk(photographs):
        for file in files:
            name = os.path.relpath(os.path.join(root, file), photographs)
            with open(os.path.join(root, file), "rb") as data:
                write_bytes(join("memory://photos", name), data.read())
    yield "memory://photos"
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs stylize.py in an empty folder: (exit status, what it printed)."""
    monkeypatch.chdir(tmp_path)
    return make_run("stylize", capsys)


def test_a_bucket_is_painted_as_a_folder_is(run, bucket, photographs, style):
    assert run(photographs, "--style", style, "--out", "here")[0] == 0
    status, printed = run(bucket, "--style", style, "--out", "memory://paintings/all")
    assert status == 0 and "8 painted, 0 there already, 0 not painted" in printed
    assert "memory://photos/0.jpg -> memory://paintings/all/0-narrow.jpg" in printed
    names = sorted(names_in("memory://paintings"))
    assert names[-1] == "all/inside/7-narrow.jpg" and len(names) == 8
    for name in names:
        with open(os.path.join("here", os.path.relpath(name, "all")), "rb") as file:
            assert read_bytes(join("memory://paintings", name)) == file.read()
    again = run(bucket, "--style", style, "--out", "memory://paintings/all")
    assert again[0] == 0 and "0 painted, 8 there already" in again[1]


def test_from_a_bucket_to_disk_and_back(run, bucket, style):
    one = join(bucket, "0.jpg")
    assert run(one, "--style", style, "--out", "it.png")[0] == 0
    assert read_picture("it.png").pixels.ndim == 3
    assert run("it.png", "--style", style, "--out", "memory://paintings/it.png")[0] == 0
    assert read_picture(read_bytes("memory://paintings/it.png")).pixels.ndim == 3


def test_paintings_in_the_bucket_are_not_painted_again(run, bucket, style):
    out = join(bucket, "painted")
    for there in (0, 8):
        _, printed = run(bucket, "--style", style, "--out", out)
        assert f"{8 - there} painted, {there} there already" in printed


def test_what_is_broken_or_missing_stops_nobody(run, bucket, style):
    write_bytes(join(bucket, "broken.jpg"), b"text")
    write_bytes(join(bucket, "notes.txt"), b"text")
    write_bytes(join(bucket, ".hidden/a.jpg"), b"text")
    status, printed = run(
        bucket, join(bucket, "none.jpg"), "memory://empty", "--style", style,
        "--out", "memory://paintings",
    )  # fmt: skip
    assert status == 1 and "8 painted, 0 there already, 3 not painted" in printed
    assert "not painted: memory://photos/broken.jpg is not a picture" in printed
    assert "not painted: memory://photos/none.jpg does not exist" in printed
    assert "not painted: memory://empty has no pictures in it" in printed


@pytest.mark.parametrize(("arguments", "message"), [
    (["memory://photos", "--out=memory://photos"], "holds the input memory://photos"),
    (["memory://photos/inside", "--out=memory://photos/"], "Give a folder beside"),
    (["memory://photos", "--out=a.png"], "--out a.png is one file"),
    (["memory://photos", "--out=nosuch://a"], "There are no buckets of nosuch://"),
    (["memory://photos", "--out=a", "--style=nosuch"], "There is no style nosuch"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(run, bucket, style, arguments, message):
    status, error = run("--style", style, *arguments)
    assert status == 1 and message in error and "\n" not in error


def test_a_video_is_painted_from_and_to_a_bucket(run, bucket, style, tmp_path):
    with open(write_clip(tmp_path / "clip.mp4", frames=3), "rb") as file:
        write_bytes("memory://films/clip.mp4", file.read())
    arguments = ("memory://films", "--style", style, "--out", "memory://films/painted")
    status, printed = run(*arguments, "--max_frames", 2)
    assert status == 0, printed
    assert exists("memory://films/painted/clip-narrow.mp4")


def test_an_animation_stays_one_from_disk_only(run, bucket, style, tmp_path):
    frames = [Image.fromarray(made_up_photograph(20, 24, i)) for i in range(2)]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    write_bytes("memory://moving/a.gif", path.read_bytes())
    for source, count in ((path, 2), ("memory://moving", 1)):
        out = f"memory://paintings/{count}"
        status, printed = run(source, "--style", style, "--out", out)
        assert status == 0, printed
        data = read_bytes(join(out, "a.gif-narrow.png"))
        assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == count


def test_strokes_that_need_a_note_have_one(run, bucket, tmp_path):
    save_several(tmp_path / "several.keras")
    status, printed = run(
        join(bucket, "inside"), "--style=several.keras:wave", "--stroke=1024",
        "--out=memory://paintings",
    )  # fmt: skip
    assert status == 0 and printed.count("Photographs are painted at 50%") == 1
    assert exists("memory://paintings/7-wave.jpg")


def test_names_never_clash():
    """All names of two extensions, against all others' paintings."""
    parts = (".gif", ".png", ".JPG", ".mp4", ".mpg", ".ts", "")
    names = ["a" + "".join(more) for n in (1, 2, 3) for more in
             itertools.product(parts, repeat=n)]  # fmt: skip
    names = sorted({n for n in names if n.lower().endswith(bulk.SEARCHED)})
    made = {}
    for name in names:
        found = bulk.Found("s3://in/" + name, name)
        (job,) = bulk.named(found, "s3://out", ["wave"], None)
        (_, path), *_ = job.paintings
        assert made.setdefault(path, name) == name
    assert made["s3://out/a-wave.png"] == "a.png"
    assert made["s3://out/a.gif-wave.png"] == "a.gif"


def test_inputs_whose_paintings_have_one_name(bucket):
    for name in ("memory://a/x.jpg", "memory://b/x.jpg"):
        write_bytes(name, b"x")
    inputs = ["memory://a", "memory://b", "memory://a/x.jpg"]
    check_places(inputs, "memory://out", ["wave"])
    first, second = list_jobs(inputs, "memory://out", ["wave"])
    assert first == Job("memory://a/x.jpg", [("wave", "memory://out/x-wave.jpg")])
    assert "memory://b/x.jpg and a picture of another input would both become" in second


def test_the_format_of_a_painting_is_its_names(run, bucket, style):
    write_bytes(join(bucket, "8.bmp"), to_bmp(read_bytes(join(bucket, "0.jpg"))))
    assert run(bucket, "--style", style, "--out", "memory://paintings")[0] == 0
    assert exists("memory://paintings/8.bmp-narrow.png")


def to_bmp(data):
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).save(file, "BMP")
    return file.getvalue()
