"""Read weights files: Keras's HDF5, state dicts of torchvision, Darknet's binary.

Each `load_…(network, path, needed)` sets the weights of the layers of `network` whose names
are in `needed`. It raises a ValueError if a layer is missing or does not fit.
"""

import contextlib
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias

import h5py
import keras
import numpy as np
import safetensors

# An open state dict: its names, and a function from a name to its array.
StateDict: TypeAlias = tuple[list[str], Callable[[str], np.ndarray]]
# {layer in an HDF5 file: its group, and the names of its weights in the group}
Groups: TypeAlias = dict[str, tuple[h5py.Group, list[str]]]

AUTOMATIC = re.compile(r"(conv2d|batch_normalization)(_\d+)?")


def set_weights(layer: keras.layers.Layer, values: Sequence[np.ndarray], path: str) -> None:
    """Set a layer's weights.

    Args:
        layer: the layer.
        values: arrays, in the order of the layer's weights.
        path: the file that they come from, for the error message.

    Raises:
        ValueError: if their shapes differ from those of the layer's weights.
    """
    expected = [tuple(weight.shape) for weight in layer.weights]
    received = [value.shape for value in values]
    if received != expected:
        raise ValueError(
            f"{path}: the weights of {layer.name} have shapes {received}, "
            f"expected {expected}"
        )
    layer.set_weights(values)


def missing(path: str, wanted: str, names: Collection[str]) -> ValueError:
    """Return the error for a file in which the weights called `wanted` are missing."""
    listed = ", ".join(list(names)[:8]) + (", …" if len(names) > 8 else "")
    return ValueError(f"{path} has no weights for {wanted}. It has: {listed or 'none'}")


def load_keras(network: keras.Model, path: str, needed: Collection[str]) -> None:
    """Read Keras's legacy HDF5 layout: one group for each layer, found by its name.

    Layers without a name of their own (those of InceptionV3) get other numbers in every
    session, and some files have names that today's layers do not have. Such files are read
    in order, if they have as many layers as the network. Keras does the same.

    Raises:
        ValueError: if the file is damaged, lacks a layer, or is of another network.
    """
    try:
        with h5py.File(path, "r") as file:
            stored = keras_groups(file.get("model_weights", file), path)
            layers = [layer for layer in network.layers if layer.weights]
            names = [layer.name for layer in layers]
            wanted = [name for name in names if name in needed]
            numbered = any(AUTOMATIC.fullmatch(name) for name in wanted)
            absent = [name for name in wanted if name not in stored]
            if (numbered or absent) and len(stored) == len(layers):
                stored = dict(zip(names, stored.values(), strict=True))
            elif numbered:
                raise ValueError(
                    f"{path} has {len(stored)} layers with weights, expected {len(layers)}"
                )
            else:
                check_whose(stored, network.name, names, path)
                if absent:
                    raise missing(path, f"the layer {absent[0]}", stored)
            for layer in layers:
                if layer.name in needed:
                    group, keys = stored[layer.name]
                    set_weights(layer, [group[key][()] for key in keys], path)
    except (OSError, KeyError, RuntimeError) as error:
        raise ValueError(f"{path} is not an HDF5 file of weights: {error}") from error


def check_whose(stored: Groups, network: str, names: list[str], path: str) -> None:
    """Check that a file does not belong to another network with the same names of layers.

    VGG19 has all names of VGG16, for instance. A file may end before the network does, and
    may have a classifier at its end. But up to its end it must have all of the network's
    convolutions, and no others.

    Args:
        stored: the layers in the file.
        network: the network's name.
        names: names of the network's layers that have weights, in order.
        path: of the file.

    Raises:
        ValueError: if the file belongs to another network.
    """
    last = max((i for i, name in enumerate(names) if name in stored), default=0)
    without = [name for name in names[:last] if name not in stored]
    foreign = [
        name
        for name, (group, keys) in stored.items()
        if name not in names and any(group[key].ndim == 4 for key in keys)
    ]
    if last and (without or foreign):
        said = f"has {foreign[0]}" if foreign else f"has no {without[0]}"
        raise ValueError(
            f"{path} {said}, which {network} {'does not have' if foreign else 'has'}: "
            "these are the weights of another network, or only a part of them"
        )


