"""Exports: the files paint what our engine paints, and say what they are."""

import hashlib
import importlib.util
import json
import os

import keras
import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from fusion_style.exports.config import ExportConfig, parse_size
from fusion_style.exports.export import export_style
from fusion_style.exports.formats import FORMATS
from fusion_style.exports.plain import plain_painting
from fusion_style.exports.weights import stored
from fusion_style.exports.whole import draw_whole
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_graph
from fusion_style.models.networks import NETWORKS
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.pictures import (
    import_script,
    made_up_photograph,
    trained_like,
)
from fusion_style.tests.support.several import paint_mix, save_several

SHIPPED = next(iter(shipped_styles()))
ODD = (35, 46)  # height, width
ATOL = 0.5  # of 255: narrow untrained networks enlarge what rounding does
RECIPE = {"settings": {"network": "fusion"}, "photographs": 0}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Make a style file with a narrow network, once for each: (network, norm, upsample)."""
    folder, made = tmp_path_factory.mktemp("tiny"), {}

    def make(network="fusion", norm="instance", upsample="resize", **more):
        key = f"{network}-{norm}-{upsample}-{'-'.join(more)}"
        if key not in made:
            keras.utils.set_random_seed(0)
            built = build_network(
                network=network, norm=norm, upsample=upsample, width=0.0625, **more
            )
            made[key] = str(folder / f"{key}.keras")
            save_network(trained_like(built), made[key], RECIPE)
        return made[key]

    return make


def exported(style, format, out, precision="float32", size=None):
    """Return (path of the exported file, model card)."""
    size = f"{size[1]}x{size[0]}" if size else None
    card = export_style(ExportConfig(style, format, str(out), size, precision))
    return os.path.join(out, card["name"]), card


def runtime(path, **more):
    """Return what paints with an exported file: from pixels to pixels."""
    if path.endswith(".onnx"):
        onnxruntime = pytest.importorskip("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options)
        return lambda x: session.run(None, {"picture": x[None], **more})[0][0]
    if path.endswith(".tflite"):
        litert = pytest.importorskip("ai_edge_litert.interpreter")
        paint = litert.Interpreter(path).get_signature_runner()
        return lambda x: paint(picture=x[None], **more)["painting"][0]
    if path.endswith(".xml"):
        import openvino

        hints = {"INFERENCE_PRECISION_HINT": "f32"}
        model = openvino.Core().compile_model(path, "CPU", hints)
        return lambda x: model({"picture": x[None], **more})["painting"][0]
    import tensorflow as tf

    name = f"with_{next(iter(more))}" if more else "serving_default"
    paint = tf.saved_model.load(path).signatures[name]
    return lambda x: paint(picture=tf.constant(x[None]), **more)["painting"].numpy()[0]


def picture(size=ODD, seed=0):
    return made_up_photograph(*size, seed).astype(np.float32)


def ours(style, pixels):
    return Stylizer(style, "openvino", "float32").paint(pixels)


def psnr(a, b):
    return 10 * np.log10(255**2 / np.square(a - b).mean())


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
        ("savedmodel", ("johnson", "batch", "deconv")),
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


@needs_onnx
@pytest.mark.parametrize(
    ("precision", "decibels", "most"), [("float16", 40, 1.3e6), ("int8", 35, 0.7e6)]
)
def test_onnx_of_fewer_bits(precision, decibels, most, tmp_path):
    path, _ = exported(SHIPPED, "onnx", tmp_path, precision)
    pixels = picture((80, 96))
    assert psnr(runtime(path)(pixels), ours(SHIPPED, pixels)) > decibels
    assert os.path.getsize(path) <= most


def test_litert_in_float16_is_small_and_runs_on_phones_gpus(tmp_path, capfd):
    import tensorflow as tf

    size = (80, 96)
    path, _ = exported(SHIPPED, "litert", tmp_path, "float16", size)
    assert os.path.getsize(path) <= 1.31e6
    pixels = picture(size)
    assert psnr(runtime(path)(pixels), ours(SHIPPED, pixels)) > 40
    capfd.readouterr()
    tf.lite.experimental.Analyzer.analyze(path, gpu_compatibility=True)
    report = capfd.readouterr().out
    assert "Your model looks compatible with GPU delegate" in report
    assert "GPU COMPATIBILITY WARNING" not in report


def test_litert_in_int8(tmp_path):
    size = (80, 96)
    path, _ = exported(SHIPPED, "litert", tmp_path, "int8", size)
    assert os.path.getsize(path) <= 0.75e6
    pixels = picture(size)
    assert psnr(runtime(path)(pixels), ours(SHIPPED, pixels)) > 35


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


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Style files of three conditions, {norm: path}."""
    folder, made = tmp_path_factory.mktemp("several"), {}
    for norm in ("instance", "batch"):
        made[norm] = str(folder / f"{norm}.keras")
        save_several(made[norm], norm)
    return made


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
    if format in ("onnx", "savedmodel"):  # others have no default
        first = paint_mix(several[norm], np.eye(3)[0], picture())
        np.testing.assert_allclose(runtime(path)(picture()), first, atol=ATOL)


def test_a_mix_runs_on_phones_gpus(several, tmp_path, capfd):
    import tensorflow as tf

    path, _ = exported(several["instance"], "litert", tmp_path, "float16", ODD)
    capfd.readouterr()
    tf.lite.experimental.Analyzer.analyze(path, gpu_compatibility=True)
    report = capfd.readouterr().out
    assert "Your model looks compatible with GPU delegate" in report


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


@pytest.mark.parametrize("format", FORMATS)
def test_the_card_tells_how_to_call_it(format, tiny, tmp_path, monkeypatch):
    if format == "onnx":
        pytest.importorskip("onnx")
    style = tiny()
    path, card = exported(style, format, tmp_path, "float32", ODD)
    runtime(path)  # which skips this where there is none
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
    (["--style=STYLE", "--format=openvino", "--precision=int8"],
     "precision must be one of float32, float16 for openvino. Received: int8, which is "
     "possible for onnx and litert"),
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
