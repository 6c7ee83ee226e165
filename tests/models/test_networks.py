"""The image transformation networks, against the paper's figure and NumPy."""

import itertools

import keras
import numpy as np
import pytest

from fusion_style.benchmarks.parameters import (
    PAPER,
    convolution_parameters,
    norm_parameters,
)
from fusion_style.models.config import NetworkConfig
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.keras_blocks import FusionBlock, KerasBuilder
from fusion_style.models.keras_builder import build_network, named_layers
from fusion_style.models.keras_layers import (
    InputNormalization,
    MirrorToMultiple,
    UnsaturatedTanh,
)
from fusion_style.models.networks import NETWORKS

RNG = np.random.default_rng(0)
BATCH = KerasBuilder(NetworkConfig(norm="batch"))


@pytest.mark.parametrize("name", PAPER)
@pytest.mark.parametrize("upsample", ["deconv", "resize"])
def test_every_row_of_the_papers_figure(name, upsample):
    config = NetworkConfig(network=name, upsample=upsample)
    assert convolution_parameters(config) == PAPER[name]
    convolutions = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    layers = named_layers(build_network(config))
    made = [layer for _, layer in layers if isinstance(layer, convolutions)]
    assert sum(layer.count_params() for layer in made) == sum(PAPER[name].values())


def test_totals_of_the_papers():
    rows = {n: convolution_parameters(NetworkConfig(network=n)) for n in NETWORKS}
    totals = {name: sum(row.values()) for name, row in rows.items()}
    assert totals["johnson"] == 1_676_035
    assert totals["fusion"] == 631_555
    assert totals["inception"] == 616_187  # our k = 2; FastChi prints no table
    assert totals["mobile"] == 102_275
    assert round(100 * (1 - totals["fusion"] / totals["johnson"]), 1) == 62.3


def test_norms_come_on_top_of_the_papers_figure():
    for name, count in (("fusion", 637_967), ("johnson", 1_682_447)):
        config = NetworkConfig(network=name, norm="batch")
        rows = sum(convolution_parameters(config).values())
        assert rows + norm_parameters(config) == count
        assert build_network(config).count_params() == count


@pytest.mark.parametrize(("name", "gflop"), [("fusion", 7.98), ("johnson", 16.5)])
def test_the_papers_arithmetic(name, gflop):
    """The papers' layers at 256×256, their sum worked out by hand."""
    graph = build_graph(NetworkConfig(network=name, upsample="deconv"))
    assert 2 * graph.multiply_adds(256, 256) / 1e9 == pytest.approx(gflop, rel=3e-3)


OPTIONS = ("network", "norm", "upsample", "input_norm")


@pytest.mark.parametrize("values", [
    *itertools.product(NETWORKS, ("batch", "instance"), ("resize", "deconv"), (True,)),
    *((name, "batch", "resize", False) for name in NETWORKS),
], ids=str)  # fmt: skip
def test_every_combination_keeps_odd_sizes(values):
    network = build_network(**dict(zip(OPTIONS, values, strict=True)), width=0.0625)
    for height, width in ((1, 9), (13, 10)):
        picture = RNG.uniform(0, 255, (2, height, width, 3)).astype("float32")
        painted = np.asarray(network(picture))
        assert painted.shape == picture.shape
        assert painted.dtype == np.float32
        assert 0 <= painted.min() and painted.max() <= 255


@pytest.mark.parametrize("name", NETWORKS)
def test_round_trip_through_a_keras_file(name, tmp_path):
    network = build_network(network=name, width=0.125, upsample="deconv")
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    picture = RNG.uniform(0, 255, (1, 20, 17, 3)).astype("float32")
    np.testing.assert_array_equal(again(picture), network(picture))
    assert type(again) is type(network)
    assert again.config == network.config


def test_predict_takes_any_size_with_one_network():
    network = build_network(width=0.125)
    for size in (8, 11):
        picture = RNG.uniform(0, 255, (1, size, size + 3, 3)).astype("float32")
        np.testing.assert_allclose(
            network.predict(picture, verbose=0), network(picture), atol=1e-2
        )


def numpy_convolution(x, layer, strides=1, pad=0, norm=None):
    """Reflection padding, convolution, batch norm as at inference; float64."""
    kernel, bias = (np.asarray(w, np.float64) for w in layer.weights)
    side = kernel.shape[0]
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))
    y = np.einsum("bhwcij,ijcd->bhwd", windows[:, ::strides, ::strides], kernel) + bias
    if norm:
        gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in norm.weights)
        y = (y - mean) / np.sqrt(variance + norm.epsilon) * gamma + beta
    return y


def randomize(model):
    model.set_weights(
        [RNG.uniform(0.2, 1.2, w.shape) * RNG.choice([-1, 1], w.shape)
         if "variance" not in w.path else RNG.uniform(0.5, 2, w.shape)
         for w in model.weights]
    )  # fmt: skip


