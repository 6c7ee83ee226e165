"""Pixels optimized: optimizers, scales, memory."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from fusion_style.data.images import resize
from fusion_style.losses.objective import PictureObjective
from fusion_style.losses.perceptual import PerceptualLoss, total_variation
from fusion_style.optimization.memory import activations, bytes_needed, check_memory
from fusion_style.optimization.minimize import METHODS, minimize
from fusion_style.optimization.scales import enlarge_changes, first_pixels, sizes
from fusion_style.tests.support.tiny import TINY_LOSS, picture

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def perceptual():
    keras.utils.set_random_seed(0)
    return PerceptualLoss(picture(20, 24), replace(TINY_LOSS, tv_weight=1e-4))


def quadratic(x):
    """Smallest at 100; 300 away from it would leave 0-255."""
    weights = ops.reshape(ops.arange(1.0, 4.0, dtype="float32"), (1, 1, 1, 3))
    total = ops.sum(weights * ops.square(x - 100.0))
    return total, {"squares": total}


@pytest.mark.parametrize("method", METHODS)
def test_a_known_minimum_is_found(method):
    steps = []
    result = minimize(quadratic, picture(5, 4), method, 150, callback=steps.append)
    np.testing.assert_allclose(result.pixels, 100, atol=1.5)
    totals = [terms["total"] for terms in result.losses]
    assert totals[-1] < 1e-3 * totals[0]
    assert [step.iteration for step in steps] == list(range(1, len(steps) + 1))
    assert len(totals) == len(steps) + 1
    assert steps[-1].terms == result.losses[-1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", ["photo", "noise"])
def test_every_optimizer_reduces_the_loss(method, start, perceptual):
    photograph = picture(16, 14)
    perceptual.see_style(picture(20, 24))
    objective = PictureObjective(perceptual, photograph)
    result = minimize(objective, first_pixels(start, photograph, 1), method, 12)
    totals = [terms["total"] for terms in result.losses]
    assert len(totals) == 13
    assert totals[-1] < 0.9 * totals[0]
    assert result.pixels.dtype == np.float32
    assert 0 <= result.pixels.min() and result.pixels.max() <= 255


@pytest.mark.parametrize("method", METHODS)
def test_pixels_stay_pixels(method):
    result = minimize(lambda x: (ops.sum(x), {}), picture(3, 3), method, 40, 30.0)
    np.testing.assert_allclose(result.pixels, 0, atol=1e-3)


def test_adam_is_keras_adam():
    start = picture(4, 4)
    variable = keras.Variable(start)
    optimizer = keras.optimizers.Adam(2.0, epsilon=1e-7)
    weights = np.arange(1, 4, dtype="float32")
    for _ in range(8):
        optimizer.apply([2 * weights * (np.asarray(variable) - 100)], [variable])
    result = minimize(quadratic, start, "adam", 8, learning_rate=2.0)
    np.testing.assert_allclose(result.pixels, variable, atol=1e-2)


@pytest.mark.parametrize("method", ["adam", "gd"])
def test_going_on_is_as_if_never_stopped(method):
    options = {"jitter": 2, "seed": 5} if method == "adam" else {}
    start = picture(6, 7)
    objective = lambda x: (ops.sum(total_variation(x)), {})  # noqa: E731
    whole = minimize(objective, start, method, 9, **options)
    steps = []
    minimize(
        objective, start, method, 9, **options,
        callback=lambda step: steps.append(step) or step.iteration == 4,
    )  # fmt: skip
    assert len(steps) == 4
    rest = minimize(
        objective, steps[-1].pixels, method, 9, **options,
        done=steps[-1].iteration, state=steps[-1].state,
    )  # fmt: skip
    np.testing.assert_array_equal(rest.pixels, whole.pixels)
    assert len(rest.losses) == 9 - 4 + 1


def test_lbfgs_goes_on_from_where_it_was_stopped():
    start = picture(5, 4)
    first = minimize(quadratic, start, iterations=9, callback=lambda s: s.iteration == 2)
    assert len(first.losses) == 3
    rest = minimize(quadratic, first.pixels, iterations=9, done=2)
    assert rest.losses[0]["total"] == pytest.approx(first.losses[-1]["total"])
    assert rest.losses[-1]["total"] < first.losses[-1]["total"]
    nothing = minimize(quadratic, start, iterations=9, done=9)
    np.testing.assert_array_equal(nothing.pixels, start)


def test_what_is_not_finite_ends_it():
    with pytest.raises(FloatingPointError, match="no longer finite after 0 iterations"):
        minimize(lambda x: (ops.sum(ops.log(x - 300.0)), {}), picture(3, 3), "adam", 3)


def test_what_cannot_be():
    with pytest.raises(ValueError, match="method must be one of lbfgs, adam, gd"):
        minimize(quadratic, picture(3, 3), "newton")
    with pytest.raises(ValueError, match="cannot be used with jitter"):
        minimize(quadratic, picture(3, 3), jitter=3)


def test_gradient_descent_with_jitter_does_not_diverge():
    result = minimize(quadratic, picture(9, 9), "gd", 150, jitter=2)
    totals = [terms["total"] for terms in result.losses]
    assert totals[-1] <= 1.01 * min(totals)
    with pytest.raises(ValueError, match="more than 0"):
        minimize(quadratic, picture(3, 3), "adam", learning_rate=-1.0)


def test_sizes_from_small_to_large():
    assert sizes(300, 600, 512, 3) == [(64, 128), (128, 256), (256, 512)]
    assert sizes(300, 600, 512, 9)[0] == (16, 32)
    assert sizes(30, 40, None) == [(30, 40)]
    with pytest.raises(ValueError, match="would have 64×6"):
        sizes(10, 100, 64)


def test_what_was_changed_is_enlarged_and_details_stay():
    photograph = picture(32, 48)
    smooth = np.clip(photograph, 60, 180)  # what is added keeps it within 0-255
    small = resize(smooth, 16, 24)
    np.testing.assert_allclose(enlarge_changes(small, smooth, 32, 48), smooth, atol=1e-3)
    brighter = enlarge_changes(small + 20, smooth, 32, 48)
    np.testing.assert_allclose(brighter, smooth + 20, atol=1e-3)


def test_noise_is_seeded():
    photograph = picture(9, 8)
    first, again, other = (first_pixels("noise", photograph, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 50
    assert first_pixels("photo", photograph) is photograph


def test_memory_is_counted_by_hand(perceptual):
    """Of VGG16 to relu2_1 at 8×8: the input, two convolutions, a pool, a convolution."""
    total, largest = activations(perceptual.network, 8, 8)
    assert total == 8 * 8 * (3 + 64 + 64) + 4 * 4 * (64 + 128)
    assert largest == 8 * 8 * 64


def test_what_does_not_fit_is_refused(perceptual, monkeypatch):
    said = []
    check_memory(perceptual.network, (32, 48), "lbfgs", say=said.append)
    assert "48×32 pixels will need about" in said[0]
    monkeypatch.setattr(
        "fusion_style.optimization.memory.bytes_installed", lambda: int(2e9)
    )
    with pytest.raises(MemoryError, match="Give a --size of at most") as error:
        check_memory(perceptual.network, (30_000, 20_000), "lbfgs")
    side = int(str(error.value).split()[-1])
    fits = bytes_needed(perceptual.network, side, side * 2 // 3)
    assert 0.9 * 2e9 < fits <= 2e9
