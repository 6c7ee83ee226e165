"""Made-up weights of loss networks, and the files that they come in."""

import functools

import h5py
import keras
import numpy as np
import safetensors.numpy

from fusion_style.losses.features.architectures import TINY_YOLO_FILTERS
from fusion_style.losses.features.networks import ARCHITECTURES

RNG = np.random.default_rng(0)


@functools.lru_cache
def whole(name):
    """The whole network, with norms that are not the identity."""
    network = ARCHITECTURES[name].build()
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([RNG.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    return network


def state_dict(name):
    """Made-up weights by torchvision's names, with those of the classifier's end."""
    state = {"classifier.6.weight": np.zeros((4, 2), "float32")}
    for layer in whole(name).layers:
        if isinstance(layer, keras.layers.Conv2D):
            h, w, i, o = layer.kernel.shape
            kernel = RNG.normal(0, np.sqrt(2 / (h * w * i)), (o, i, h, w))
            state[f"{layer.name}.weight"] = kernel.astype("float32")
            state[f"{layer.name}.bias"] = RNG.normal(0, 0.1, o).astype("float32")
    return state


def save(path, state):
    """Writes a state dict as .npz or .safetensors; returns its path."""
    if path.suffix == ".npz":
        np.savez(path, **state)
    else:
        safetensors.numpy.save_file(state, path)
    return str(path)


def write_keras(path, network, names=None, without=()):
    """Keras's legacy HDF5 layout.

    Args:
        names: of the layers that have weights; by default the network's own.
        without: names of layers whose weights are left out.
    """
    layers = [layer for layer in network.layers if layer.weights]
    names = names or [layer.name for layer in layers]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["input_1", *names]
        file.create_group("input_1").attrs["weight_names"] = []
        for layer, name in zip(layers, names, strict=True):
            group = file.create_group(name)
            if name in without:
                continue
            keys = [f"{name}/{i}:0" for i in range(len(layer.weights))]
            group.attrs["weight_names"] = [key.encode() for key in keys]
            for key, weight in zip(keys, layer.weights, strict=True):
                group[key] = np.asarray(weight)


def write_darknet(path):
    """Tiny YOLO's .weights, with 20 bytes of header; returns its layers."""
    layers, inputs = [], 3
    with open(path, "wb") as file:
        np.array([0, 2, 0, 0, 0], "<i4").tofile(file)
        for filters in (*TINY_YOLO_FILTERS, 125):
            size = 3 if filters != 125 else 1
            layer = {"bias": RNG.normal(0, 0.1, filters)}
            if filters != 125:
                layer["scale"], layer["mean"] = RNG.uniform(-1, 2, (2, filters))
                layer["variance"] = RNG.uniform(1e-4, 2, filters)
            kernel = RNG.normal(
                0, 1 / np.sqrt(inputs * size**2), (filters, inputs, size, size)
            )
            layer["kernel"], inputs = kernel, filters
            layers.append({k: v.astype("<f4") for k, v in layer.items()})
            for value in layers[-1].values():
                value.tofile(file)
    return layers