@pytest.mark.parametrize(("kernel", "strides"), [(9, 1), (3, 1), (3, 2), (1, 1)])
def test_convolution_against_numpy(kernel, strides):
    inputs = keras.Input((None, None, 3))
    outputs = BATCH.conv(inputs, 4, kernel, strides, name="conv")
    model = keras.Model(inputs, outputs)
    randomize(model)
    x = RNG.normal(size=(2, 12, 14, 3))
    conv, norm = model.get_layer("conv"), model.get_layer("conv_norm")
    expected = numpy_convolution(x, conv, strides, kernel // 2, norm).clip(0)
    np.testing.assert_allclose(model(x), expected, rtol=1e-4, atol=1e-4)


def test_the_mobile_networks_first_layer_is_a_space_to_depth_and_a_3x3():
    """Its 12×12 of stride 4, from the squares of 4×4 pixels that it reads."""
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, BATCH.conv(inputs, 5, 12, 4, relu=False, name="conv"))
    randomize(model)
    model.get_layer("conv_norm").set_weights([np.ones(5), *np.zeros((2, 5)), np.ones(5)])
    x = RNG.normal(size=(2, 16, 20, 3))
    around = np.pad(x, ((0, 0), (4, 4), (4, 4), (0, 0)), mode="reflect")
    squares = around.reshape(2, 6, 4, 7, 4, 3).transpose(0, 1, 3, 2, 4, 5)
    kernel, bias = (np.asarray(w) for w in model.get_layer("conv").weights)
    kernel = kernel.reshape(3, 4, 3, 4, 3, 5).transpose(0, 2, 1, 3, 4, 5)
    expected = sum(
        squares[:, i : i + 4, j : j + 5].reshape(2, 4, 5, 48) @ kernel[i, j].reshape(48, 5)
        for i in range(3)
        for j in range(3)
    )
    np.testing.assert_allclose(model(x), expected + bias, rtol=1e-4, atol=1e-3)


def test_a_saturated_tanh_has_a_gradient():
    import tensorflow as tf

    x = tf.constant([-9.0, -0.5, 0.0, 2.0, 30.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = UnsaturatedTanh()(x)
    np.testing.assert_allclose(y, np.tanh(x), rtol=1e-5)
    expected = 1.2 - np.tanh(x.numpy().astype(float)) ** 2
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-5)


def test_fusion_block_is_equation_4():
    block = FusionBlock(6, BATCH.config)
    randomize(block)
    x = RNG.normal(size=(1, 7, 8, 6))

    def apply(x, model, name, relu=True):
        layer, norm = model.get_layer(name), model.get_layer(f"{name}_norm")
        y = numpy_convolution(x, layer, pad=layer.kernel_size[0] // 2, norm=norm)
        return y.clip(0) if relu else y

    reduced = apply(x, block, "reduce", relu=False)
    pointwise = apply(reduced, block, "pointwise")
    residual = block.get_layer("residual")
    inner = apply(apply(reduced, residual, "conv1"), residual, "conv2", relu=False)
    expected = np.concatenate([pointwise, reduced + inner], axis=-1)
    np.testing.assert_allclose(block(x), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("times", [2, 4])
@pytest.mark.parametrize("upsample", ["resize", "deconv"])
def test_both_kinds_of_upsampling_have_the_same_parameters(upsample, times):
    inputs, side = keras.Input((None, None, 4)), 2 * times - 1
    builder = KerasBuilder(NetworkConfig(upsample=upsample))
    model = keras.Model(inputs, builder.up(inputs, 3, side, times, name="conv"))
    assert model(np.ones((1, 5, 6, 4))).shape == (1, 5 * times, 6 * times, 3)
    assert model.get_layer("conv").count_params() == side * side * 4 * 3 + 3


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 9, 30])
def test_mirroring_is_numpys_reflection(size):
    x = RNG.normal(size=(1, size, 12, 3)).astype("float32")
    extended = max(8, -(-size // 4) * 4)
    pad = ((0, 0), (0, extended - size), (0, 0), (0, 0))
    expected = np.pad(x, pad, mode="edge" if size == 1 else "reflect")
    np.testing.assert_array_equal(MirrorToMultiple()(x), expected)


@pytest.mark.parametrize(("training", "limit"), [(True, 1.5), (False, 1.1)])
def test_input_normalization(training, limit):
    x = RNG.uniform(50, 200, (2, 9, 9, 3)).astype("float32")
    x[0, 0, 0] = 255
    y = np.asarray(InputNormalization()(x, training=training))
    deviation = np.sqrt(x.var(axis=(1, 2), keepdims=True) + 4)
    expected = np.tanh((x - x.mean(axis=(1, 2), keepdims=True)) / deviation / limit) * limit
    np.testing.assert_allclose(y, expected, atol=1e-4)
    flat = np.full((1, 5, 5, 3), 7, "float32")
    np.testing.assert_array_equal(InputNormalization()(flat), 0)


@pytest.mark.parametrize("bad", [{"norm": "layer"}, {"upsample": "x"}, {"network": "x"}])
def test_unknown_options_are_named(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be .*Received: '"):
        build_network(**bad)
