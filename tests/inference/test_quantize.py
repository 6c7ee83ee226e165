"""int8 and what is kept of it from one run to the next."""

import os
import warnings

import keras
import numpy as np
import pytest
from openvino import Type

from fusion_style.data.images import read_picture, sample_photographs
from fusion_style.inference.engines import int8
from fusion_style.inference.engines.cache import cache_folder, cached
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
    return sorted(os.listdir(folder))


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


def test_a_cache_that_cannot_be_written_keeps_no_one_from_painting(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FUSION_STYLE_CACHE", str(tmp_path / "file"))
    assert cached("a", lambda: b"made") == b"made"


def test_int8_needs_batch_norm(tmp_path):
    path = str(tmp_path / "network.keras")
    save_network(build_network(width=0.125), path, {})
    with pytest.raises(ValueError, match="int8 needs a style with batch norm"):
        Stylizer(path, precision="int8")


def test_int8_without_nncf_says_what_to_install(style, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install nncf"):
        Stylizer(style, precision="int8")


@pytest.fixture(scope="module")
def batch_style(tmp_path_factory):
    """A style file that int8 can be made of."""
    path = str(tmp_path_factory.mktemp("style") / "network.keras")
    keras.utils.set_random_seed(0)
    save_network(build_network(norm="batch", width=0.25), path, {})
    return path


def saturating_products(activations, weights):
    """What x86 without VNNI computes (vpmaddubsw): pairs of products, cut to 16 bits."""
    products = activations.astype(np.int32) * weights
    pairs = products[:, ::2] + products[:, 1::2]
    return np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=1)


def test_no_sum_of_int8_products_saturates(batch_style):
    """On no processor: the largest weights by the largest activations still fit."""
    pytest.importorskip("nncf")
    model = int8.quantize(painting(load_graph(batch_style)))
    weights = [
        node.data.astype(np.int32)
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Constant" and node.get_element_type() == Type.i8
    ]
    assert len(weights) == 25  # all of the 26 convolutions but the first
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
        monkeypatch.setattr(int8, "speed_up", lambda *_, value=speed_up: value)
        monkeypatch.setattr(int8, "key", lambda graph, value=speed_up: str(value))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", int8.SlowerWarning)
            Stylizer(batch_style, precision="int8")
        assert any("0.90 times as fast" in str(w.message) for w in caught) == warned


@pytest.mark.filterwarnings("ignore::fusion_style.inference.engines.int8.SlowerWarning")
def test_int8_is_close_to_float32_and_kept(cache, batch_style):
    pytest.importorskip("nncf")
    name = batch_style
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
