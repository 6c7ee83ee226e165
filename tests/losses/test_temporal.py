"""The steady term, against NumPy."""

import keras
import numpy as np
import pytest

from fusion_style.losses import temporal
from fusion_style.tests.support.tiny import picture


def scrambled(x):
    """Wellons' lowbias32, with NumPy's unsigned integers."""
    x = np.asarray(x, "uint32")
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def uniform(count, seed, step, purpose):
    with np.errstate(over="ignore"):
        key = scrambled([seed])
        for number in (step, purpose):
            key = scrambled(key ^ np.uint32(number))
        found = scrambled(scrambled(np.arange(count)) ^ key)
    return (found & np.uint32(0xFFFFFF)) / 2.0**24


@pytest.mark.parametrize("seed", [0, 7, 2**31, 2**32 - 1])
@pytest.mark.parametrize("step", [0, 123456])
def test_random_numbers_are_the_same_everywhere(seed, step):
    found = np.asarray(temporal.uniform(1000, seed, step, 2))
    np.testing.assert_array_equal(found, uniform(1000, seed, step, 2))
    compiled = np.asarray(in_a_graph(temporal.uniform)(1000, seed, step, 2))
    np.testing.assert_array_equal(found, compiled)


def in_a_graph(function):
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.function(function)


def test_random_numbers_are_evenly_spread():
    found = np.array([uniform(2000, 0, step, 1) for step in range(50)])
    assert abs(found.mean() - 0.5) < 0.005
    counts = np.histogram(found, 20, (0, 1))[0]
    assert counts.min() > 4700 and counts.max() < 5300  # 5000 ± 4.3 deviations
    between = np.corrcoef(found)[np.triu_indices(50, 1)]
    assert np.abs(between).max() < 0.1  # steps are independent
    along = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in found]
    assert np.abs(along).max() < 0.1


def test_movements_have_all_sizes():
    far = temporal.FARTHEST
    found = np.array([np.asarray(temporal.random_shift(1, i)) for i in range(150)])
    assert found.dtype == np.int32 and found.shape == (150, 2)
    assert set(found[:, 0]) == set(found[:, 1]) == set(range(-far, far + 1))
    other = [np.asarray(temporal.random_shift(2, i)) for i in range(20)]
    assert (found[:20] != other).any(axis=1).mean() > 0.9


def numpy_moved(pictures, down, across):
    far = temporal.FARTHEST
    _, height, width, _ = pictures.shape
    padded = np.pad(pictures, ((0, 0), (far, far), (far, far), (0, 0)), "reflect")
    return padded[:, far - down :][:, :height, far - across :][:, :, :width]


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-8, 8), (8, 1)])
def test_a_moved_picture(shift):
    pictures = picture(2, 9, 12)
    shift = np.array(shift, "int32")
    found = np.asarray(temporal.moved(pictures, shift))
    np.testing.assert_array_equal(found, numpy_moved(pictures, *shift))
    same = np.asarray(temporal.stayed(9, 12, shift))
    ones = np.pad(np.ones((1, 9, 12, 1)), ((0, 0), (8, 8), (8, 8), (0, 0)))
    expected = ones[:, 8 - shift[0] :][:, :9, 8 - shift[1] :][:, :, :12]
    np.testing.assert_array_equal(same, expected)


def test_noise_is_gaussian_and_the_same_for_each_photograph():
    gray = np.full((2, 90, 100, 3), 128, "float32")
    noise = np.asarray(temporal.noisy(gray, 3, 5)) - 128
    np.testing.assert_array_equal(noise[0], noise[1])
    radius = np.sqrt(-2 * np.log(1 - uniform(27000, 3, 5, temporal.RADIUS)))
    expected = 3 * radius * np.cos(2 * np.pi * uniform(27000, 3, 5, temporal.ANGLE))
    np.testing.assert_allclose(noise[0].ravel(), expected, atol=1e-3)
    assert abs(noise[0].mean()) < 0.06 and abs(noise[0].std() - 3) < 0.06
    assert abs((noise[0] ** 4).mean() / 81 - 3) < 0.2
    white = np.asarray(temporal.noisy(np.full((1, 20, 20, 3), 255.0, "float32"), 3, 5))
    assert white.max() == 255 and white.min() < 254


def test_the_term():
    painted, again = picture(2, 10, 14), picture(2, 10, 14)
    down, across = 4, -3
    squared = (again[:, 4:, :-3] - painted[:, :-4, 3:]) / 255.0
    expected = (squared.astype(np.float64) ** 2).mean(axis=(1, 2, 3))
    found = temporal.unsteadiness(again, painted, np.array([down, across], "int32"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_function_of_single_pixels_holds_still():
    """What commutes with movements has a term of 0, whatever is reflected."""
    photographs = picture(1, 20, 18)
    shift = np.array([-5, 8], "int32")
    again = np.sqrt(np.asarray(temporal.moved(photographs, shift)))
    term = temporal.unsteadiness(again, np.sqrt(photographs), shift)
    np.testing.assert_array_equal(term, [0.0])
