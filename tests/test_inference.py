"""Painting fast: the deployed network is the Keras network, tiles are the whole."""

import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import made_up_photograph

from inference.engines import load_engine
from inference.stylizer import Stylizer, statistics
from inference.tiles import mirrored, paint_in_tiles, spans
from models.checkpoint import load_network, save_network, shipped_styles
from models.deploy import Deployment
from models.transformer import NETWORKS, build_network

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RNG = np.random.default_rng(0)
RECIPE = {"settings": {}}


def trained_like(network):
    """Random norms, with the statistics of what goes through them."""
    rng = np.random.default_rng(0)
    for norm in network._flatten_layers():
        if hasattr(norm, "moving_mean"):
            norm.gamma.assign(rng.normal(1, 0.1, norm.gamma.shape))
            norm.beta.assign(rng.normal(0, 0.1, norm.beta.shape))
            norm.momentum = 0
    pictures = np.stack([made_up_photograph(64, 64, seed) for seed in range(4)])
    network(pictures.astype(np.float32), training=True)
    return network


COMBINATIONS = [
    *(("openvino", *c) for c in itertools.product(NETWORKS, ("resize", "deconv"))),
    ("tensorflow", "fusion", "resize"),
    ("tensorflow", "inception", "deconv"),
]


@pytest.mark.parametrize(("engine", "name", "upsample"), COMBINATIONS)
@pytest.mark.parametrize("input_norm", [True, False])
def test_parity_with_keras(engine, name, upsample, input_norm, tmp_path):
    path = str(tmp_path / "network.keras")
    keras.utils.set_random_seed(0)
    network = build_network(name, upsample=upsample, input_norm=input_norm, width=0.25)
    save_network(trained_like(network), path, RECIPE)
    stylizer = Stylizer(path, engine, "float32")
    stylizer.margin = 0
    for size in ((1, 1), (33, 46)):
        pixels = made_up_photograph(*size).astype(np.float32)
        expected = network.predict_on_batch(pixels[None])[0]
        np.testing.assert_allclose(stylizer.paint(pixels), expected, atol=0.05)
    assert expected.std() > 10


@pytest.mark.parametrize("name", shipped_styles())
@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_parity_of_shipped_styles(name, engine):
    pixels = made_up_photograph(101, 130).astype(np.float32)
    expected = load_network(shipped_styles()[name]).predict_on_batch(pixels[None])[0]
    stylizer = Stylizer(name, engine, "float32")
    stylizer.margin = 0
    painted = stylizer.paint(pixels)
    np.testing.assert_allclose(painted, expected, atol=0.05)
    assert painted.std() > 10


def test_instance_norm_is_painted_too(tmp_path):
    path = str(tmp_path / "network.keras")
    network = build_network(norm="instance", width=0.125)
    save_network(network, path, RECIPE)
    pixels = made_up_photograph(21, 30).astype(np.float32)
    expected = network.predict_on_batch(pixels[None])[0]
    np.testing.assert_allclose(Stylizer(path).paint(pixels), expected, atol=1e-3)


def test_statistics_are_those_of_the_whole_picture():
    pixels = made_up_photograph(70, 31).astype(np.float32)
    mean, factor = statistics(pixels, rows=16)
    np.testing.assert_allclose(mean, pixels.mean(axis=(0, 1)), rtol=1e-5)
    expected = 1 / np.sqrt(pixels.var(axis=(0, 1)) + 4)
    np.testing.assert_allclose(factor, expected, rtol=1e-5)


@pytest.mark.parametrize("region", [136, 160, 200])
@pytest.mark.parametrize("size", [(50, 333), (201, 137), (400, 250)])
def test_tiles_are_the_whole_picture(style, size, region):
    deployment = Deployment(style)
    engine = load_engine(deployment, "openvino", "float32")
    pixels = made_up_photograph(*size).astype(np.float32)

    def paint(tile):
        return engine(tile, *statistics(pixels))

    whole = paint_in_tiles(pixels, paint, deployment.halo, region=10_000)
    tiles = paint_in_tiles(pixels, paint, deployment.halo, region=region, progress=False)
    np.testing.assert_allclose(tiles, whole, atol=0.05)


def test_the_halo_covers_the_receptive_field(tmp_path):
    """A pixel far away changes nothing; one just inside the reach does."""
    path = str(tmp_path / "network.keras")
    save_network(trained_like(build_network(width=0.25)), path, RECIPE)
    deployment = Deployment(path)
    engine = load_engine(deployment, "openvino", "float32")
    pixels = made_up_photograph(8, 400).astype(np.float32)
    other = pixels.copy()
    other[:, :100] = RNG.uniform(0, 255, (8, 100, 3))
    changed = engine(pixels, *statistics(pixels)) - engine(other, *statistics(pixels))
    reached = np.flatnonzero(np.abs(changed).max(axis=(0, 2)) > 1e-3).max() - 99
    assert 30 < reached <= deployment.reach <= deployment.halo


@pytest.mark.parametrize("size", [(4, 20), (72, 92)])
def test_the_margin_is_the_mirrored_picture(style, size):
    stylizer = Stylizer(style, "openvino", "float32")
    pixels = made_up_photograph(*size).astype(np.float32)
    around = [mirrored(-16, n + 16, n) for n in size]
    mean, factor = statistics(pixels)
    whole = paint_in_tiles(
        pixels[around[0][:, None], around[1]],
        lambda tile: stylizer.engine(tile, mean, factor),
        halo=stylizer.deployment.halo,
    )
    np.testing.assert_array_equal(stylizer.paint(pixels), whole[16:-16, 16:-16])


@pytest.mark.parametrize("size", [1, 2, 5, 8, 135, 136, 137, 1000])
def test_spans_keep_every_pixel_once(size):
    length, cut = spans(size, region=136, halo=60)
    kept = [i for _, first, last in cut for i in range(first, last)]
    assert kept == list(range(size))
    extended = max(-(-size // 4) * 4, 8)
    for start, first, last in cut:
        assert start % 4 == length % 4 == 0
        assert first - start >= 60 or start == 0
        assert start + length - last >= 60 or start + length == extended


def test_mirrored_is_numpys_reflection():
    for size in (1, 2, 5, 9):
        expected = np.pad(np.arange(size), (0, 12), "edge" if size == 1 else "reflect")
        np.testing.assert_array_equal(mirrored(0, size + 12, size), expected)


@pytest.mark.parametrize(
    ("engine", "precision", "message"),
    [
        ("cuda", "auto", "engine must be one of"),
        ("auto", "int3", "precision must be one of"),
    ],
)
def test_unknown_engines_are_named(style, engine, precision, message):
    with pytest.raises(ValueError, match=message):
        Stylizer(style, engine, precision)


def test_openvino_needs_neither_keras_nor_tensorflow(style):
    program = (
        "import sys, numpy; from inference.stylizer import Stylizer;"
        f"Stylizer({style!r}, 'openvino').paint(numpy.zeros((9, 9, 3), 'float32'));"
        "import stylize;"
        "sys.exit(bool({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
