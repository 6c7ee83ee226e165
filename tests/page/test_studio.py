"""What the page does, without a page."""

import os
import threading

import numpy as np
import pytest

from fusion_style.data.images import Picture, read_picture, write_picture
from fusion_style.data.modes import to_bytes
from fusion_style.inference.stylizer import Stylizer
from fusion_style.page import studio as studios
from fusion_style.page.config import DemoConfig
from fusion_style.page.painters import Painters
from fusion_style.page.studio import Look, Stopped, Studio, sweep
from fusion_style.page.styles import Styles, thumbnail, title
from fusion_style.tests.support.clips import write_clip


@pytest.fixture
def studio(instance_style, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "fusion_style.page.styles.shipped_styles", lambda: {"narrow": instance_style}
    )
    learned = str(tmp_path / "learned")
    return Studio(DemoConfig(learned=learned), str(tmp_path / "paintings"))


def test_a_picture_is_painted_as_stylizer_does(
    studio, photograph, instance_style, tmp_path
):
    path = str(tmp_path / "a photo.png")
    write_picture(path, Picture(photograph.astype(np.float32)))
    out = studio.picture(path, Look("narrow", 0.5, True), 40)
    assert os.path.basename(out) == "a_photo-narrow.png"
    expected = Stylizer(instance_style)(read_picture(path), 40, 0.5, True).pixels
    assert np.array_equal(read_picture(out).pixels, to_bytes(expected))


def test_a_frame_keeps_its_shape_and_is_made_smaller(studio, photograph, instance_style):
    frame = photograph.astype(np.uint8)
    painted = studio.frame(frame, Look("narrow"), 640)
    assert painted.dtype == np.uint8
    expected = Stylizer(instance_style).paint(frame.astype(np.float32))
    assert np.array_equal(painted, to_bytes(expected))
    assert studio.frame(frame, Look("narrow"), 25).shape == (18, 25, 3)


def test_a_video_is_painted_and_told_of(studio, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4")
    told = []
    out, _ = studio.video(
        clip, Look("narrow"), None, 1.0, lambda *how_far: told.append(how_far),
        threading.Event(),
    )  # fmt: skip
    assert out.endswith("clip-narrow.mp4") and os.path.getsize(out)
    assert told == [(i, 10) for i in range(1, 11)]


def test_a_video_is_stopped(studio, tmp_path):
    clip, stop = write_clip(tmp_path / "clip.mp4"), threading.Event()

    def tell(frames, total):
        if frames == 3:
            stop.set()

    with pytest.raises(Stopped, match="Stopped after 4 frames"):
        studio.video(clip, Look("narrow"), None, 1.0, tell, stop)
    assert not [file for _, _, files in os.walk(studio.folder) for file in files]


def test_a_video_has_only_so_much_time(studio, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4")
    studio.config = DemoConfig(minutes=1e-6)
    with pytest.raises(Stopped, match="1 of 10 frames were painted"):
        studio.video(clip, Look("narrow"), None, 1.0, print, threading.Event())


def test_an_unknown_style_is_told(studio, photograph):
    with pytest.raises(ValueError, match="There is no style '../x'. There are: narrow"):
        studio.frame(photograph.astype(np.uint8), Look("../x"), 64)


def test_old_files_are_swept(tmp_path):
    for name, age in (("old", 100), ("new", 0)):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "file"
        file.touch()
        changed = os.path.getmtime(file) - age
        os.utime(file, (changed, changed))
    sweep(str(tmp_path), 50)
    assert os.listdir(tmp_path) == ["new"]
    sweep(str(tmp_path / "nowhere"), 50)


def test_painters_lend_each_to_one(instance_style):
    painters = Painters(kept=1)
    with painters.lent(instance_style) as one, painters.lent(instance_style) as other:
        assert one is not other
    assert len(painters.idle) == 1
    with painters.lent(instance_style) as again:
        assert again is one
    assert studios.Painters is Painters


def test_styles_that_were_learned_are_there(instance_style, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "fusion_style.page.styles.shipped_styles", lambda: {"wave": "wave.keras"}
    )
    styles = Styles(str(tmp_path))
    for name in ("starry.keras", "wave.keras", ".hidden.keras", "starry.json"):
        (tmp_path / name).touch()
    assert list(styles.paths()) == ["wave", "starry"]
    assert styles.path("wave") == "wave.keras"  # what comes along keeps its name
    assert styles.free_path("starry") == str(tmp_path / "starry_2.keras")
    assert title("the_scream") == "The scream"


def test_thumbnails_are_kept(instance_style, tmp_path, monkeypatch):
    monkeypatch.setenv("FUSION_STYLE_CACHE", str(tmp_path))
    address = thumbnail(instance_style, Painters())
    assert address.startswith("data:image/jpeg;base64,/9j/")
    monkeypatch.setattr(Painters, "lent", None)
    assert thumbnail(instance_style, Painters()) == address
