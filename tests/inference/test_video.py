"""Painting videos: the whole way, and what is said of files that are not in order."""

import os
import time

import av
import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from fusion_style.data.video.probe import VideoError
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video import stages
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.inference.video.pipeline import Sink, ahead, in_order
from fusion_style.inference.video.workers import load_workers
from fusion_style.tests.support.clips import contents, made_up_frame, write_clip
from fusion_style.tests.support.pictures import import_script


@pytest.fixture
def paint(tmp_path, style):
    """Paints a clip: (report, the file's contents)."""

    def paint(source, name="painted.mkv", workers=1, **settings):
        out = str(tmp_path / name)
        given = {k: settings.pop(k) for k in ("max_size", "strength", "keep_colors")
                 if k in settings}  # fmt: skip
        report = paint_video(
            source, out, load_workers(style, workers=workers),
            VideoConfig(workers=workers, **settings), progress=False, **given,
        )  # fmt: skip
        return report, contents(out)

    return paint


def painted_alone(style, frame):
    """A frame, uint8, painted as a picture."""
    return Stylizer(style).paint(frame.astype(np.float32))


def test_every_frame_is_painted_in_its_place(tmp_path, paint, style):
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb")
    report, painted = paint(source, steady=0.0, strength=1.0)
    assert report.frames == 10 and report.shots == 1 and not report.notes
    assert painted.frames == contents(source).frames
    # The first frame has its own statistics, as a picture has.
    expected = painted_alone(style, made_up_frame(0))
    first = painted.pixels[0][..., :3] / 257
    assert np.abs(first - np.clip(expected, 0, 255)).mean() < 0.5
    differences = [np.abs(a - b.astype(float)).mean() for a, b in
                   zip(painted.pixels, painted.pixels[1:], strict=False)]  # fmt: skip
    assert min(differences) > 0


def test_sound_and_the_rest_come_along(tmp_path, paint):
    source = write_clip(tmp_path / "source.mp4")
    _, painted = paint(source, "painted.mp4")
    before = contents(source)
    assert painted.streams == before.streams
    assert painted.packets == before.packets
    assert painted.chapters == before.chapters
    assert painted.frames[:-1] == before.frames[:-1]
    assert painted.frames[-1][0] == before.frames[-1][0]


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_keep_the_order(tmp_path, paint, workers):
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb")
    _, alone = paint(source, "alone.mkv")
    _, together = paint(source, "together.mkv", workers)
    assert alone.frames == together.frames
    for one, other in zip(alone.pixels, together.pixels, strict=True):
        assert np.abs(one.astype(float) - other).max() < 257


def test_strength_colors_and_size(tmp_path, paint):
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb", size=(40, 60))
    _, same = paint(source, strength=0.0)
    for old, new in zip(contents(source).pixels, same.pixels, strict=True):
        assert np.abs(old.astype(float) - new).max() < 257
    _, small = paint(source, max_size=30)
    assert small.streams[0]["size"] == (30, 20)
    _, colors = paint(source, keep_colors=True)
    assert len(colors.frames) == 10


def test_a_part(tmp_path, paint):
    source = write_clip(tmp_path / "source.mp4")
    report, painted = paint(source, "painted.mp4", start=0.1, max_frames=3)
    assert report.frames == 3 and painted.frames[0][0] == 0


def test_turned_clips_are_painted_upright(tmp_path, paint, style):
    matrix = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    source = write_clip(tmp_path / "source.mov", "mov-prores4444", matrix=matrix)
    _, painted = paint(source, "painted.mov", max_frames=1)
    assert painted.frames[0][2] == -90
    expected = np.rot90(painted_alone(style, np.rot90(made_up_frame(0), -1)))
    assert np.abs(painted.pixels[0][..., :3] / 257 - np.clip(expected, 0, 255)).mean() < 4


