"""Exports on the command line: model cards, what is left in the folder, bad input."""

import hashlib
import json
import os

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from fusion_style.exports.config import parse_size
from fusion_style.exports.formats import FORMATS, PIXELS
from fusion_style.tests.support.exported import ATOL, ODD, exported, ours, runtime
from fusion_style.tests.support.pictures import import_script, made_up_photograph
from fusion_style.tests.support.several import paint_mix


@pytest.mark.usefixtures("in_float32")
@pytest.mark.parametrize("format", FORMATS)
def test_the_card_of_several_styles_shows_a_mix(format, several, tmp_path, monkeypatch):
    if format == "onnx":
        pytest.importorskip("onnx")
    path, card = exported(several["instance"], format, tmp_path, "float32", ODD)
    runtime(path)  # which skips this where there is none
    for code in card["usage"].values():
        assert "mix" in code and "$" not in code.replace("$0", "")
        assert len(code.splitlines()) <= 15
    monkeypatch.chdir(tmp_path)
    Image.fromarray(made_up_photograph(*ODD)).save("photo.jpg", quality=100)
    exec(card["usage"]["python"], {})
    painted = np.asarray(Image.open("painting.png"), np.float32)
    photo = np.asarray(Image.open("photo.jpg"), np.float32)
    wanted = paint_mix(several["instance"], np.eye(3)[0], photo)
    np.testing.assert_allclose(painted, wanted, atol=0.7)


@pytest.mark.usefixtures("in_float32")
@pytest.mark.parametrize("pixels", PIXELS)
@pytest.mark.parametrize("format", FORMATS)
def test_the_card_tells_how_to_call_it(format, pixels, tiny, tmp_path, monkeypatch):
    if format == "onnx":
        pytest.importorskip("onnx")
    style = tiny()
    path, card = exported(style, format, tmp_path, "float32", ODD, pixels)
    runtime(path)  # which skips this where there is none
    assert card["inputs"]["picture"]["dtype"] == pixels
    assert card["outputs"]["painting"]["dtype"] == "float32"
    assert card == json.loads((tmp_path / f"{card['name']}.json").read_text("utf-8"))
    for file, facts in card["files"].items():
        data = (tmp_path / file).read_bytes()
        assert facts["bytes"] == len(data)
        assert facts["sha256"] == hashlib.sha256(data).hexdigest()
    assert set(card["usage"]) == set(FORMATS[format].languages)
    page = (tmp_path / f"{card['name']}.md").read_text("utf-8")
    for code in card["usage"].values():
        assert code.rstrip() in page and "$" not in code.replace("$0", "")
        assert len(code.splitlines()) <= 13
    monkeypatch.chdir(tmp_path)
    Image.fromarray(made_up_photograph(*ODD)).save("photo.jpg", quality=100)
    exec(card["usage"]["python"], {})
    painted = np.asarray(Image.open("painting.png"), np.float32)
    photo = np.asarray(Image.open("photo.jpg"), np.float32)
    np.testing.assert_allclose(painted, ours(style, photo), atol=0.7)
    given = photo.astype(pixels)
    np.testing.assert_allclose(runtime(path)(given), ours(style, photo), atol=ATOL)


def test_what_was_there_is_replaced_and_nothing_is_left_behind(tiny, tmp_path):
    name = "fusion-instance-resize-.savedmodel"
    (tmp_path / name).mkdir()
    (tmp_path / name / "old").touch()
    exported(tiny(), "savedmodel", tmp_path)
    assert set(os.listdir(tmp_path)) == {name, f"{name}.json", f"{name}.md"}
    assert "saved_model.pb" in os.listdir(tmp_path / name)
    assert "old" not in os.listdir(tmp_path / name)


def test_a_failed_export_leaves_nothing(tiny, tmp_path, monkeypatch):
    def write_half(self, graph, path, *_):
        open(path, "w").close()
        raise OSError("the disk is full")

    monkeypatch.setattr("fusion_style.exports.formats.Format.write", write_half)
    with pytest.raises(OSError, match="the disk is full"):
        exported(tiny(), "openvino", tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("arguments", "message"), [
    ([], "style must be given"),
    (["--style=STYLE"], "format must be given: one of onnx, litert, openvino"),
    (["--style=none", "--format=onnx"], "There is no style none"),
    (["--style=STYLE", "--format=onnx", "--size=big"], "size must be like 512 or 512x384"),
    (["--style=STYLE", "--format=litert", "--size=9"], "sides from 32 to 8192"),
    (["--style=STYLE:wave", "--format=onnx"],
     "There is no painting wave in this style file. It has painting"),
    (["--style=STYLE:painting=-1", "--format=onnx"],
     "weight of painting must be a finite number at least 0. Received: -1"),
    (["--style=no.keras:wave", "--format=onnx"], "There is no style no.keras"),
    (["--style=STYLE", "--format=onnx", "--out=STYLE"], "File exists"),
    (["--style=STYLE", "--format=onnx", "more"], "takes flags only. Received: more"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(arguments, message, style, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = import_script("fusion_style.export")
    arguments = [argument.replace("STYLE", style) for argument in arguments]
    with flagsaver.flagsaver():
        from absl.flags import FLAGS

        error = script.main(FLAGS(["export.py", *arguments]))
    assert error.startswith("export.py") and message in error and "\n" not in error
    assert os.listdir(tmp_path) == []


def test_a_missing_package_is_named(style, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    message = "onnx, which writes this format, is not installed: pip install -e"
    with pytest.raises(ValueError, match=message):
        exported(style, "onnx", tmp_path)


def test_sizes_are_width_by_height():
    assert parse_size("512x384") == (384, 512)
    assert parse_size("64") == (64, 64)
    assert parse_size(None) is None
