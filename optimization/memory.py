"""Estimate, before an optimization starts, how much memory it will need."""

import math
import os
from collections.abc import Callable, Iterable, Sequence

import keras

from fusion_style.devices import gpus
from fusion_style.optimization.methods import MEMORY

# Measured with TensorFlow on a CPU, by benchmarks/optimizers.py.
AT_REST = 840e6  # bytes of Python, Keras and TensorFlow
COPIES = 4  # of every feature map: convolved, with bias, after the ReLU, gradient
SCRATCH = 3  # additional copies of the largest feature map


def activations(network: keras.Model, height: int, width: int) -> tuple[int, int]:
    """Return the number of elements of all feature maps, and of the largest one.

    Args:
        network: the loss network.
        height, width: of the picture, in pixels.
    """
    sizes = []
    for part in network.layers:
        if isinstance(part, keras.Model):
            probe = keras.Model(part.input, [layer.output for layer in part.layers])
            outputs = probe.compute_output_shape((1, height, width, 3))
            sizes += [elements(shape) for shape in outputs]
    return sum(sizes), max(sizes)


def elements(shape: Sequence[int]) -> int:
    """Return the number of elements of a tensor of this shape."""
    return math.prod(shape)


def bytes_needed(
    network: keras.Model, height: int, width: int, method: str = "lbfgs"
) -> float:
    """Estimate the peak memory of the process, in bytes.

    Args:
        network: the loss network.
        height, width: of the picture, in pixels.
        method: see `optimization.minimize.minimize`.
    """
    total, largest = activations(network, height, width)
    pixels = height * width * 3
    vectors = {"lbfgs": 8 * (2 * MEMORY + 12), "adam": 4 * 8, "gd": 4 * 6}[method]
    maps = 4 * (COPIES * total + SCRATCH * largest)
    return at_rest(network) + maps + vectors * pixels


def bytes_to_see(network: keras.Model, height: int, width: int) -> float:
    """Estimate the peak memory for computing features only, as of a painting, in bytes."""
    total, largest = activations(network, height, width)
    return at_rest(network) + 4 * (2 * total + SCRATCH * largest)


def at_rest(network: keras.Model) -> float:
    """Return the memory in use before there is any picture, in bytes."""
    return AT_REST + 4 * network.count_params()


def bytes_installed() -> int | None:
    """Return the memory of the machine in bytes; None if the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def check_memory(
    network: keras.Model,
    shape: tuple[int, int],
    method: str,
    paintings: Iterable[tuple[int, int]] = (),
    say: Callable[[str], object] = print,
) -> None:
    """Say how much memory optimizing a picture needs, and check that the machine has it.

    Args:
        network: the loss network.
        shape: (height, width) of the picture.
        method: see `optimization.minimize.minimize`.
        paintings: (height, width) of each painting.
        say: called with the message.

    Raises:
        MemoryError: if the machine has less memory. With a GPU, whose memory is not known
            here, this is never raised.
    """
    height, width = shape
    needs = [("size", max(shape), shape, bytes_needed(network, height, width, method))]
    for seen in paintings:
        needs.append(("style_size", min(seen), seen, bytes_to_see(network, *seen)))
    flag, side, (height, width), needed = max(needs, key=lambda need: need[-1])
    there = bytes_installed()
    message = f"{width}×{height} pixels will need about {needed / 1e9:.1f} GB of memory"
    if there:
        message += f"; this machine has {there / 1e9:.1f} GB"
    if there and needed > there and not gpus():
        fixed = at_rest(network)
        share = max(there - fixed, 0) / (needed - fixed)
        most = int(0.99 * side * share**0.5)  # layers round their sides up
        raise MemoryError(f"{message}. Give a --{flag} of at most {most}")
    say(message + ".")