def test_a_damaged_frame_shows_the_painting_before(tmp_path, paint):
    source = write_clip(
        tmp_path / "source.mkv", "mkv-ffv1", options={"level": "3", "slicecrc": "1"}
    )
    with av.open(source) as container:
        packet = [p for p in container.demux(video=0) if p.size][4]
        place, size = packet.pos + 12, packet.size - 12
    with open(source, "r+b") as file:
        file.seek(place)
        file.write(b"\xff" * size)
    report, painted = paint(source, steady=0.0)
    assert report.frames == 10
    assert report.notes[0].startswith("damaged frames: 1, at 0.16 s")
    assert np.array_equal(painted.pixels[4], painted.pixels[3])
    assert not np.array_equal(painted.pixels[5], painted.pixels[4])


def test_what_fails_leaves_nothing(tmp_path, paint, monkeypatch):
    source = write_clip(tmp_path / "source.mp4")

    def fail(*_):
        raise ValueError("no paint left")

    monkeypatch.setattr(stages, "paint_frame", fail)
    with pytest.raises(ValueError, match="no paint left"):
        paint(source, "painted.mp4")
    assert os.listdir(tmp_path) == ["source.mp4"]


def test_a_full_disk(tmp_path, paint):
    resource = pytest.importorskip("resource")
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb", size=(120, 160))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        with pytest.raises(OSError):
            paint(source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == ["source.mkv"]


def test_no_frames(tmp_path, paint):
    source = write_clip(tmp_path / "source.mp4")
    with pytest.raises(VideoError, match="no frame"):
        paint(source, "painted.mp4", start=100.0)
    assert os.listdir(tmp_path) == ["source.mp4"]


def test_ahead_is_in_order_and_bounded():
    made = []

    def numbers():
        for i in range(20):
            made.append(i)
            yield i

    items = ahead(numbers(), 3)
    assert next(items) == 0
    time.sleep(0.3)
    assert len(made) <= 6
    assert list(items) == list(range(1, 20))


def test_stages_hand_on_errors():
    def fail():
        yield 1
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        list(ahead(fail(), 2))

    def refuse(item):
        raise OSError("full")

    sink = Sink(refuse, 1)
    with pytest.raises(OSError, match="full"):
        for i in range(100):
            sink.put(i)


def test_workers_never_share_a_number():
    busy = [False] * 3

    def work(item, number):
        assert not busy[number]
        busy[number] = True
        time.sleep(0.001 * (item % 4))
        busy[number] = False
        return item

    assert list(in_order(range(40), work, 3)) == list(range(40))


def test_the_command(tmp_path, style, monkeypatch, capsys, photograph):
    stylize = import_script("fusion_style.stylize")
    monkeypatch.chdir(tmp_path)
    os.mkdir("holiday")
    write_clip("holiday/clip.mp4")
    write_clip("holiday/old.avi", "avi-h264", codec="mpeg4")
    Image.fromarray(photograph).save("holiday/photo.jpg")
    arguments = ["stylize.py", "holiday", "--style", style, "--max_frames", "3"]
    for _ in range(2):  # the second time, everything is there
        with flagsaver.flagsaver():
            assert stylize.main(stylize.FLAGS(arguments)) == 0
    assert sorted(os.listdir("stylized")) == [
        "clip-narrow.mp4", "old-narrow.avi", "photo-narrow.jpg",
    ]  # fmt: skip
    printed = capsys.readouterr()
    assert "holiday/clip.mp4 -> stylized/clip-narrow.mp4" in printed.out
    assert "3 existed already" in printed.out
    assert "old-narrow.avi: mpeg4 cannot be written in avi here" in printed.err
    assert len(contents("stylized/clip-narrow.mp4").frames) == 3


@pytest.mark.parametrize("out, message", [
    ("it.png", "videos are written as"), ("it.webm", None),
])  # fmt: skip
def test_the_commands_own_file(tmp_path, style, monkeypatch, capsys, out, message):
    stylize = import_script("fusion_style.stylize")
    monkeypatch.chdir(tmp_path)
    write_clip("clip.mp4")
    with flagsaver.flagsaver():
        status = stylize.main(
            stylize.FLAGS(["stylize.py", "clip.mp4", "--style", style, "--out", out])
        )
    printed = capsys.readouterr()
    assert status == (1 if message else 0) and os.path.exists(out) == (not message)
    assert (message or "becomes vp9") in printed.err
