"""Loss networks: frozen image classifiers whose features measure a picture.

Each is a Keras model from float32 RGB pictures, (batch, height, width, 3) with
values in 0-255, to a dict of feature maps keyed by the papers' names: `relu3_2`
is the second convolution of the third block, after its ReLU. Each owns its
preprocessing and is built only as deep as the deepest layer asked for.
"""

import dataclasses
import os
from collections.abc import Callable

import h5py
import keras
from keras import ops


@keras.saving.register_keras_serializable("fusion_style")
class CaffePreprocessing(keras.layers.Layer):
    """RGB 0-255 to BGR with ImageNet's mean taken away, as VGG was trained."""

    mean = (103.939, 116.779, 123.68)

    def call(self, x):
        return ops.flip(x, axis=-1) - ops.convert_to_tensor(self.mean, x.dtype)

    def compute_output_shape(self, shape):
        return shape


@dataclasses.dataclass(frozen=True)
class Architecture:
    """One entry of the registry.

    Attributes:
        build: `keras.applications` constructor.
        preprocessing: layer class, from RGB 0-255 to what the network takes.
        layers: the papers' name of each feature map -> the Keras layer's name.
        content_layers, style_layers: the defaults.
    """

    build: Callable
    preprocessing: type
    layers: dict
    content_layers: tuple
    style_layers: tuple


def vgg_layers(*convolutions):
    return {
        f"relu{block}_{i}": f"block{block}_conv{i}"
        for block, count in enumerate(convolutions, start=1)
        for i in range(1, count + 1)
    }


ARCHITECTURES = {
    "vgg16": Architecture(
        build=keras.applications.VGG16,
        preprocessing=CaffePreprocessing,
        layers=vgg_layers(2, 2, 3, 3, 3),
        content_layers=("relu3_3",),  # Johnson et al. 2016
        style_layers=("relu1_2", "relu2_2", "relu3_3", "relu4_3"),
    ),
    "vgg19": Architecture(
        build=keras.applications.VGG19,
        preprocessing=CaffePreprocessing,
        layers=vgg_layers(2, 2, 4, 4, 4),
        content_layers=("relu3_3",),
        style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1"),  # Gatys et al. 2016
    ),
}


def architecture(name):
    """The registry's entry called `name`.

    Raises:
        ValueError: if there is none.
    """
    if name not in ARCHITECTURES:
        raise ValueError(
            f"loss_network must be one of {', '.join(ARCHITECTURES)}. Received: {name!r}"
        )
    return ARCHITECTURES[name]


def build_loss_network(name="vgg16", layers=None, weights="imagenet", pooling="max"):
    """A frozen network that returns the feature maps of `layers`.

    Args:
        name: a key of `ARCHITECTURES`.
        layers: names of the feature maps; by default the network's content and
            style layers.
        weights: "imagenet" (downloaded by keras.applications), "random" (He et
            al. 2015, without a pretrained file), or the path of a file in Keras's
            HDF5 layout, loaded by layer name.
        pooling: "max", as trained, or "average" (Gatys et al. 2016, sec. 2).

    Returns:
        A `keras.Model` from (batch, height, width, 3), 0-255, to
        {layer: (batch, height', width', channels)}.

    Raises:
        ValueError: for an unknown network or layer, or a file that lacks one of
            the layers needed or is no HDF5 file.
        FileNotFoundError: if the file of weights does not exist.
        ConnectionError: if ImageNet's weights cannot be downloaded.
    """
    arch = architecture(name)
    layers = tuple(layers or dict.fromkeys(arch.content_layers + arch.style_layers))
    check_layers(name, layers)

    picture = keras.Input((None, None, 3), dtype="float32", name="picture")
    x = arch.preprocessing(dtype="float32", name="preprocessing")(picture)
    base = build_base(name, arch, weights)
    if pooling == "average":
        base = with_average_pooling(base)
    elif pooling != "max":
        raise ValueError(f"pooling must be max or average. Received: {pooling!r}")
    features = keras.Model(
        base.input, {layer: base.get_layer(arch.layers[layer]).output for layer in layers}
    )
    if weights not in ("imagenet", "random"):
        load_by_name(features, os.fspath(weights))
    network = keras.Model(picture, features(x), name=name)
    network.trainable = False
    return network


def check_layers(name, layers):
    """Raises ValueError for layers that the network called `name` does not have."""
    known = architecture(name).layers
    unknown = [layer for layer in layers if layer not in known]
    if unknown:
        raise ValueError(
            f"{name} has no layer {', '.join(unknown)}. Its layers are: {', '.join(known)}"
        )


def build_base(name, arch, weights):
    options = {"include_top": False, "input_shape": (None, None, 3)}
    if weights != "imagenet":
        base = arch.build(weights=None, **options)
        return he_normal(base) if weights == "random" else base
    try:
        return arch.build(weights="imagenet", **options)
    except Exception as error:  # keras raises bare Exception for a failed download
        raise ConnectionError(
            f"The ImageNet weights of {name} could not be downloaded ({error}). "
            f"Download {name}_weights_tf_dim_ordering_tf_kernels_notop.h5 elsewhere and "
            "give it with --loss_weights FILE, or use --loss_weights random."
        ) from error


def with_average_pooling(network):
    """The same network, weights and all, with its max pooling replaced by the mean."""

    def replace(layer):
        kind = type(layer)
        if kind is keras.layers.MaxPooling2D:
            kind = keras.layers.AveragePooling2D
        return kind.from_config(layer.get_config())

    replaced = keras.models.clone_model(network, clone_function=replace)
    replaced.set_weights(network.get_weights())
    return replaced


def he_normal(network):
    """Draws every kernel anew from He et al. 2015's normal distribution."""
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            shape = layer.kernel.shape
            layer.kernel.assign(keras.initializers.HeNormal()(shape))
    return network


def load_by_name(network, path):
    """Loads each weight from the layer of the same name in a legacy HDF5 file."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"The file of weights does not exist: {path}")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is not an HDF5 file of weights: {error}") from error
    with file:
        groups = file.get("model_weights", file)
        for layer in network.layers:
            if not layer.weights:
                continue
            group = groups.get(layer.name, {})
            if not len(group):
                raise ValueError(
                    f"{path} has no weights for the layer {layer.name}. It has: "
                    f"{', '.join(n for n in groups if len(groups[n])) or 'none'}"
                )
            names = group.attrs.get("weight_names", ())
            values = [group[n if isinstance(n, str) else n.decode()][()] for n in names]
            expected = [tuple(w.shape) for w in layer.weights]
            if [v.shape for v in values] != expected:
                raise ValueError(
                    f"{path}: the weights of {layer.name} have shapes "
                    f"{[v.shape for v in values]}, expected {expected}"
                )
            layer.set_weights(values)
