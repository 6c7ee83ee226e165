"""Every loss network: its size, layers and preprocessing; Keras's against Keras."""

import dataclasses

import keras
import numpy as np
import pytest

from fusion_style.losses.features.networks import (
    ARCHITECTURES,
    ENOUGH,
    build_loss_network,
    smallest_picture,
)
from fusion_style.losses.features.preprocessing import Preprocessing
from fusion_style.tests.support.made_up_weights import whole, write_keras
from fusion_style.tests.support.tiny import picture

KERAS = ["vgg16", "vgg19", "resnet50", "inception_v3", "mobilenet_v2"]
MODULES = {
    "vgg16": "vgg16", "vgg19": "vgg19", "resnet50": "resnet",
    "inception_v3": "inception_v3", "mobilenet_v2": "mobilenet_v2",
}  # fmt: skip


# What is left out here are the fully connected layers, weights and biases.
def dense(*sizes):
    return sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))


@pytest.mark.parametrize(("name", "left_out", "published"), [
    ("vgg16", 0, 14_714_688),
    ("vgg19", 0, 20_024_384),
    ("resnet50", dense(2048, 1000), 25_636_712),  # Keras's table, likewise below
    ("inception_v3", dense(2048, 1000), 23_851_784),
    ("mobilenet_v2", dense(1280, 1000), 3_538_984),
    ("squeezenet", 0, 1_235_496),  # torchvision's table
    ("alexnet", dense(9216, 4096, 4096, 1000), 61_100_840),
    ("tiny_yolo", 0, 15_867_885),  # (63,471,556 - 16) / 4: tiny-yolo-voc.weights
])  # fmt: skip
def test_published_numbers_of_parameters(name, left_out, published):
    assert whole(name).count_params() + left_out == published


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_layer_in_the_registry_is_there(name):
    arch = ARCHITECTURES[name]
    for keras_name in arch.layers.values():
        whole(name).get_layer(keras_name)
    assert {*arch.content_layers, *arch.style_layers} <= arch.layers.keys()


@pytest.mark.parametrize("name", KERAS)
def test_preprocessing_is_that_of_keras(name):
    module = getattr(keras.applications, MODULES[name])
    x = picture(2, 5, 4)
    ours = Preprocessing(**ARCHITECTURES[name].preprocessing)(x)
    np.testing.assert_allclose(ours, module.preprocess_input(x.copy()), atol=1e-4)


def test_preprocessing_of_torchvision_and_darknet():
    x = picture(1, 3, 2)
    ours = Preprocessing(**ARCHITECTURES["squeezenet"].preprocessing)(x)
    expected = (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    ours = Preprocessing(**ARCHITECTURES["tiny_yolo"].preprocessing)(x)
    np.testing.assert_allclose(ours, x / 255, atol=1e-6)


@pytest.mark.parametrize(("name", "layers"), [
    ("vgg16", ["relu1_1", "relu2_2"]),
    ("resnet50", ["conv1_relu", "conv3_block1_out"]),
    ("inception_v3", ["conv2b", "conv4a", "mixed5"]),
    ("mobilenet_v2", ["block_1_expand_relu", "block_6_depthwise_relu"]),
])  # fmt: skip
def test_keras_networks_against_keras(name, layers, tmp_path):
    """Files by name; InceptionV3's, whose layers Keras only numbers, in order."""
    network = whole(name)
    names = [layer.name for layer in network.layers if layer.weights]
    if name == "inception_v3":  # as Keras 2 numbered them: names of ours, but others'
        first = min(int(n.partition("conv2d_")[2] or 0) for n in names if "conv2d" in n)
        names = [f"{n.rpartition('_')[0] or n}_{i}" for i, n in enumerate(names, first)]
    path = str(tmp_path / "weights.h5")
    write_keras(path, network, names)
    x = picture(1, 80, 76)
    keras_names = [ARCHITECTURES[name].layers[layer] for layer in layers]
    probe = keras.Model(network.input, [network.get_layer(n).output for n in keras_names])
    module = getattr(keras.applications, MODULES[name])
    expected = probe(module.preprocess_input(x.copy()), training=False)
    ours = build_loss_network(name, layers, path)
    assert not ours.trainable_variables
    for training in (False, True):  # norms keep their statistics
        features = ours(x, training=training)
        for layer, theirs in zip(layers, expected, strict=True):
            scale = np.abs(theirs).max()
            np.testing.assert_allclose(features[layer], theirs, atol=1e-4 * scale)


def test_networks_without_pooling_and_unknown_poolings():
    with pytest.raises(ValueError, match="mobilenet_v2 has no max pooling"):
        build_loss_network("mobilenet_v2", weights="random", pooling="average")
    with pytest.raises(ValueError, match="must be 'max' or 'average'. Received: 'min'"):
        build_loss_network("vgg16", weights="random", pooling="min")
    for name, arch in ARCHITECTURES.items():
        kinds = {type(layer).__name__ for layer in whole(name).layers}
        assert arch.max_pooling == ("MaxPooling2D" in kinds)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_smallest_picture(name, monkeypatch):
    """2 × 2 features are seen there and not at a pixel less."""
    arch = ARCHITECTURES[name]
    shared = dataclasses.replace(arch, build=lambda: whole(name))
    monkeypatch.setitem(ARCHITECTURES, name, shared)
    every = smallest_picture.__wrapped__(name, tuple(arch.layers))
    assert every < ENOUGH
    layers = arch.content_layers + arch.style_layers
    smallest = smallest_picture.__wrapped__(name, layers)
    assert smallest <= every
    outputs = [whole(name).get_layer(arch.layers[layer]).output for layer in layers]
    probe = keras.Model(whole(name).input, outputs)
    at = {}
    for side in (smallest - 1, smallest):
        maps = probe(np.zeros((1, side, side, 3), "float32"))
        at[side] = min(min(features.shape[1:3]) for features in maps)
    assert at == {smallest - 1: 1, smallest: 2}


def test_the_smallest_pictures_of_vgg():
    assert smallest_picture("vgg16", ("relu1_2", "relu4_3")) == 16
    assert smallest_picture("vgg19", ("relu5_1",)) == 32


def test_random_weights_are_those_of_he_et_al():
    """Standard deviation √(2 / inputs of each output): 9 of a depthwise channel."""
    network = build_loss_network("mobilenet_v2", weights="random").layers[-1]
    for layer, inputs in (("block_1_expand", 16), ("block_3_depthwise", 9)):
        kernel = np.asarray(network.get_layer(layer).kernel)
        assert kernel.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.1)


@pytest.mark.parametrize(("name", "convolutions"), [("vgg16", 13), ("vgg19", 16)])
def test_the_papers_names(name, convolutions):
    layers = ARCHITECTURES[name].layers
    assert len(layers) == convolutions
    assert layers["relu3_3"] == "block3_conv3"


def test_networks_are_no_deeper_than_needed():
    network = build_loss_network("squeezenet", ["fire2"], "random")
    assert network.count_params() == 1792 + dense(64, 16) + dense(16, 64) + dense(144, 64)
    assert not network.trainable_variables
    network = build_loss_network("vgg16", ["relu1_2"], "random")
    assert network.count_params() == 3 * 9 * 64 + 64 + 64 * 9 * 64 + 64
