"""Mixes, strokes and masks on the command line: stylize.py."""

import os

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import Picture, read_picture, write_picture
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.commands import make_run
from fusion_style.tests.support.many import save_many
from fusion_style.tests.support.pictures import made_up_photograph


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return save_many(tmp_path_factory.mktemp("many") / "my.keras")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, many, photograph):
    """Runs stylize.py where photo.jpg, my.keras, mask.png are: (status, printed)."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph).save("photo.jpg")
    mask = np.zeros((37, 50), np.uint8)
    mask[:, :25] = 255
    Image.fromarray(mask).save("mask.png")
    os.link(many, "my.keras")
    return make_run("stylize", capsys)


@pytest.mark.parametrize(("style", "names"), [
    ("my.keras", ["photo-udnie.jpg", "photo-wave.jpg"]),
    ("my.keras:wave", ["photo-wave.jpg"]),
    ("my.keras:wave=0.6,udnie=0.4", ["photo-wave60-udnie40.jpg"]),
    ("my.keras:wave=2,udnie=1", ["photo-wave66.7-udnie33.3.jpg"]),
])  # fmt: skip
def test_names_of_paintings(run, style, names):
    status, printed = run("photo.jpg", "--style", style)
    assert status == 0, printed
    assert sorted(os.listdir("stylized")) == names


def test_strokes_on_the_command_line(run):
    found = {}
    for stroke in (None, 256, 384, 512, 1024):
        more = ["--stroke", stroke] if stroke else []
        out = f"{stroke}.png"
        status, said = run("photo.jpg", "--style", "my.keras:wave", "--out", out, *more)
        assert status == 0, said
        found[stroke] = read_picture(out).pixels
        assert (
            "wave: strokes of 1024 pixels are beyond the learned sizes. Photographs are "
            "painted at 50% of their size, and scaled back" in said
        ) == (stroke == 1024)
    np.testing.assert_array_equal(found[None], found[512])
    sizes = [256, 384, 512, 1024]
    for a, b in zip(sizes, sizes[1:], strict=False):
        assert np.abs(found[a] - found[b]).mean() > 1


def test_a_mask_on_the_command_line(run, style):
    photo = read_picture("photo.jpg").pixels
    write_picture("photo.png", Picture(photo))
    run("photo.png", "--style=my.keras", "--out=alone")
    run("photo.png", f"--style={style}", "--out=alone")
    wave, udnie, narrow = (
        read_picture(f"alone/photo-{name}.png").pixels
        for name in ("wave", "udnie", "narrow")
    )
    for other, expected in (("", photo), ("my.keras:udnie", udnie), (style, narrow)):
        more = [f"--style2={other}"] if other else []
        found = ["photo.png", "--style=my.keras:wave", "--mask=mask.png", "--out=a.png"]
        assert run(*found, "--overwrite", *more)[0] == 0
        pixels = read_picture("a.png").pixels
        np.testing.assert_allclose(pixels[:, :23], wave[:, :23], atol=1)
        np.testing.assert_allclose(pixels[:, 27:], expected[:, 27:], atol=1)


def test_a_mask_over_a_video(run, tmp_path, style):
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb")
    frames = contents(source)
    height, width = frames.pixels[0].shape[:2]
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    Image.fromarray(mask).save("mask.png")
    command = ["source.mkv", "--steady=0", "--overwrite", "--precision=float32"]

    def painted(*more):
        status, printed = run(*command, "--out=painted.mkv", *more)
        assert status == 0, printed
        return [f[..., :3] / 257 for f in contents("painted.mkv").pixels]

    wave, udnie = (painted(f"--style=my.keras:{name}") for name in ("wave", "udnie"))
    both = ["--style=my.keras:wave", "--mask=mask.png", "--style2=my.keras:udnie"]
    edge = 2
    for more in ([], ["--workers=2"]):
        for a, b, c in zip(painted(*both, *more), wave, udnie, strict=True):
            left, right = np.s_[:, : width // 2 - edge], np.s_[:, width // 2 + edge :]
            np.testing.assert_allclose(a[left], b[left], atol=1)
            np.testing.assert_allclose(a[right], c[right], atol=1)
    left_alone = painted("--style=my.keras:wave", "--mask=mask.png")
    for a, frame in zip(left_alone, frames.pixels, strict=True):
        np.testing.assert_allclose(a[right], frame[right][..., :3] / 257, atol=1)


def test_strokes_of_a_video(run, tmp_path):
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb")
    status, printed = run(source, "--style=my.keras:wave", "--stroke=1024")
    assert status == 0 and "painted at 50% of their size" in printed
    assert len(contents("stylized/source-wave.mkv").pixels) == 10


def test_list_styles(run):
    status, printed = run("--list_styles", "--style=my.keras")
    assert status == 0
    assert printed.splitlines() == [
        "my.keras: 2 paintings, to choose and to mix; tiny network, 0 photographs seen",
        "  my.keras:wave: The Wave, Somebody, 1900; strokes 256, 512",
        "  my.keras:udnie: Udnie, Somebody, 1900; strokes 256, 512",
    ]
    status, printed = run("--list_styles")
    assert status == 0
    assert (
        "wave: The Great Wave off Kanagawa, Katsushika Hokusai, about 1831; strokes 512; "
        "fusion network, " in printed
    )


@pytest.mark.parametrize(("arguments", "message"), [
    (["--style=my.keras:monet"], "There is no painting monet in this style file"),
    (["--style=my.keras:wave=1,monet=1"], "There is no painting monet in this style file"),
    (["--style=my.keras:wave=-1"], "weight of wave must be a finite number at least 0"),
    (["--style=wave=1,udnie=1"], "No shipped file has wave and udnie together"),
    (["--style=my.keras", "--stroke=0"], "stroke must be a whole number from 1 to 65536"),
    (["--style=my.keras", "--stroke=-3"], "stroke must be a whole number from 1 to 65536"),
    (["--style=my.keras", "--stroke=9"], "stroke must be from 64 to 2048 for wave"),
    (["--style=my.keras", "--style2=wave"], "--style2 needs --mask"),
    (["--style=my.keras", "--mask=none.png"], "none.png does not exist"),
    (["--style=my.keras", "--mask=my.keras"], "my.keras is"),
    (["--style=my.keras", "--mask=white.png"], "white.png masks nothing: it is white"),
    (["--style=my.keras", "--mask=black.png"], "would be left as it is"),
    (["--style=my.keras:wave", "--mask=black.png", "--style2=udnie"],
     "would be painted in --style2"),
    (["--style=my.keras:wave", "--mask=mask.png", "--style2=my.keras"],
     "--style2 must be one painting or a mix, and my.keras is wave, udnie"),
    (["--style=my.keras:wave", "--mask=mask.png", "--style2=none"],
     "There is no style none"),
    (["--style=my.keras:wave", "--mask=mask.png", "--style2=all"],
     "--style2 must be one painting or a mix, and all is"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(run, arguments, message):
    for name, level in (("white", 255), ("black", 0)):
        Image.fromarray(np.full((37, 50), level, np.uint8)).save(f"{name}.png")
    status, error = run("photo.jpg", *arguments)
    assert status == 1 and message in error and "\n" not in error
    assert not os.path.exists("stylized")


def test_a_mask_of_another_shape_is_one_line_for_each_picture(run):
    Image.fromarray(made_up_photograph(40, 40)).save("square.jpg")
    arguments = ["photo.jpg", "square.jpg", "--style=my.keras:wave", "--mask=mask.png"]
    status, printed = run(*arguments)
    assert status == 1
    assert (
        "not painted: square.jpg cannot be painted: mask.png has 50×37 pixels, the picture "
        "40×40: they must have the same aspect ratio" in printed
    )
    assert os.listdir("stylized") == ["photo-wave.jpg"]
