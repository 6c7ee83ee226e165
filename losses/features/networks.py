"""Loss networks: frozen image classifiers whose features measure a picture.

Each is a Keras model from float32 RGB pictures, (batch, height, width, 3), 0-255, to
{layer: feature map}, with the names in `losses.features.registry`. It includes its
preprocessing, and ends with the deepest layer that is needed.
"""

import bisect
import functools
import os
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import keras

from fusion_style.losses.features.preprocessing import Preprocessing
from fusion_style.losses.features.registry import (
    ARCHITECTURES,
    Architecture,
    architecture,
)

__all__ = ["ARCHITECTURES", "architecture", "build_loss_network"]

ENOUGH = 128  # pixels: with this side, every feature map of every network is at least 2×2


def build_loss_network(
    name: str = "vgg16",
    layers: Iterable[str] | None = None,
    weights: str | os.PathLike[str] = "imagenet",
    pooling: str = "max",
) -> keras.Model:
    """Return a frozen network from pictures to the feature maps of `layers`.

    Args:
        name: a key of `ARCHITECTURES`.
        layers: names of the feature maps; by default the network's content and
            style layers.
        weights: "imagenet" (keras.applications downloads them for its networks; for
            `vgg19_distilled` they are in the package), "random" (He et al. 2015), or the
            path of a file: .h5 for the networks of keras.applications, .safetensors or
            .npz for those of torchvision and our own, .weights for Darknet's.
        pooling: "max", as in training, or "average", which replaces every max pooling
            (Gatys et al. 2016, sec. 2). If a network pads before it pools, the zeros
            are averaged too.

    Returns:
        A `keras.Model` from (batch, height, width, 3), 0-255, to
        {layer: (batch, height', width', channels)}. Norms use their stored
        statistics, also in training.

    Raises:
        ValueError: for an unknown network, layer or pooling; for weights that do not exist
            for the network; or for a file that is damaged, lacks a needed layer or has the
            weights of another network.
        FileNotFoundError: if the file of weights does not exist.
        ConnectionError: if ImageNet's weights cannot be downloaded.
    """
    arch = architecture(name)
    layers = tuple(layers or dict.fromkeys(arch.content_layers + arch.style_layers))
    check_layers(name, layers)
    check_weights(name, weights)
    check_pooling(name, pooling)

    base = download(name) if weights == "imagenet" else arch.build()
    features = feature_maps(base, arch, layers)
    if weights == "random":
        he_normal(features)
    elif weights != "imagenet":
        path = os.fspath(weights)
        arch.formats[extension(path)](base, path, {x.name for x in features.layers})
    if pooling == "average":
        features = with_average_pooling(features)

    picture = keras.Input((None, None, 3), dtype="float32", name="picture")
    preprocess = Preprocessing(**arch.preprocessing, dtype="float32", name="preprocessing")
    network = keras.Model(picture, features(preprocess(picture)), name=name)
    network.trainable = False
    return network


def feature_maps(
    base: keras.Model, arch: Architecture, layers: Iterable[str]
) -> keras.Model:
    """Return a model from the network's input to {layer: feature map}.

    Args:
        base: the whole network. The returned model shares its layers.
        arch: its entry in the registry.
        layers: names of the feature maps.
    """
    outputs = {layer: base.get_layer(arch.layers[layer]).output for layer in layers}
    return keras.Model(base.input, outputs)


def with_average_pooling(network: keras.Model) -> keras.Model:
    """Return a copy of a network and its weights, with average instead of max pooling."""

    def replaced(layer: keras.layers.Layer) -> keras.layers.Layer:
        pools = isinstance(layer, keras.layers.MaxPooling2D)
        kind = keras.layers.AveragePooling2D if pools else type(layer)
        return kind.from_config(layer.get_config())

    other = keras.models.clone_model(network, clone_function=replaced)
    other.set_weights(network.get_weights())
    return other