def keras_groups(groups: h5py.Group, path: str) -> Groups:
    """Return {layer: (group, names of its weights)} for layers with weights, in order.

    Raises:
        ValueError: for a .weights.h5 file of Keras 3, which does not name the layers.
    """
    if "layers" in groups and "weight_names" not in groups["layers"].attrs:
        raise ValueError(
            f"{path} is a .weights.h5 file of Keras 3, which does not name the layers. "
            "Save the whole model instead: model.save('weights.h5')"
        )
    found: Groups = {}
    for name in map(as_text, groups.attrs.get("layer_names", list(groups))):
        keys = [as_text(key) for key in groups[name].attrs.get("weight_names", ())]
        if keys:
            found[name] = groups[name], keys
    return found


def as_text(name: str | bytes) -> str:
    """Return a name from an HDF5 file, which may be text or bytes, as text."""
    return name if isinstance(name, str) else name.decode()


def load_state_dict(network: keras.Model, path: str, needed: Collection[str]) -> None:
    """Read a state dict of PyTorch from a .safetensors or .npz file, by name and shape.

    Raises:
        ValueError: if the file is damaged, lacks a layer, or has a layer in another shape.
    """
    open_tensors = open_npz if path.lower().endswith(".npz") else open_safetensors
    try:
        with open_tensors(path) as (names, read):
            for layer in network.layers:
                if layer.name not in needed or not layer.weights:
                    continue
                values = []
                for name in (f"{layer.name}.weight", f"{layer.name}.bias"):
                    if name not in names:
                        raise missing(path, name, names)
                    value = np.asarray(read(name), "float32")
                    # (out, in, height, width) -> (height, width, in, out)
                    values.append(value.transpose(2, 3, 1, 0) if value.ndim == 4 else value)
                set_weights(layer, values, path)
    except (
        OSError, EOFError, TypeError, safetensors.SafetensorError,
        zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise ValueError(f"{path} is damaged or not a weights file: {error}") from error


@contextlib.contextmanager
def open_safetensors(path: str) -> Iterator[StateDict]:
    """Open a .safetensors file and yield its `StateDict`."""
    with safetensors.safe_open(path, framework="numpy") as file:
        yield list(file.keys()), file.get_tensor


@contextlib.contextmanager
def open_npz(path: str) -> Iterator[StateDict]:
    """Open an .npz file and yield its `StateDict`.

    Raises:
        ValueError: if it is not a zip file.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is damaged or not an .npz file: it is not a zip file")
    with np.load(path) as file:

        def read(name: str) -> np.ndarray:
            try:
                return file[name]
            except ValueError as error:  # Python objects instead of numbers
                raise TypeError(f"{name}: {error}") from error

        yield file.files, read


def load_darknet(network: keras.Model, path: str, needed: Collection[str]) -> None:
    """Read Darknet's .weights: a header, then float32 numbers for each convolution.

    The header has the version (major, minor and revision, int32) and the number of pictures
    seen in training (32 bits, or 64 bits from version 0.2 on). Then come, for each
    convolution, its biases, the norm's scales, means and variances if it has a norm, and
    its kernel, (out, in, height, width).

    Raises:
        ValueError: if the file's size does not fit the network.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        version = [*np.fromfile(file, "<i4", 3).tolist(), 0, 0, 0][:3]
        major, minor, _ = version
        wide = major * 10 + minor >= 2 and max(major, minor) < 1000
        header, expected = 20 if wide else 16, network.count_params()
        if size != header + 4 * expected:
            raise ValueError(
                f"{path} has {size:,} bytes, expected {header + 4 * expected:,} (version "
                f"{'.'.join(map(str, version))}): it is truncated, or the weights of "
                f"another network than {network.name}"
            )
        file.seek(header)
        values = np.fromfile(file, "<f4")

    def take(*shape: int) -> np.ndarray:
        nonlocal values
        taken, values = np.split(values, [int(np.prod(shape))])
        return taken.reshape(shape)

    for layer, after in zip(network.layers, [*network.layers[1:], None], strict=True):
        if not isinstance(layer, keras.layers.Conv2D):
            continue
        height, width, inputs, outputs = layer.kernel.shape
        bias = take(outputs)
        normed = isinstance(after, keras.layers.BatchNormalization)
        if normed:
            scale, mean, variance = (take(outputs) for _ in range(3))
            # Darknet divides by √variance + 1e-6.
            variance = np.square(np.sqrt(variance) + np.float32(1e-6))
        kernel = take(outputs, inputs, height, width).transpose(2, 3, 1, 0)
        if layer.name in needed:
            set_weights(layer, [kernel] if normed else [kernel, bias], path)
            if normed:
                set_weights(after, [scale, bias, mean, variance], path)
