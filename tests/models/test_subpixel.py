"""Convolutions of several pixels at once: the plain ones' values and gradients."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate2d

from fusion_style.models.subpixel import SubPixelConv2D

RNG = np.random.default_rng(0)
KINDS = [(2, 3, 5), (4, 7, 3), (1, 9, 3), (1, 5, 2)]


def before_the_kernel(x, times, side):
    """What the plain convolution slides over: upsampled, and mirrored at the border."""
    x = x.repeat(times, 1).repeat(times, 2)
    return np.pad(x, ((0, 0), *[(side // 2,) * 2] * 2, (0, 0)), mode="reflect")


def layer_and_picture(times, side, filters, height=8, width=12):
    x = RNG.normal(size=(2, height, width, 4)).astype("float32")
    layer = SubPixelConv2D(filters, side, times)
    layer.build(x.shape)
    layer.bias.assign(RNG.normal(size=filters))
    return layer, x


@pytest.mark.parametrize(("times", "side", "filters"), KINDS)
def test_values_against_scipy(times, side, filters):
    layer, x = layer_and_picture(times, side, filters)
    kernel, bias = (np.asarray(w, np.float64) for w in layer.weights)
    padded = before_the_kernel(x, times, side).astype(np.float64)
    expected = np.stack([
        [
            sum(correlate2d(p[..., c], kernel[:, :, c, f], "valid") for c in range(4))
            for f in range(filters)
        ]
        for p in padded
    ])  # fmt: skip
    found = layer(x, training=True)
    np.testing.assert_allclose(layer(x), found, atol=2e-5)
    assert found.shape == layer.compute_output_shape(x.shape)
    np.testing.assert_allclose(found, np.moveaxis(expected, 1, -1) + bias, atol=2e-5)


@pytest.mark.parametrize(("times", "side", "filters"), KINDS)
def test_gradients_are_the_plain_convolutions(times, side, filters):
    layer, x = layer_and_picture(times, side, filters)
    plain = keras.layers.Conv2D(filters, side)
    padded = tf.constant(before_the_kernel(x, times, side))
    plain.build(padded.shape)
    plain.set_weights(layer.get_weights())
    gradients = []
    for call, convolution, pictures in (
        (functools.partial(layer, training=True), layer, tf.constant(x)),
        (plain, plain, padded),
    ):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(call(pictures)))
        gradients.append(tape.gradient(loss, convolution.trainable_variables))
    for found, expected in zip(*gradients, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_pictures_gradient_against_finite_differences():
    for kind in KINDS:
        layer, x = layer_and_picture(*kind)
        with tf.GradientTape() as tape:
            tape.watch(pictures := tf.constant(x))
            loss = tf.reduce_sum(layer(pictures, training=True) ** 2)
        direction = RNG.normal(size=x.shape).astype("float32")
        slope = float(np.sum(tape.gradient(loss, pictures) * direction))
        moved = [layer(x + e * direction, training=True) for e in (0.01, -0.01)]
        ends = [float(np.sum(np.square(y, dtype=np.float64))) for y in moved]
        assert (ends[0] - ends[1]) / 0.02 == pytest.approx(slope, rel=1e-2)


def test_it_survives_its_configuration():
    layer, x = layer_and_picture(2, 3, 5)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(layer(x, training=True), again(x, training=True))