def he_normal(network: keras.Model) -> None:
    """Draw new values for every kernel, from the normal distribution of He et al. 2015."""
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            # Each output of a depthwise convolution sees only one channel.
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            draw = keras.initializers.VarianceScaling(
                2.0, "fan_out" if depthwise else "fan_in", "truncated_normal"
            )
            layer.kernel.assign(draw(layer.kernel.shape))


def download(name: str) -> keras.Model:
    """Return the whole network with the weights that "imagenet" means.

    Raises:
        ConnectionError: if they cannot be downloaded.
        ValueError: if the file in the package is damaged.
    """
    fetch: Any = architecture(name).download  # not None: see `check_weights`
    if architecture(name).offline:
        return fetch()
    try:
        with warnings.catch_warnings():  # MobileNetV2 warns about pictures of any size
            warnings.simplefilter("ignore")
            return fetch()
    except Exception as error:  # keras raises bare Exception for a failed download
        raise ConnectionError(
            f"The ImageNet weights of {name} could not be downloaded ({error}). "
            f"{architecture(name).source}, or use what works offline: --loss_network "
            f"{' or '.join(offline())}."
        ) from error


def offline() -> list[str]:
    """Return the names of the loss networks whose weights are in the package."""
    return [name for name, arch in ARCHITECTURES.items() if arch.offline]


@functools.lru_cache
def smallest_picture(name: str, layers: tuple[str, ...]) -> int:
    """Return the smallest side in pixels at which each of `layers` is at least 2×2.

    Args:
        name: a key of `ARCHITECTURES`.
        layers: a tuple of names of feature maps.
    """
    features = feature_maps(architecture(name).build(), architecture(name), layers)

    def fits(side: int) -> bool:
        try:
            shapes = features.compute_output_shape((1, side, side, 3))
        except ValueError:  # the input of a convolution is smaller than its kernel
            return False
        return all(min(shape[1:3]) >= 2 for shape in shapes.values())

    return bisect.bisect_left(range(ENOUGH), True, key=fits)


def extension(path: str) -> str:
    """Return the extension of a file's name in lower case, such as ".h5"."""
    return os.path.splitext(path)[1].lower()


def check_layers(name: str, layers: Sequence[str]) -> None:
    """Check that the network called `name` has these layers.

    Raises:
        ValueError: if not, or for an unknown network.
    """
    known = architecture(name).layers
    unknown = [layer for layer in layers if layer not in known]
    if unknown:
        raise ValueError(
            f"{name} has no layer {', '.join(unknown)}. Its layers are: {', '.join(known)}"
        )


def check_weights(name: str, weights: str | os.PathLike[str]) -> None:
    """Check that the network called `name` can have these weights.

    Raises:
        ValueError: if there are no "imagenet" weights for it, or for a wrong file format.
        FileNotFoundError: if the file does not exist.
    """
    arch = architecture(name)
    if weights == "random" or (weights == "imagenet" and arch.download):
        return
    if weights == "imagenet":
        raise ValueError(
            f"Keras has no weights of {name} to download. {arch.source}; or use "
            "--loss_weights random."
        )
    if extension(os.fspath(weights)) not in arch.formats:
        download = "imagenet, " if arch.download else ""
        raise ValueError(
            f"The weights of {name} are {download}random or a file whose name ends in "
            f"{' or '.join(arch.formats)}. Received: {weights}. {arch.source}."
        )
    if not os.path.exists(weights):
        raise FileNotFoundError(f"The file of weights does not exist: {weights}")


def check_pooling(name: str, pooling: str) -> None:
    """Check that the network called `name` can have this pooling.

    Raises:
        ValueError: for an unknown pooling, or "average" if there is no max pooling to
            replace.
    """
    if pooling not in ("max", "average"):
        raise ValueError(f"pooling must be 'max' or 'average'. Received: {pooling!r}")
    if pooling == "average" and not architecture(name).max_pooling:
        raise ValueError(f"{name} has no max pooling that 'average' could replace")
