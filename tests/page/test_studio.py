"""What the page does, without a page."""

import os
import threading
import time

import numpy as np
import pytest

from fusion_style.data.images import Picture, read_picture, write_picture
from fusion_style.data.modes import to_bytes
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.choice import StyleChoice
from fusion_style.page import studio as studios
from fusion_style.page.config import DemoConfig
from fusion_style.page.marks import mask_of_marks
from fusion_style.page.painters import Painters
from fusion_style.page.studio import Look, Stopped, Studio
from fusion_style.page.styles import Styles, thumbnail, title
from fusion_style.page.sweeping import sweep, swept
from fusion_style.tests.support.clips import write_clip
from fusion_style.tests.support.many import save_many


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


@pytest.fixture
def several(studio):
    """A file of two paintings, learned at two sizes, among the styles of `studio`."""
    os.makedirs(studio.styles.learned)
    return save_many(os.path.join(studio.styles.learned, "both.keras"))


@pytest.fixture
def photo(photograph, tmp_path):
    path = str(tmp_path / "photo.png")
    write_picture(path, Picture(photograph.astype(np.float32)))
    return path


def pixels_of(painted):
    return read_picture(painted).pixels


def test_each_painting_in_a_file_is_a_style(studio, several):
    choices = studio.styles.choices()
    assert list(choices) == ["narrow", "wave", "udnie"]
    assert {choices["wave"].path, choices["udnie"].path} == {several}
    assert studio.styles.strokes("wave") == [256, 512]
    assert len(studio.styles.strokes("narrow")) == 1
    save_many(several.replace("both", "more"), norm="batch")
    assert list(studio.styles.choices())[3:] == ["more-wave", "more-udnie"]


def test_two_paintings_of_a_file_are_mixed(studio, several, photo):
    look = Look("wave", style2="udnie", share=0.25, stroke=300)
    out = studio.picture(photo, look, None)
    assert os.path.basename(out) == "photo-wave-udnie.png"
    mixed = Stylizer(several).choose({"wave": 0.75, "udnie": 0.25}, 300)
    assert np.array_equal(pixels_of(out), to_bytes(mixed(read_picture(photo)).pixels))
    with pytest.raises(ValueError, match=r"share must be .* 0 to 1. Received: 1.5"):
        studio.picture(photo, Look("wave", style2="udnie", share=1.5), None)
    frame = pixels_of(photo).astype(np.uint8)
    assert np.array_equal(studio.frame(frame, look, 640), pixels_of(out))


def test_files_are_not_mixed_but_share_a_picture(
    studio, several, photo, photograph, instance_style
):
    look = Look("narrow", style2="wave")
    with pytest.raises(ValueError, match="different style files.*mark with the brush"):
        studio.picture(photo, look, None)
    mask = np.zeros(photograph.shape[:2], np.uint8)
    mask[:, :20] = 255
    picture = read_picture(photo)
    narrow, wave = Stylizer(instance_style), Stylizer(several).choose("wave")
    for found, beside in ((look, wave), (Look("narrow"), None)):
        expected = narrow(picture, mask=mask, style2=beside).pixels
        out = studio.picture(photo, found, None, mask)
        assert np.array_equal(pixels_of(out), to_bytes(expected))


def test_marks_are_a_mask():
    none = np.zeros((4, 6, 4), np.uint8)
    assert mask_of_marks(None) is None
    assert mask_of_marks({"layers": []}) is None
    assert mask_of_marks({"layers": [none]}) is None
    marked, gray = none.copy(), none.copy()
    marked[0] = 255, 47, 208, 255
    gray[1] = 128, 128, 128, 255
    gray[2] = 0, 0, 0, 255
    mask = mask_of_marks({"layers": [marked, gray]})
    assert mask[:, 0].tolist() == [255, 128, 0, 0]
    with pytest.raises(ValueError, match="same size"):
        mask_of_marks({"layers": [none, none[1:]]})


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


def test_old_paintings_go_while_nobody_comes(tmp_path):
    old = tmp_path / "a" / "old.png"
    old.parent.mkdir()
    old.write_bytes(b"")
    with swept(str(tmp_path), age=0, every=0.01):
        for _ in range(1000):
            if not old.parent.exists():
                break
            time.sleep(0.01)
    assert not old.parent.exists()


def test_painters_lend_each_to_one(instance_style):
    painters = Painters(kept=1)
    choice = StyleChoice(instance_style, (), "narrow")
    with painters.lent(choice) as one, painters.lent(choice) as other:
        assert one.engine is not other.engine
    assert len(painters.idle) == 1
    with painters.lent(choice) as again:
        assert again.engine is one.engine and again.name == "narrow"
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
    single = StyleChoice(instance_style, (), "narrow")
    address = thumbnail(single, Painters())
    assert address.startswith("data:image/jpeg;base64,/9j/")
    monkeypatch.setattr(Painters, "lent", None)
    assert thumbnail(single, Painters()) == address
