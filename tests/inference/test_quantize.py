"""int8 and what is kept of it from one run to the next."""

import functools
import os
import pathlib
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from openvino import Type

from fusion_style.data.images import read_picture, sample_photographs
from fusion_style.files import cache_folder
from fusion_style.inference.engines import compiled, int8
from fusion_style.inference.engines import openvino as openvino_engine
from fusion_style.inference.engines.cache import cached
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting
from fusion_style.models.style_file import save_network


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FUSION_STYLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(folder):
    """The names of what is in the cache, without the folder of what was compiled."""
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_file())


def test_cached_is_made_once(cache):
    assert cache_folder() == str(cache)
    assert cached("a", lambda: b"made") == b"made"
    assert cached("a", lambda: b"made again") == b"made"
    assert cached("b", lambda: b"other") == b"other"
    assert len(files(cache)) == 2


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "delete"])
def test_damage_is_made_good(cache, damage):
    cached("a", lambda: b"made")
    (path,) = cache.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[-1] ^= 1
    path.write_bytes({"flip": bytes(data), "truncate": data[:-1]}.get(damage, b""))
    if damage == "delete":
        path.unlink()
    assert cached("a", lambda: b"made again") == b"made again"
    assert cached("a", lambda: b"and again") == b"made again"


def test_a_folder_of_the_cache_is_bounded(cache):
    seen = []
    for i in range(4):
        cached(str(i), lambda: bytes(100), "small", most=300)
        (newest,) = set(files(cache / "small")) - set(seen)
        os.utime(cache / "small" / newest, (i, i))
        seen = files(cache / "small")
    assert len(seen) == 2  # of 132 bytes, with their sums
    assert cached("3", lambda: b"made again", "small", most=300) == bytes(100)
    assert cached("0", lambda: b"made again", "small", most=300) == b"made again"


def test_what_was_compiled_is_kept_and_paints_the_same(cache, style, monkeypatch):
    pixels = read_picture(sample_photographs()[0]).pixels[:60, :80]
    painted = [Stylizer(style, "openvino").paint(pixels)]
    (kept,) = files(cache / "compiled")
    with monkeypatch.context() as patch:  # nothing is drawn
        patch.setattr(openvino_engine, "draw", None)
        painted.append(Stylizer(style, "openvino").paint(pixels))
    stylizer = Stylizer(style, "openvino")
    stylizer.paint(pixels[:40, :40])  # the first of a process alone is kept
    painted.append(stylizer.paint(pixels))
    for again in painted[1:]:
        np.testing.assert_array_equal(again, painted[0])
    assert kept in files(cache / "compiled") and len(files(cache / "compiled")) == 2


def test_what_openvino_does_not_read_is_compiled_anew(cache, style, monkeypatch):
    pixels = read_picture(sample_photographs()[0]).pixels[:60, :80]
    painted = Stylizer(style, "openvino").paint(pixels)
    monkeypatch.setattr(compiled, "cached", lambda *_: b"of another build")
    np.testing.assert_array_equal(Stylizer(style, "openvino").paint(pixels), painted)


def test_the_converter_is_imported_when_it_is_called():
    code = (
        "import sys; from fusion_style.models.openvino_import import import_openvino;"
        "import_openvino(); import openvino;"
        "assert not any('telemetry' in name for name in sys.modules);"
        "print(openvino.convert_model.__name__);"
        "import openvino.tools.ovc"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "convert_model"), done.stderr


