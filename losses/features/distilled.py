"""Our own loss network: VGG19 up to relu4_1, distilled to a fraction of its cost.

Style and content are measured after every second convolution of VGG19 (Gatys et al. 2016).
These layers keep VGG19's number of channels, so that Gram matrices have the same size. The
layers between them are narrow:

    wide:    3×3 to few channels → 1×1 to VGG19's channels → ReLU
    narrow:  1×1 to few channels → 3×3 to few channels → ReLU

The first convolution is VGG19's own. Wang et al. 2020 (Collaborative Distillation for
Ultra-Resolution Universal Style Transfer) distilled a VGG19 of a quarter of the width. Its
features alone are not enough to learn a style from.
"""

import pathlib

import keras
from keras import KerasTensor

from fusion_style.losses.features.weights import load_state_dict

SHIPPED = pathlib.Path(__file__).parent / "vgg19_distilled.safetensors"
PAPER = SHIPPED.with_suffix(".json")  # its recipe, teacher, license and sha256
# {wide layer: (channels of its 3×3 convolution, VGG19's channels)}
WIDE = {"2_1": (48, 128), "3_1": (64, 256), "3_3": (64, 256), "4_1": (128, 512)}
# {narrow layer: (channels of its 1×1 convolution, of its 3×3 convolution)}
NARROW = {"1_2": (16, 24), "2_2": (32, 48), "3_2": (64, 64), "3_4": (64, 96)}
POOLED = ("1_2", "2_2", "3_4")  # the last layer of each block
MEASURED = ("relu1_1", *(f"relu{name}" for name in WIDE))
ORDER = ("1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "3_4", "4_1")


def vgg19_distilled() -> keras.Model:
    """Return the network with random weights, from preprocessed pictures to relu4_1."""

    def conv(x: KerasTensor, channels: int, size: int, name: str) -> KerasTensor:
        return keras.layers.Conv2D(channels, size, padding="same", name=name)(x)

    x = inputs = keras.Input((None, None, 3))
    x = keras.layers.ReLU(name="relu1_1")(conv(x, 64, 3, "conv1_1"))
    for name in ORDER:
        if name in WIDE:
            few, channels = WIDE[name]
            x = conv(x, few, 3, f"conv{name}")
            x = conv(x, channels, 1, f"widen{name}")
        else:
            few, channels = NARROW[name]
            x = conv(x, few, 1, f"narrow{name}")
            x = conv(x, channels, 3, f"conv{name}")
        x = keras.layers.ReLU(name=f"relu{name}")(x)
        if name in POOLED:
            x = keras.layers.MaxPooling2D(2, name=f"pool{name[0]}")(x)
    return keras.Model(inputs, x, name="vgg19_distilled")


def shipped_vgg19_distilled() -> keras.Model:
    """Return the network with the weights that are part of the package.

    Raises:
        ValueError: if their file is damaged.
    """
    network = vgg19_distilled()
    load_state_dict(network, str(SHIPPED), {layer.name for layer in network.layers})
    return network
