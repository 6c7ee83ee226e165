"""Animated pictures keep their frames, durations, loops and transparency."""

import os

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from fusion_style.data.video.animation import AnimationReader, is_animated
from fusion_style.data.video.probe import VideoError
from fusion_style.inference.video.animation import paint_animation
from fusion_style.inference.video.config import VideoConfig
from fusion_style.tests.support.clips import contents, made_up_frame
from fusion_style.tests.support.painters import Negative
from fusion_style.tests.support.pictures import import_script

DURATIONS = [100, 40, 250, 60]


def write(path, clear=False, loop=3, durations=DURATIONS, **options):
    """An animation; returns its path as text."""
    images = []
    for i in range(len(durations)):
        image = Image.fromarray(made_up_frame(i, 24, 32))
        if clear:
            alpha = np.zeros((24, 32), np.uint8)
            alpha[4:20, 2 : 20 + 2 * i] = 255
            image.putalpha(Image.fromarray(alpha))
        images.append(image)
    if str(path).endswith(".webp"):
        options["lossless"] = True
    if clear and str(path).endswith(".gif"):
        options["disposal"] = 2
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=list(durations),
        **({} if loop is None else {"loop": loop}), **options,
    )  # fmt: skip
    return str(path)


def paint(source, out, painter=None, **settings):
    config = VideoConfig(steady=0.0, **settings)
    return paint_animation(
        source, str(out), [painter or Negative()], config, progress=False
    )


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("extension", [".gif", ".webp", ".png"])
def test_everything_but_the_colors_is_kept(tmp_path, extension, clear):
    source = write(tmp_path / f"source{extension}", clear)
    out = tmp_path / f"out{extension}"
    assert paint(source, out).frames == 4
    before, after = AnimationReader(source), AnimationReader(str(out))
    assert before.count == after.count == 4
    assert before.loops["loop"] == after.loops["loop"] == 3
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        assert (old.time, old.duration) == (new.time, new.duration)
        assert new.duration == DURATIONS[i]
        visible = np.ones((24, 32), bool)
        if clear:
            np.testing.assert_array_equal(old.alpha, new.alpha)
            visible = old.alpha > 0
        expected = 255 - old.pixels  # the negative's strokes are noise
        assert np.abs(new.pixels - expected)[visible].mean() < 45
        assert (
            np.corrcoef(new.pixels[visible].ravel(), expected[visible].ravel())[0, 1] > 0.8
        )


def test_what_is_played_once_and_for_ever(tmp_path):
    for loop in (None, 0):
        source = write(tmp_path / f"{loop}.gif", loop=loop)
        paint(source, tmp_path / f"{loop}-out.gif")
        with Image.open(tmp_path / f"{loop}-out.gif") as image:
            assert image.info.get("loop") == loop


def test_a_still(tmp_path):
    source = write(tmp_path / "source.gif")
    paint(source, tmp_path / "out.gif", max_frames=1)
    assert not is_animated(tmp_path / "out.gif") and is_animated(source)


def test_a_piece(tmp_path):
    source = write(tmp_path / "source.webp")
    paint(source, tmp_path / "out.webp", start=0.1, end=0.2)
    assert [frame.duration for frame in AnimationReader(str(tmp_path / "out.webp"))] == [
        40, 250,
    ]  # fmt: skip


def test_a_truncated_animation(tmp_path):
    source = write(tmp_path / "source.gif")
    os.truncate(source, os.path.getsize(source) - 300)
    report = paint(source, tmp_path / "out.gif")
    assert 0 < report.frames <= 4
    (tmp_path / "text.gif").write_text("no picture")
    with pytest.raises(VideoError, match="not a picture"):
        paint(str(tmp_path / "text.gif"), tmp_path / "never.gif")
    assert not os.path.exists(tmp_path / "never.gif")


def test_the_command(tmp_path, style, monkeypatch, capsys):
    stylize = import_script("fusion_style.stylize")
    monkeypatch.chdir(tmp_path)
    os.mkdir("in")
    for name in ("a.gif", "b.webp", "c.png"):
        write(f"in/{name}", durations=[40, 60])
    Image.fromarray(made_up_frame(0)).save("in/still.gif")

    def run(*arguments):
        with flagsaver.flagsaver():
            return stylize.main(stylize.FLAGS(["stylize.py", *arguments, "--style", style]))

    for _ in range(2):
        assert run("in") == 0
    assert sorted(os.listdir("stylized")) == [
        "a-narrow.gif", "b-narrow.webp", "c-narrow.png", "still-narrow.png",
    ]  # fmt: skip
    moving = [is_animated(f"stylized/{name}") for name in sorted(os.listdir("stylized"))]
    assert moving == [True, True, True, False]
    assert "4 existed already" in capsys.readouterr().out
    assert run("in/a.gif", "--out", "one.jpg") == 0
    assert run("in/a.gif", "--out", "film.mp4") == 0
    assert [round(1000 * f[1]) for f in contents("film.mp4").frames] == [40, 60]
