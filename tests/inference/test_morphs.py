"""Videos whose mix of paintings moves with time."""

import os

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.video.probe import VideoError
from fusion_style.inference.morph import parse_morph
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video import segments, stages
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.inference.video.statistics import ShotStatistics
from fusion_style.inference.video.steady import Steady
from fusion_style.tests.support.clips import contents, made_up_frame, write_clip
from fusion_style.tests.support.commands import make_run
from fusion_style.tests.support.many import FOUR, save_many
from fusion_style.tests.support.pictures import made_up_photograph

SECONDS = (0, 0.04, 0.08, 0.1, 0.16, 0.201, 0.24, 0.32, 0.36, 0.38)  # of clips' frames


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return save_many(tmp_path_factory.mktemp("many") / "my.keras")


@pytest.fixture
def source(tmp_path):
    return write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb")


@pytest.fixture
def paint(many, tmp_path):
    """Paints a clip with a morph: (report, the file's contents, the Stylizer)."""

    def paint(source, name="painted.mkv", morph="0.1:wave 0.3:udnie", **settings):
        stylizer = Stylizer(many, "openvino", "float32")
        config = VideoConfig(morph=morph, **settings)
        out = str(tmp_path / name)
        report = paint_video(source, out, [stylizer], config, progress=False)
        return report, contents(out), stylizer

    return paint


@pytest.mark.parametrize(("second", "shares"), [
    (0, [1, 0]), (2, [1, 0]), (3, [0.75, 0.25]), (6, [0, 1]), (7, [0.1, 0.9]),
    (10, [0.4, 0.6]), (99, [0.4, 0.6]),
])  # fmt: skip
def test_the_mix_moves_linearly(second, shares):
    morph = parse_morph("2:wave  6:udnie 10:wave=2,udnie=3", FOUR)
    np.testing.assert_allclose(morph.mix(second), shares, atol=1e-12)


def test_the_time_of_a_frame_decides(paint, source, many):
    _, painted, stylizer = paint(source, steady=0.0)
    assert stylizer.engine.compilations == 1
    plain = Stylizer(many, "openvino", "float32")
    statistics = ShotStatistics(plain)
    for i, second in enumerate(SECONDS):
        share = min(max((second - 0.1) / 0.2, 0), 1)
        chosen = plain.choose({"wave": 1 - share, "udnie": share})
        frame = made_up_frame(i).astype(np.float32)
        seen, _ = statistics(frame, i == 0, stylizer=chosen)
        expected = chosen.paint_seen(frame, seen).clip(0, 255)
        found = painted.pixels[i][..., :3] / 257
        assert np.abs(found - expected).mean() < 0.5, i


def test_seconds_are_those_of_the_source(paint, source):
    config = {"steady": 0.0, "morph": "0:wave 0.1:udnie"}
    _, whole, _ = paint(source, "whole.mkv", **config)
    _, later, _ = paint(source, "later.mkv", start=0.16, **config)
    # The contrast follows what was seen before, so the frames are nearly the same.
    difference = np.abs(whole.pixels[4].astype(float) - later.pixels[0]).mean() / 257
    _, wave, _ = paint(source, "wave.mkv", steady=0.0, morph="8:wave 9:udnie")
    other = np.abs(whole.pixels[4].astype(float) - wave.pixels[4]).mean() / 257
    assert difference < other / 5


def interrupt(monkeypatch, out):
    """Makes painting fail when a part is complete; returns what undoes this."""
    paint_frame = stages.paint_frame

    def fail(*given):
        if os.path.exists(f"{out}.unfinished/00000.part"):
            raise KeyboardInterrupt
        return paint_frame(*given)

    monkeypatch.setattr(segments, "SHORTEST", 3)
    monkeypatch.setattr(segments, "LONGEST", 3)
    monkeypatch.setattr(stages, "paint_frame", fail)
    return lambda: monkeypatch.setattr(stages, "paint_frame", paint_frame)


def test_an_interrupted_morph(paint, source, tmp_path, monkeypatch):
    undo = interrupt(monkeypatch, tmp_path / "other.mkv")
    with pytest.raises(KeyboardInterrupt):
        paint(source, "other.mkv")
    undo()
    with pytest.raises(VideoError, match="morph '0.1:wave 0.3:udnie'. Received: '0.1:wave"):
        paint(source, "other.mkv", morph="0.1:wave 0.4:udnie", resume=True)
    _, other, _ = paint(source, "other.mkv", morph=" 0.1:wave   0.3:udnie", resume=True)
    _, one, _ = paint(source, "one.mkv")
    assert one.frames == other.frames
    np.testing.assert_array_equal(one.pixels, other.pixels)