def test_a_cache_that_cannot_be_written_keeps_no_one_from_painting(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FUSION_STYLE_CACHE", str(tmp_path / "file"))
    assert cached("a", lambda: b"made") == b"made"


def test_int8_without_nncf_says_what_to_install(style, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install nncf"):
        Stylizer(style, precision="int8")


@pytest.fixture(scope="module")
def make_style(tmp_path_factory):
    """Make a style file with a narrow network: of a norm, and of a kind."""

    @functools.cache
    def make(norm, network="fusion"):
        path = str(tmp_path_factory.mktemp("style") / "network.keras")
        keras.utils.set_random_seed(0)
        save_network(build_network(network=network, norm=norm, width=0.25), path, {})
        return path

    return make


@pytest.fixture(scope="module")
def batch_style(make_style):
    return make_style("batch")


def saturating_products(activations, weights):
    """What x86 without VNNI computes (vpmaddubsw): pairs of products, cut to 16 bits."""
    products = activations.astype(np.int32) * weights
    pairs = products[:, ::2] + products[:, 1::2]
    return np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=1)


@pytest.mark.parametrize(
    ("network", "norm", "count"),  # all of the convolutions but the first
    [("fusion", "batch", 25), ("fusion", "instance", 25), ("mobile", "instance", 14)],
)
def test_no_sum_of_int8_products_saturates(network, norm, count, make_style):
    """On no processor: the largest weights by the largest activations still fit."""
    pytest.importorskip("nncf")
    model = int8.quantize(painting(load_graph(make_style(norm, network))))
    weights = [
        node.data.astype(np.int32)
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Constant" and node.get_element_type() == Type.i8
    ]
    assert len(weights) == count
    largest = max(weights, key=lambda w: np.abs(w).max())
    assert 0 < np.abs(largest).max() <= int8.LARGEST_WEIGHT
    rows = largest.reshape(len(largest), -1)
    for activations in (np.full(rows.shape[1], 255), np.arange(rows.shape[1]) * 7 % 256):
        found = saturating_products(activations[None], rows)
        np.testing.assert_array_equal(found, rows @ activations)
    bright, eight_bits = np.full((1, 64), 255), np.full((1, 64), 127)
    assert saturating_products(bright, eight_bits) != (bright * eight_bits).sum()


def test_a_processor_that_is_no_faster_is_told(batch_style, monkeypatch):
    pytest.importorskip("nncf")
    for speed_up, warned in ((0.9, True), (1.6, False)):
        found = {"speed_up": speed_up, "error": 0.01}
        monkeypatch.setattr(int8, "beside_float", lambda *_, found=found: found)
        monkeypatch.setattr(int8, "key", lambda *_, value=speed_up: str(value))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", int8.SlowerWarning)
            Stylizer(batch_style, precision="int8")
        assert any("0.90 times as fast" in str(w.message) for w in caught) == warned


def without_avx2():
    """Whether OpenVINO computes here as on a processor of before 2013."""
    if os.environ.get("ONEDNN_MAX_CPU_ISA") in ("SSE41", "AVX"):
        return True
    processor = pathlib.Path("/proc/cpuinfo")
    found = processor.read_text() if processor.exists() else "avx2"
    return "sse4_1" in found and "avx2" not in found


def refused(style):
    """Whether int8 is refused here, because it would be wrong."""
    try:
        Stylizer(style, precision="int8")
    except ValueError as error:
        assert "paints this style wrongly in int8 on this processor" in str(error)
        assert without_avx2()
        return True
    return False


def test_where_int8_is_wrong_it_is_refused(batch_style, make_style, monkeypatch):
    """As OpenVINO's is on processors without AVX2 for some networks."""
    pytest.importorskip("nncf")
    quantize, other = int8.quantize, painting(load_graph(make_style("batch", "mobile")))
    monkeypatch.setattr(int8, "quantize", lambda _, *which: quantize(other, *which))
    for _ in range(2):  # what is kept is refused again
        with pytest.raises(ValueError, match="wrongly in int8 .* Take --precision auto"):
            Stylizer(batch_style, precision="int8")


@pytest.mark.filterwarnings("ignore::fusion_style.inference.engines.int8.SlowerWarning")
def test_int8_is_close_to_float32_and_kept(cache, batch_style):
    pytest.importorskip("nncf")
    name = batch_style
    if refused(name):
        return
    quantized = Stylizer(name, precision="int8")
    (kept,) = files(cache)
    for photograph in sample_photographs():
        pixels = read_picture(photograph).pixels[:200, :240]
        exact = Stylizer(name, "openvino", "float32").paint(pixels)
        painted = quantized.paint(pixels)
        error = np.square(painted - exact).mean() / exact.var()
        assert 1e-4 < error < 1 / 30  # it is neither float32 nor far from it
    again = Stylizer(name, precision="int8").paint(pixels)
    np.testing.assert_array_equal(again, painted)
    assert files(cache) == [kept]


@pytest.mark.filterwarnings("ignore::fusion_style.inference.engines.int8.SlowerWarning")
def test_int8_with_instance_norm_is_close_to_float32(cache, make_style):
    """Whole pictures, and tiles, whose statistics are given."""
    pytest.importorskip("nncf")
    name = make_style("instance", "mobile")
    if refused(name):
        return
    quantized, exact = (
        Stylizer(name, precision="int8"),
        Stylizer(name, "openvino", "float32"),
    )
    pixels = read_picture(sample_photographs()[0]).pixels[:200, :280]
    for region, models in ((1600, 1), (160, 3)):
        painted, expected = (s.paint(pixels, region) for s in (quantized, exact))
        error = np.square(painted - expected).mean() / expected.var()
        assert 1e-5 < error < 1 / 30
        assert len(files(cache)) == models
