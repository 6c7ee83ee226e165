"""VGG19 to relu4_1 at a fraction of its cost, distilled from it: a network of our own.

Every second convolution of VGG19 is one that style and content are measured at
(Gatys et al. 2016): those keep the teacher's channels, so that Gram matrices are the
teacher's. All that is between is narrow:

    wide:    3×3 to few channels → 1×1 to the teacher's → ReLU
    narrow:  1×1 to few channels → 3×3 to few channels → ReLU

The first convolution is VGG19's own. Wang et al. 2020 (Collaborative Distillation for
Ultra-Resolution Universal Style Transfer) distill a VGG19 of a quarter of the width;
its features alone are not enough to learn a painting from.
"""

import pathlib

import keras
from keras import KerasTensor

from fusion_style.losses.features.weights import load_state_dict

SHIPPED = pathlib.Path(__file__).parent / "vgg19_distilled.safetensors"
PAPER = SHIPPED.with_suffix(".json")  # its recipe, teacher, license and sha256
# Wide layer of VGG19: (channels of its 3×3, the teacher's channels).
WIDE = {"2_1": (48, 128), "3_1": (64, 256), "3_3": (64, 256), "4_1": (128, 512)}
# What follows relu1_1, …: (channels of its 1×1, of its 3×3).
NARROW = {"1_2": (16, 24), "2_2": (32, 48), "3_2": (64, 64), "3_4": (64, 96)}
POOLED = ("1_2", "2_2", "3_4")  # the last of each block
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
    """Return the network with the weights that come with the package.

    Raises:
        ValueError: if their file is damaged.
    """
    network = vgg19_distilled()
    load_state_dict(network, str(SHIPPED), {layer.name for layer in network.layers})
    return network