def test_what_is_held_follows_the_mix():
    """A still scene; each painting is 50 (wave) to 200 (udnie), with noise."""
    rng = np.random.default_rng(0)
    scene = made_up_photograph(64, 96).astype(np.float32)
    steady, shown, raw = Steady(1.0), [], []
    for i in range(80):
        share = min(max((i - 10) / 50, 0), 1)
        painting = 50 + 150 * share + rng.normal(0, 10, scene.shape)
        mix = np.array([1 - share, share])
        shown.append(steady(scene, painting.astype(np.float32), i == 0, mix))
        raw.append(painting)
    means = [np.array([frame.mean() for frame in frames]) for frames in (shown, raw)]
    assert np.abs(means[0] - means[1]).max() < 0.08 * 150
    assert abs(means[0][-1] - 200) < 3
    changes = [np.diff(frames[20:50], axis=0).std() for frames in (shown, raw)]
    assert changes[0] < changes[1] / 3
    # As without a morph, nearly all is held. Frames without it differ by 11.
    assert np.abs(shown[9] - shown[0]).mean() < 2


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, many):
    """Runs stylize.py where clip.mkv, photo.png, mask.png and my.keras are."""
    monkeypatch.chdir(tmp_path)
    write_clip("clip.mkv", "mkv-ffv1-rgb")
    Image.fromarray(made_up_frame(0)).save("photo.png")
    Image.fromarray(np.arange(768, dtype=np.uint32).reshape(24, 32).astype(np.uint8)).save(
        "mask.png"
    )
    os.link(many, "my.keras")
    return make_run("stylize", capsys)


def test_the_command(run):
    morph = ["--style=my.keras", "--morph=0:wave 0.3:wave=1,udnie=1", "--max_frames=8"]
    status, printed = run("clip.mkv", *morph, "--mask=mask.png", "--workers=2")
    assert status == 0, printed
    assert os.listdir("stylized") == ["clip-wave-udnie50-wave50.mkv"]
    assert len(contents("stylized/clip-wave-udnie50-wave50.mkv").pixels) == 8
    parts = [run("clip.mkv", *morph[:2], "--out=a.mkv", f"--part={i}/2") for i in (1, 2)]
    assert [status for status, _ in parts] == [0, 0], parts
    status, printed = run("--join", "a.mkv.1-of-2.part", "a.mkv.2-of-2.part", "--out=a.mkv")
    assert status == 0 and len(contents("a.mkv").pixels) == 10


def test_an_animation(run):
    frames = [Image.fromarray(made_up_frame(i)) for i in range(5)]
    frames[0].save("moving.png", save_all=True, append_images=frames[1:], duration=100)
    given, shown = ["moving.png", "--steady=0"], {}
    for name, style in (("morph", "my.keras"), ("wave", "my.keras:wave"),
                        ("udnie", "my.keras:udnie")):  # fmt: skip
        more = ["--morph=0:wave 0.2:udnie"] if name == "morph" else []
        assert run(*given, f"--style={style}", f"--out={name}.png", *more)[0] == 0
        with Image.open(f"{name}.png") as image:
            for i in (0, 4):
                image.seek(i)
                shown[name, i] = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(shown["morph", 0], shown["wave", 0])
    np.testing.assert_array_equal(shown["morph", 4], shown["udnie", 4])
    assert not np.array_equal(shown["wave", 4], shown["udnie", 4])


@pytest.mark.parametrize(("style", "morph", "message"), [
    ("my.keras", "0:wave 0:udnie", "The seconds of --morph must ascend. Received: 0:wave"),
    ("my.keras", "5:wave 2:udnie", "The seconds of --morph must ascend"),
    ("my.keras", "0:wave", "--morph must be at least two paintings, each with its second"),
    ("my.keras", "", "--morph must be at least two paintings"),
    ("my.keras", "wave udnie", "--morph must be at least two paintings"),
    ("my.keras", "0:wave 5:", "--morph must be at least two paintings"),
    ("my.keras", "-1:wave 5:udnie", "--morph must be at least two paintings"),
    ("my.keras", "1.2.3:wave 5:udnie", "--morph must be at least two paintings"),
    ("my.keras", "0:wave 5:monet", "There is no painting monet in this style file"),
    ("my.keras", "0:wave 5:wave=a", "The weight of wave must be a number"),
    ("my.keras:wave=0.6,udnie=0.4", "0:wave 5:udnie", "without a painting or a mix"),
    ("my.keras:wave", "0:wave 5:udnie", "without a painting or a mix"),
    ("wave", "0:wave 5:udnie", "each file is another network. wave has only wave"),
    ("all", "0:wave 5:udnie", "No shipped file has wave and udnie together. A mix lies "),
    ("all", "0:wave 5:monet", "There is no style monet"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(run, style, morph, message):
    status, error = run("clip.mkv", f"--style={style}", f"--morph={morph}")
    assert status == 1 and message in error and "\n" not in error
    assert not os.path.exists("stylized")


def test_pictures_do_not_move(run):
    status, printed = run("photo.png", "--style=my.keras", "--morph=0:wave 5:udnie")
    assert status == 1 and "photo.png is not a video: --morph" in printed
    assert not os.path.exists("stylized")
