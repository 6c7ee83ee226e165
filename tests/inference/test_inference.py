"""Painting fast: the deployed network is the Keras network, tiles are the whole."""

import itertools
import subprocess
import sys

import keras
import numpy as np
import pytest

from fusion_style.data.images import read_picture, sample_photograph
from fusion_style.inference.engines.registry import choose_engine
from fusion_style.inference.statistics import photograph_of, samples
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import mirrored
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_network
from fusion_style.models.networks import NETWORKS
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.pictures import ROOT, made_up_photograph, trained_like

RECIPE = {"settings": {}}
COMBINATIONS = [
    *(("openvino", *c) for c in itertools.product(NETWORKS, ("resize", "deconv"))),
    ("tensorflow", "fusion", "resize"),
    ("tensorflow", "inception", "deconv"),
]


def keras_paints(network, pixels):
    """Not by `predict`, which makes a graph for each size."""
    return np.asarray(network(pixels[None], training=False)[0])


@pytest.mark.parametrize(("engine", "name", "upsample", "input_norm"), [
    *((*combination, True) for combination in COMBINATIONS),
    ("openvino", "johnson", "deconv", False),
    ("tensorflow", "fusion", "resize", False),
])  # fmt: skip
def test_parity_with_keras(engine, name, upsample, input_norm, tmp_path):
    path = str(tmp_path / "network.keras")
    keras.utils.set_random_seed(0)
    network = build_network(
        network=name, norm="batch", upsample=upsample, input_norm=input_norm, width=0.25
    )
    save_network(trained_like(network), path, RECIPE)
    stylizer = Stylizer(path, engine, "float32")
    stylizer.margin = 0
    for size in ((1, 1), (33, 46)):
        pixels = made_up_photograph(*size).astype(np.float32)
        expected = keras_paints(network, pixels)
        np.testing.assert_allclose(stylizer.paint(pixels), expected, atol=0.05)
    assert expected.std() > 10


@pytest.mark.parametrize("name", shipped_styles())
@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_parity_of_shipped_styles(name, engine):
    pixels = made_up_photograph(101, 130).astype(np.float32)
    expected = keras_paints(load_network(shipped_styles()[name]), pixels)
    stylizer = Stylizer(name, engine, "float32")
    stylizer.margin = 0
    painted = stylizer.paint(pixels)
    np.testing.assert_allclose(painted, expected, atol=0.05)
    assert painted.std() > 10


@pytest.mark.parametrize(("engine", "name", "upsample"), COMBINATIONS)
def test_parity_with_instance_norm(engine, name, upsample, tmp_path):
    path = str(tmp_path / "network.keras")
    keras.utils.set_random_seed(0)
    network = build_network(network=name, upsample=upsample, width=0.25)
    save_network(network, path, RECIPE)
    stylizer = Stylizer(path, engine, "float32")
    stylizer.margin = 0
    pixels = made_up_photograph(32, 44).astype(np.float32)
    expected = keras_paints(network, pixels)
    np.testing.assert_allclose(stylizer.paint(pixels), expected, atol=0.05)


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_frozen_statistics_of_the_whole_are_instance_norm(engine, tmp_path):
    path = str(tmp_path / "network.keras")
    save_network(build_network(network="inception", width=0.25), path, RECIPE)
    stylizer = Stylizer(path, engine, "float32")
    pixels = made_up_photograph(64, 48).astype(np.float32)
    inputs = pixels[None], photograph_of(pixels), stylizer.style
    expected = stylizer.engine.paint(*inputs)
    measured = stylizer.engine.measure(*inputs)
    assert measured.shape == stylizer.style.shape
    painted = stylizer.engine.paint(*inputs, measured)
    np.testing.assert_allclose(painted, expected, atol=0.2)  # float32 rounds


