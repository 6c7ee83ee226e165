"""The perceptual loss, against NumPy and finite differences."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from fusion_style.losses.config import LossConfig
from fusion_style.losses.perceptual import PerceptualLoss, gram_matrix, total_variation
from fusion_style.tests.support.tiny import TINY_LOSS, picture

RNG = np.random.default_rng(0)


PAINTING = picture(24, 20)


@pytest.fixture(scope="module")
def loss():
    keras.utils.set_random_seed(0)
    return PerceptualLoss(
        PAINTING, replace(TINY_LOSS, content_weight=0.3, style_weight=0.7, tv_weight=0.01)
    )


def numpy_gram(features):
    flat = np.asarray(features, np.float64).reshape(len(features), -1, features.shape[-1])
    return np.swapaxes(flat, 1, 2) @ flat / flat[0].size


def test_gram_matrix():
    features = RNG.normal(size=(2, 5, 4, 3))
    expected = numpy_gram(features)
    np.testing.assert_allclose(
        gram_matrix(features), expected, rtol=1e-5, atol=1e-6 * expected.max()
    )


def test_gram_matrix_of_half_precision_is_float32():
    features = keras.ops.cast(RNG.normal(size=(1, 8, 8, 3)), "bfloat16")
    gram = gram_matrix(features)
    assert gram.dtype == "float32"
    expected = numpy_gram(np.asarray(keras.ops.cast(features, "float32")))
    np.testing.assert_allclose(gram, expected, rtol=1e-5)


def test_total_variation():
    x = picture(2, 5, 6)
    down, across = np.abs(np.diff(x, axis=1)), np.abs(np.diff(x, axis=2))
    expected = down.mean(axis=(1, 2, 3)) + across.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(total_variation(x), expected, rtol=1e-5)


def test_terms_against_numpy(loss):
    photographs, painted = picture(2, 16, 18), picture(2, 16, 18)
    terms = loss(photographs, painted)
    target = {k: np.asarray(v, np.float64) for k, v in loss.network(photographs).items()}
    result = {k: np.asarray(v, np.float64) for k, v in loss.network(painted).items()}

    squared = (result["relu1_2"] - target["relu1_2"]) ** 2
    variance = np.asarray(loss.network(PAINTING[None])["relu1_2"], np.float64).var()
    content = squared.mean(axis=(1, 2, 3)) / variance
    np.testing.assert_allclose(terms["content"], content, rtol=1e-3)

    style = 0
    for layer, weight in (("relu1_1", 0.25), ("relu2_1", 0.75)):
        gram = np.asarray(loss.style_targets[layer], np.float64)
        difference = numpy_gram(result[layer]) - gram
        style += weight * (difference**2).mean(axis=(1, 2)) / (gram**2).mean()
    beyond = np.asarray(loss.palette.beyond(painted), np.float64)
    assert beyond.max() > 0
    style += 0.5 * beyond.mean(axis=(1, 2))
    np.testing.assert_allclose(terms["style"], style, rtol=1e-3)

    variation = np.asarray(total_variation(painted))
    total = 0.3 * content + 0.7 * style + 0.01 * variation
    np.testing.assert_allclose(loss.total(terms), total, rtol=1e-3)


def test_content_of_a_flat_photograph_weighs_no_more(loss):
    photographs = np.concatenate([picture(1, 16, 16), np.full((1, 16, 16, 3), 90.0)])
    busy, flat = loss(photographs, photographs + 9)["content"]
    assert flat < 3 * busy


def test_nothing_to_lose_at_the_target(loss):
    photographs = picture(1, 16, 16)
    np.testing.assert_array_equal(loss(photographs, photographs)["content"], 0)


def test_sum_is_mean_times_elements():
    x, y = picture(1, 16, 16), picture(1, 16, 16)
    terms = {}
    for reduction in ("mean", "sum"):
        keras.utils.set_random_seed(0)
        terms[reduction] = PerceptualLoss(
            y[0],
            LossConfig("vgg16", "random", ("relu1_1",), ("relu1_2",), reduction=reduction),
        )(x, 0.5 * y + 64)  # whose colors the painting has
    ratio = {k: float(terms["sum"][k][0] / terms["mean"][k][0]) for k in terms["sum"]}
    assert ratio["content"] == pytest.approx(16 * 16 * 64, rel=1e-4)
    assert ratio["style"] == pytest.approx(64 * 64, rel=1e-4)


def test_gradient_against_finite_differences(loss):
    import tensorflow as tf

    photographs, painted = picture(1, 12, 12), picture(1, 12, 12)

    def total(x):
        return float(loss.total(loss(photographs, x))[0])

    x = tf.constant(painted)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss.total(loss(photographs, x))
    gradient = tape.gradient(value, x).numpy()
    direction = gradient / gradient.std()
    slope = float((gradient * direction).sum())
    step = 0.1
    rise = (
        (total(painted + step * direction) - total(painted - step * direction)) / 2 / step
    )
    assert rise == pytest.approx(slope, rel=2e-2)


@pytest.mark.parametrize("bad", [
    {"loss_network": "vgg99"}, {"reduction": "median"}, {"content_layers": ("relu9_9",)},
])  # fmt: skip
def test_unknown_names_are_errors(bad):
    with pytest.raises(ValueError, match=str(next(iter(bad.values()))).strip("(),'")):
        PerceptualLoss(picture(8, 8), LossConfig(loss_weights="random", **bad))
