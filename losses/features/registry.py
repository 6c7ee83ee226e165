"""The registry of loss networks.

Feature maps have the papers' names (`relu3_2` is the second convolution of the third
block, after its ReLU), or Keras's names if a paper gives none.
"""

import dataclasses
import functools
from collections.abc import Callable, Collection
from typing import Any

import keras

from fusion_style.losses.features.architectures import alexnet, squeezenet, tiny_yolo
from fusion_style.losses.features.distilled import (
    MEASURED,
    shipped_vgg19_distilled,
    vgg19_distilled,
)
from fusion_style.losses.features.preprocessing import CAFFE, DARKNET, TENSORFLOW, TORCH
from fusion_style.losses.features.weights import load_darknet, load_keras, load_state_dict


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Describe one loss network: an entry of the registry.

    Attributes:
        build: function without arguments that returns the whole network with random
            weights.
        preprocessing: arguments of `losses.features.preprocessing.Preprocessing`.
        layers: {our name of a feature map: name of the Keras layer}.
        content_layers, style_layers: the defaults.
        formats: {extension of a weights file: its loader in `losses.features.weights`}.
        source: how to get such a file, for error messages.
        download: like `build`, with the weights of "imagenet"; None if there are none.
        offline: whether `download` reads a file of the package.
        max_pooling: whether the network has max pooling.
    """

    build: Callable[[], keras.Model]
    preprocessing: dict[str, Any]
    layers: dict[str, str]
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    formats: dict[str, Callable[[keras.Model, str, Collection[str]], None]]
    source: str
    download: Callable[[], keras.Model] | None = None
    offline: bool = False
    max_pooling: bool = True


def keras_application(
    constructor: Callable[..., keras.Model], file: str, **entry: Any
) -> Architecture:
    """Return the entry for a network of keras.applications.

    Args:
        constructor: a function of keras.applications.
        file: the name of the weights file that it downloads.
        entry: other attributes of `Architecture`.
    """
    build = functools.partial(constructor, include_top=False, input_shape=(None, None, 3))
    return Architecture(
        build=functools.partial(build, weights=None),
        download=functools.partial(build, weights="imagenet"),
        formats={".h5": load_keras},
        source=f"Download {file} elsewhere and give it with --loss_weights FILE",
        **entry,
    )


def torchvision_model(
    function: str, build: Callable[[], keras.Model], **entry: Any
) -> Architecture:
    """Return the entry for a network of torchvision.

    Args:
        function: its name in torchvision.models.
        build: a function of `losses.features.architectures`.
        entry: other attributes of `Architecture`.
    """
    file = f"{build.__name__}.safetensors"
    return Architecture(
        build=build,
        preprocessing=TORCH,
        formats={".safetensors": load_state_dict, ".npz": load_state_dict},
        source=(
            'Make it with torchvision: python -c "import torchvision, safetensors.torch '
            f"as s; s.save_file(torchvision.models.{function}(weights='DEFAULT')"
            f".state_dict(), '{file}')\" and give it with --loss_weights {file}"
        ),
        **entry,
    )


def vgg_layers(*convolutions: int) -> dict[str, str]:
    """Return {our name: Keras's name} from the number of convolutions in each block."""
    return {
        f"relu{block}_{i}": f"block{block}_conv{i}"
        for block, count in enumerate(convolutions, start=1)
        for i in range(1, count + 1)
    }


# The stem of Szegedy et al. 2016, to which Keras gives no names. "conv2b" is Conv2d_2b_3x3
# in TF-Slim.
INCEPTION_STEM = ("conv1a", "conv2a", "conv2b", "conv3b", "conv4a")


def inception_v3(**options: Any) -> keras.Model:
    """Return InceptionV3 of keras.applications, with names for the ReLUs of the stem."""
    network = keras.applications.InceptionV3(**options)
    relus = [x for x in network.layers if isinstance(x, keras.layers.Activation)]
    for layer, name in zip(relus, INCEPTION_STEM, strict=False):
        layer.name = name
    return network


def mobilenet_layers() -> dict[str, str]:
    """Return {name: name} of every block's ReLU6 layers. The blocks' outputs have none."""
    blocks = [f"block_{i}_" for i in range(1, 17)]
    names = ["Conv1_relu", "expanded_conv_depthwise_relu"]
    names += [f"{b}{part}_relu" for b in blocks for part in ("expand", "depthwise")]
    return same_names(*names, "out_relu")


def same_names(*names: str) -> dict[str, str]:
    """Return {our name: Keras's name} for layers with the same name in both."""
    return {name: name for name in names}


ARCHITECTURES: dict[str, Architecture] = {
    "vgg16": keras_application(  # Simonyan & Zisserman 2015
        keras.applications.VGG16,
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        preprocessing=CAFFE,
        layers=vgg_layers(2, 2, 3, 3, 3),
        content_layers=("relu3_3",),  # Johnson et al. 2016
        style_layers=("relu1_2", "relu2_2", "relu3_3", "relu4_3"),
    ),
    "vgg19": keras_application(
        keras.applications.VGG19,
        "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        preprocessing=CAFFE,
        layers=vgg_layers(2, 2, 4, 4, 4),
        content_layers=("relu3_3",),
        style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1"),  # Gatys et al. 2016
    ),
    # From here on, the default layers have the same strides as Johnson's layers in VGG16,
    # if the network has such layers.
    "resnet50": keras_application(  # He et al. 2016
        keras.applications.ResNet50,
        "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        preprocessing=CAFFE,
        layers=same_names(
            "conv1_relu",
            *(f"conv2_block{i}_out" for i in range(1, 4)),
            *(f"conv3_block{i}_out" for i in range(1, 5)),
            *(f"conv4_block{i}_out" for i in range(1, 7)),
            *(f"conv5_block{i}_out" for i in range(1, 4)),
        ),
        content_layers=("conv2_block3_out",),
        style_layers=(
            "conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out",
        ),
    ),
    "inception_v3": keras_application(  # Szegedy et al. 2016
        inception_v3,
        "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        preprocessing=TENSORFLOW,
        layers=same_names(*INCEPTION_STEM, *(f"mixed{i}" for i in range(11))),
        content_layers=("conv4a",),
        style_layers=("conv2b", "conv4a", "mixed2", "mixed7"),
    ),
    "mobilenet_v2": keras_application(  # Sandler et al. 2018
        keras.applications.MobileNetV2,
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        preprocessing=TENSORFLOW,
        layers=mobilenet_layers(),
        content_layers=("block_3_expand_relu",),
        style_layers=(
            "block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu",
            "block_13_expand_relu",
        ),
        max_pooling=False,
    ),
    "squeezenet": torchvision_model(  # SqueezeNet 1.1
        "squeezenet1_1",
        squeezenet,
        layers={
            "relu1": "features.1", "fire2": "features.3", "fire3": "features.4",
            "fire4": "features.6", "fire5": "features.7", "fire6": "features.9",
            "fire7": "features.10", "fire8": "features.11", "fire9": "features.12",
            "relu10": "classifier.2",
        },
        content_layers=("fire2",),  # Stanford's course CS231n, its style transfer
        style_layers=("relu1", "fire3", "fire4", "fire5"),
    ),
    "alexnet": torchvision_model(
        "alexnet",
        alexnet,
        layers={
            "relu1": "features.1", "relu2": "features.4", "relu3": "features.7",
            "relu4": "features.9", "relu5": "features.11",
        },
        content_layers=("relu2",),
        style_layers=("relu1", "relu2", "relu3", "relu4"),
    ),
    # Its weights are in the package: "imagenet" reads them without a download.
    "vgg19_distilled": Architecture(
        build=vgg19_distilled,
        download=shipped_vgg19_distilled,
        offline=True,
        preprocessing=CAFFE,
        layers=same_names(*MEASURED),
        content_layers=("relu3_3",),
        style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1"),  # VGG19's
        formats={".safetensors": load_state_dict, ".npz": load_state_dict},
        source=(
            "They are part of Fusion Style. To make others: python -m "
            "fusion_style.training.distill"
        ),
    ),
    "tiny_yolo": Architecture(
        build=tiny_yolo,
        preprocessing=DARKNET,
        layers={f"conv{i}": f"conv{i}_leaky" for i in range(1, 9)} | {"conv9": "conv9"},
        content_layers=("conv4",),
        style_layers=("conv1", "conv2", "conv3", "conv4"),
        formats={".weights": load_darknet},
        source=(
            "Download https://pjreddie.com/media/files/yolov2-tiny-voc.weights and give "
            "it with --loss_weights yolov2-tiny-voc.weights"
        ),
    ),
}  # fmt: skip


def architecture(name: str) -> Architecture:
    """Return the entry of the registry called `name`.

    Raises:
        ValueError: if there is no such entry.
    """
    if name not in ARCHITECTURES:
        raise ValueError(
            f"loss_network must be one of {', '.join(ARCHITECTURES)}. Received: {name!r}"
        )
    return ARCHITECTURES[name]