def test_large_pictures_with_instance_norm_are_painted_in_tiles(tmp_path):
    path = str(tmp_path / "network.keras")
    save_network(build_network(width=0.125), path, RECIPE)
    stylizer = Stylizer(path, "openvino", "float32")
    engine = stylizer.engine
    pixels = made_up_photograph(300, 260).astype(np.float32)
    tiles = stylizer.paint(pixels, region=200)
    around = [mirrored(-16, n + 16, n) for n in (300, 260)]
    photograph = photograph_of(pixels)
    measured = engine.measure(samples(pixels), photograph, stylizer.style)
    padded = np.ascontiguousarray(pixels[around[0][:, None], around[1]])
    whole = engine.paint(padded[None], photograph, stylizer.style, measured)[0]
    np.testing.assert_allclose(tiles, whole[16:-16, 16:-16], atol=0.05)
    assert tiles.std() > 3


def test_pictures_of_one_size_compile_once(tmp_path):
    """Not for each picture, though each has norms' statistics of its own."""
    path = str(tmp_path / "network.keras")
    save_network(build_network(width=0.125), path, RECIPE)
    stylizer = Stylizer(path, "openvino", "float32")
    for seed in range(3):
        pixels = made_up_photograph(300, 260, seed).astype(np.float32)
        stylizer.paint(pixels, region=200)
        assert stylizer.engine.compilations == 2  # the squares, and one size of tile
    other = stylizer.style * np.float32(1.1)
    before, stylizer.style = stylizer.paint(pixels, region=200), other
    assert np.abs(stylizer.paint(pixels, region=200) - before).max() > 1
    assert stylizer.engine.compilations == 2


def psnr(a, b):
    return 10 * np.log10(255**2 / np.square(a - b).mean())


def test_samples_are_squares_of_the_picture():
    pixels = made_up_photograph(200, 90).astype(np.float32)
    squares = samples(pixels, side=40, most=3)
    assert squares.shape == (6, 40, 40, 3)
    np.testing.assert_array_equal(squares[0], pixels[:40, :40])
    np.testing.assert_array_equal(squares[-1], pixels[-40:, -40:])
    assert samples(pixels, side=128).shape == (1, 128, 128, 3)


@pytest.mark.parametrize("name", shipped_styles())
def test_bfloat16_is_close_to_float32(name):
    """With TensorFlow, which computes it on any processor."""
    pixels = read_picture(sample_photograph()).pixels[100:228, 160:288]
    exact = Stylizer(name, "tensorflow", "float32").paint(pixels)
    assert 45 < psnr(Stylizer(name, "tensorflow", "bfloat16").paint(pixels), exact) < 90


def test_statistics_are_those_of_the_whole_picture():
    pixels = made_up_photograph(70, 31).astype(np.float32)
    mean, factor = photograph_of(pixels, rows=16)
    np.testing.assert_allclose(mean, pixels.mean(axis=(0, 1)), rtol=1e-5)
    expected = 1 / np.sqrt(pixels.var(axis=(0, 1)) + 4)
    np.testing.assert_allclose(factor, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("engine", "precision", "message"),
    [
        ("cuda", "auto", "engine must be one of"),
        ("auto", "int3", "precision must be one of"),
        ("tensorflow", "int8", "int8 needs the engine openvino"),
        ("jax", "auto", "engine jax is not installed|engine must be tensorflow"),
    ],
)
def test_unknown_engines_are_named(style, engine, precision, message):
    with pytest.raises(ValueError, match=message):
        Stylizer(style, engine, precision)


def test_a_driver_without_a_gpu_means_openvino(monkeypatch):
    monkeypatch.setattr("os.path.exists", lambda path: True)
    assert choose_engine() == "openvino"
    monkeypatch.setattr("fusion_style.devices.gpus", lambda: ["gpu:0"])
    assert choose_engine() == "tensorflow"


def test_openvino_needs_neither_keras_nor_tensorflow(style):
    program = (
        "import sys, numpy; from fusion_style.inference.stylizer import Stylizer;"
        f"Stylizer({style!r}, 'openvino').paint(numpy.zeros((9, 9, 3), 'float32'));"
        "import fusion_style.stylize;"
        "sys.exit(bool({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
