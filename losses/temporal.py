"""The steady term: whether a photograph that moves a little is painted the same.

A painting of the moved, noisy photograph should be the moved painting of the photograph.
The movement is made up, so no videos and no optical flow are needed (Wang et al. 2020).
Ruder et al. 2016 and 2018 take movements from the flow of videos; Rainy & de Berker 2018
only add noise; Xu et al. 2021 (arXiv 2102.05822) compare differences between frames.

Whole pixels only: a movement by half a pixel would soften the photograph and its painting,
and so teach soft paintings.

All random numbers depend only on a seed and a step. So they are the same on each replica,
on each backend, and after a training is resumed. `keras.random` promises none of these.
"""

import math

from keras import ops

from fusion_style.losses.terms import Tensor

FARTHEST = 8  # pixels: the largest movement along each axis
NOISE = 3.0  # deviation of the noise in gray levels, as of a camera in dim light
WHITE = 255.0
SHIFT, RADIUS, ANGLE = range(3)  # what the random numbers of a step are for


def scrambled(numbers: Tensor) -> Tensor:
    """Return a bijection of 32-bit integers without a visible pattern.

    This is "lowbias32" (Wellons 2018, nullprogram.com/blog/2018/07/31).

    Args:
        numbers: int32, of any shape. Products overflow on purpose.
    """
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B - 2**32), (16, 1)):
        upper = ops.bitwise_right_shift(numbers, shift)  # repeats the sign's bit
        upper = ops.bitwise_and(upper, (1 << (32 - shift)) - 1)
        numbers = ops.bitwise_xor(numbers, upper) * factor
    return numbers


def uniform(count: Tensor | int, seed: int, step: Tensor | int, purpose: int) -> Tensor:
    """Return random numbers in [0, 1), float32 (count,).

    Args:
        count: how many.
        seed: of the training, from 0 to 2³² - 1.
        step: int32, the number of the step.
        purpose: `SHIFT`, `RADIUS` or `ANGLE`: each has numbers of its own.
    """
    signed = (seed + 2**31) % 2**32 - 2**31  # the same 32 bits
    key = scrambled(ops.convert_to_tensor(signed, "int32"))
    key = scrambled(ops.bitwise_xor(key, ops.convert_to_tensor(step, "int32")))
    key = scrambled(ops.bitwise_xor(key, purpose))
    numbers = scrambled(ops.arange(count, dtype="int32"))
    numbers = scrambled(ops.bitwise_xor(numbers, key))
    numbers = ops.bitwise_and(numbers, 2**24 - 1)  # as many bits as float32 holds
    return ops.cast(numbers, "float32") / 2**24


def random_shift(seed: int, step: Tensor | int) -> Tensor:
    """Return a movement down and to the right, each -`FARTHEST` to `FARTHEST` pixels.

    Args:
        seed, step: see `uniform`.

    Returns:
        int32 (2,).
    """
    numbers = uniform(2, seed, step, SHIFT)
    return ops.cast(ops.floor(numbers * (2 * FARTHEST + 1)), "int32") - FARTHEST


def moved(pictures: Tensor, shift: Tensor) -> Tensor:
    """Return pictures that are moved. What comes in from outside is a reflection.

    Args:
        pictures: (batch, height, width, channels), with sides above `FARTHEST`.
        shift: int32 (2,), from `random_shift`.

    Returns:
        The same shape.
    """
    for axis in (1, 2):
        size = ops.shape(pictures)[axis]
        places = ops.abs(ops.arange(size, dtype="int32") - shift[axis - 1])
        places = size - 1 - ops.abs(size - 1 - places)
        pictures = ops.take(pictures, places, axis=axis)
    return pictures


def stayed(height: Tensor | int, width: Tensor | int, shift: Tensor) -> Tensor:
    """Return 1.0 for pixels of a moved picture that are no reflection, and else 0.0.

    Args:
        height, width: of the picture.
        shift: see `moved`.

    Returns:
        float32 (1, height, width, 1).
    """
    down, across = (
        ops.arange(size, dtype="int32") - shift[axis]
        for axis, size in enumerate((height, width))
    )
    down = ops.logical_and(down >= 0, down < height)
    across = ops.logical_and(across >= 0, across < width)
    known = ops.logical_and(down[:, None], across[None, :])
    return ops.cast(known, "float32")[None, :, :, None]


def noisy(photographs: Tensor, seed: int, step: Tensor | int) -> Tensor:
    """Return photographs with Gaussian noise, the same for each, clipped to 0-255.

    Args:
        photographs: (batch, height, width, channels), 0-255.
        seed, step: see `uniform`.
    """
    shape = tuple(ops.shape(photographs)[1:])
    count = shape[0] * shape[1] * shape[2]
    # Box and Muller 1958. The logarithm's argument is never 0.
    radius = ops.sqrt(-2 * ops.log(1 - uniform(count, seed, step, RADIUS)))
    noise = radius * ops.cos(2 * math.pi * uniform(count, seed, step, ANGLE))
    return ops.clip(photographs + NOISE * ops.reshape(noise, (1, *shape)), 0, WHITE)


def unsteadiness(again: Tensor, painted: Tensor, shift: Tensor) -> Tensor:
    """Return the mean squared difference to the moved painting, where it is known.

    Args:
        again: paintings of the moved photographs, (batch, height, width, 3), 0-255.
        painted: paintings of the photographs, the same shape.
        shift: see `moved`.

    Returns:
        (batch,), in units where white is 1.
    """
    _, height, width, channels = ops.shape(painted)
    known = stayed(height, width, shift)
    squared = ops.square((again - moved(painted, shift)) / WHITE) * known
    return ops.sum(squared, axis=(1, 2, 3)) / (ops.sum(known) * channels)
