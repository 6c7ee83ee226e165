"""int8 and what is kept of it from one run to the next."""

import os

import keras
import numpy as np
import pytest

from fusion_style.data.images import read_picture, sample_photographs
from fusion_style.inference.engines.cache import cache_folder, cached
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
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


def test_int8_is_close_to_float32_and_kept(cache, tmp_path):
    pytest.importorskip("nncf")
    name = str(tmp_path / "network.keras")
    keras.utils.set_random_seed(0)
    save_network(build_network(norm="batch", width=0.25), name, {})
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
