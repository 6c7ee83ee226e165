"""Exports: the files paint what our engine paints."""

import importlib.util

import numpy as np
import pytest

from fusion_style.exports.formats import FORMATS, PIXELS
from fusion_style.exports.plain import plain_painting
from fusion_style.exports.weights import stored
from fusion_style.exports.whole import draw_whole
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.loading import load_graph
from fusion_style.models.networks import NETWORKS
from fusion_style.models.shipped import shipped_styles
from fusion_style.tests.support.exported import (
    ATOL,
    ODD,
    exported,
    ours,
    picture,
    psnr,
    runtime,
)
from fusion_style.tests.support.several import paint_mix

SHIPPED = next(iter(shipped_styles()))


MISSING = [name for name in ("onnx", "onnxruntime") if not importlib.util.find_spec(name)]
needs_onnx = pytest.mark.skipif(bool(MISSING), reason=f"no {' and '.join(MISSING)} here")


@needs_onnx
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("network", NETWORKS)
def test_onnx_paints_any_size_as_ours(network, norm, tiny, tmp_path):
    style = tiny(network, norm, "deconv" if norm == "batch" else "resize")
    paint = runtime(exported(style, "onnx", tmp_path)[0])
    for size in [ODD, (4, 40), *([(1, 1)] if norm == "batch" else [])]:
        pixels = picture(size)
        painted = paint(pixels)
        assert painted.dtype == np.float32
        np.testing.assert_allclose(painted, ours(style, pixels), atol=ATOL)
    assert paint(picture()).std() > 5


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        ("openvino", ("fusion", "instance", "resize")),
        ("openvino", ("johnson", "batch", "deconv")),
        ("openvino", ("mobile", "instance", "resize")),
        ("savedmodel", ("johnson", "batch", "deconv")),
        ("savedmodel", ("mobile", "batch", "resize")),
    ],
)
def test_other_formats_paint_any_size_as_ours(format, kind, tiny, tmp_path):
    style = tiny(*kind)
    paint = runtime(exported(style, format, tmp_path)[0])
    for size in (ODD, (4, 40)):
        pixels = picture(size)
        np.testing.assert_allclose(paint(pixels), ours(style, pixels), atol=ATOL)


@pytest.mark.parametrize("kind", [
    ("fusion", "instance", "resize"), ("fusion", "batch", "deconv"),
    ("johnson", "instance", "resize"), ("inception", "batch", "deconv"),
    ("mobile", "instance", "resize"), ("mobile", "batch", "resize"),
], ids="-".join)  # fmt: skip
def test_litert_paints_its_size_as_ours(kind, tiny, tmp_path):
    style, pixels = tiny(*kind), picture()
    path, card = exported(style, "litert", tmp_path, size=ODD)
    np.testing.assert_allclose(runtime(path)(pixels), ours(style, pixels), atol=ATOL)
    assert card["inputs"]["picture"]["shape"] == [1, *ODD, 3]
    assert "DEPTH_TO_SPACE" not in card["operations"]


@needs_onnx
def test_a_network_without_standardization(tiny, tmp_path):
    style = tiny(input_norm=False)
    paint = runtime(exported(style, "onnx", tmp_path)[0])
    np.testing.assert_allclose(paint(picture()), ours(style, picture()), atol=ATOL)


def test_instance_norm_survives_phones_float16():
    """Phones' GPUs round each result to float16, squares included: at most 65,504."""
    import tensorflow as tf

    from fusion_style.exports.litert import LiteRTOperations

    def half(x):
        if isinstance(x, tuple):
            return tuple(map(half, x))
        return tf.cast(tf.cast(x, tf.float16), tf.float32)

    class Phone(LiteRTOperations):
        def moments(self, x):
            mean = half(tf.reduce_mean(x, (1, 2), keepdims=True))
            squares = half(tf.square(half(x - mean)))
            return mean, half(tf.reduce_mean(squares, (1, 2), keepdims=True))

    def rounded(name):
        plain = getattr(Phone, name)
        return lambda self, *args: half(plain(self, *args))

    for name in ("scale", "conv", "normalize", "add", "tanh", "photograph"):
        setattr(Phone, name, rounded(name))
    graph, pixels = plain_painting(load_graph(shipped_styles()[SHIPPED])), picture((80, 96))
    style = tf.constant(graph.style())
    painted = draw_whole(graph, Phone(half), tf.constant(pixels[None]), style)[0].numpy()
    assert psnr(painted, ours(SHIPPED, pixels)) > 40


@pytest.mark.parametrize("format", [f for f, one in FORMATS.items() if one.style])
def test_another_style_can_be_fed(format, tiny, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnx")
    style, stylizer = tiny(), Stylizer(tiny(), "openvino", "float32")
    path, card = exported(style, format, tmp_path)
    assert card["inputs"]["style"]["shape"] == list(stylizer.style.shape)
    rng = np.random.default_rng(0)
    stylizer.style += rng.normal(0, 0.3, stylizer.style.shape).astype(np.float32)
    painted = runtime(path, style=stylizer.style)(picture())
    np.testing.assert_allclose(painted, stylizer.paint(picture()), atol=ATOL)
    assert np.abs(painted - ours(style, picture())).max() > 5


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("format", FORMATS)
def test_files_of_several_styles_paint_a_mix(format, norm, several, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnx")
    path, card = exported(several[norm], format, tmp_path, size=ODD)
    assert card["inputs"]["mix"]["shape"] == [3]
    assert [row["painting"] for row in card["styles"]] == ["wave", "wave", "udnie"]
    mix = np.float32([0.5, 0.2, 0.3])
    painted = runtime(path, mix=mix)(picture())
    wanted = paint_mix(several[norm], mix, picture())
    assert wanted.std() > 3
    np.testing.assert_allclose(painted, wanted, atol=ATOL)
    if format == "savedmodel":  # others have no default
        first = paint_mix(several[norm], np.eye(3)[0], picture())
        np.testing.assert_allclose(runtime(path)(picture()), first, atol=ATOL)


@pytest.mark.parametrize("pixels", PIXELS)
def test_a_mix_runs_on_phones_gpus(pixels, several, tmp_path, capfd):
    import tensorflow as tf

    path, _ = exported(several["instance"], "litert", tmp_path, "float16", ODD, pixels)
    capfd.readouterr()
    tf.lite.experimental.Analyzer.analyze(path, gpu_compatibility=True)
    report = capfd.readouterr().out
    assert "Your model looks compatible with GPU delegate" in report


def test_stored_weights():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 4, 5)).astype(np.float32)
    kernel[..., 2] = 0
    values, scale = stored(kernel, "int8")
    assert values.dtype == np.int8 and scale.shape == (1, 1, 1, 5)
    most = np.abs(kernel).max((0, 1, 2)) / 127 / 2
    assert (np.abs(values * scale - kernel) <= most * 1.001).all()
    half, scale = stored(kernel, "float16")
    assert half.dtype == np.float16 and scale is None
    with pytest.raises(ValueError, match="float16 cannot hold a weight of 1e\\+05"):
        stored(kernel * 0 + 1e5, "float16")
