"""Exported files with weights of 16 and 8 bits: they are small, and paint as ours."""

import keras
import pytest

from fusion_style.exports.formats import FORMATS
from fusion_style.models.keras_builder import build_network
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.exported import (
    ODD,
    exported,
    ours,
    picture,
    psnr,
    runtime,
)
from fusion_style.tests.support.pictures import trained_like

SHIPPED = next(iter(shipped_styles()))
RECIPE = {"settings": {"network": "mobile"}, "photographs": 0}

# The largest size of a file with weights of fewer bits, in bytes.
MOST = {
    ("onnx", "float16"): 1.3e6,
    ("litert", "float16"): 1.3e6,
    ("onnx", "int8"): 0.7e6,
    ("litert", "int8"): 0.7e6,
    ("openvino", "int8"): 1.05e6,
    ("savedmodel", "int8"): 0.9e6,
}


@pytest.mark.parametrize(("format", "precision"), MOST)
def test_weights_of_fewer_bits(format, precision, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnx")
    size = (80, 96)
    path, card = exported(SHIPPED, format, tmp_path, precision, size)
    pixels = picture(size)
    decibels = 40 if precision == "float16" else 35
    assert psnr(runtime(path)(pixels), ours(SHIPPED, pixels)) > decibels
    total = sum(facts["bytes"] for facts in card["files"].values())
    assert total <= MOST[format, precision]


@pytest.fixture(scope="module")
def mobile(tmp_path_factory):
    """Style files of a mobile network of full width, {norm: path}."""
    folder, made = tmp_path_factory.mktemp("mobile"), {}
    for norm in ("instance", "batch"):
        keras.utils.set_random_seed(0)
        built = build_network(network="mobile", norm=norm)
        made[norm] = str(folder / f"{norm}.keras")
        save_network(trained_like(built), made[norm], RECIPE)
    return made


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("precision", ["float16", "int8"])
@pytest.mark.parametrize("format", FORMATS)
def test_the_mobile_network_of_fewer_bits(format, precision, norm, mobile, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnx")
    path, card = exported(mobile[norm], format, tmp_path, precision, ODD)
    decibels = 40 if precision == "float16" else 35
    painted, wanted = runtime(path)(picture()), ours(mobile[norm], picture())
    assert wanted.std() > 5
    assert psnr(painted, wanted) > decibels
    if format in ("onnx", "litert"):
        assert sum(facts["bytes"] for facts in card["files"].values()) <= 0.4e6


def test_litert_in_float16_runs_on_phones_gpus(tmp_path, capfd):
    import tensorflow as tf

    path, _ = exported(SHIPPED, "litert", tmp_path, "float16", (80, 96))
    capfd.readouterr()
    tf.lite.experimental.Analyzer.analyze(path, gpu_compatibility=True)
    report = capfd.readouterr().out
    assert "Your model looks compatible with GPU delegate" in report
    assert "GPU COMPATIBILITY WARNING" not in report


def test_constants_in_litert_files_are_aligned(tiny, tmp_path):
    """LiteRT's schema: `data: [ubyte] (force_align: 16)`."""
    from tensorflow.lite.python import schema_py_generated as schema

    path, _ = exported(tiny(), "litert", tmp_path, "float16", ODD)
    with open(path, "rb") as file:
        model = schema.Model.GetRootAs(file.read(), 0)
    buffers = [model.Buffers(i) for i in range(model.BuffersLength())]
    # The field "data" of a buffer is its first, at 4 in its table of fields.
    places = [b._tab.Vector(b._tab.Offset(4)) for b in buffers if b.DataLength()]
    assert len(places) > 20 and all(place % 16 == 0 for place in places)
