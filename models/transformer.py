"""The image transformation networks: a photograph in, the painted photograph out.

All take and return float32 RGB pictures, (batch, height, width, 3), with values
in 0-255, of any height and width from one pixel up.
"""

import functools

import keras

from fusion_style.models.ends import (
    CropLike,
    InputNormalization,
    MirrorToMultiple,
    UnsaturatedTanh,
)
from fusion_style.models.layers import (
    FusionBlock,
    ResidualBlock,
    conv_norm_relu,
    inception_conv,
    register,
)


class ImageTransformationNetwork(keras.Model):
    """Johnson et al. 2016's network; subclasses say what its blocks are.

    Args:
        norm: "batch" (Qiu & Huang 2017) or "instance", after every convolution.
        upsample: "resize" (nearest ×2, then 3×3) or "deconv" (Qiu & Huang 2017).
        input_norm: bring each picture's channels to mean 0 and deviation 1
            before the first layer; otherwise 0-255 becomes -1 to 1.
        width: multiplies the channels of every layer but the last.
        shrink: FastChi's k, for the inception network only.

    Raises:
        ValueError: for an unknown `norm` or `upsample`.
    """

    def __init__(
        self,
        norm="batch",
        upsample="resize",
        input_norm=True,
        width=1.0,
        shrink=None,
        **kwargs,
    ):
        options = {"norm": norm} | ({"shrink": shrink} if shrink else {})
        conv = functools.partial(inception_conv if shrink else conv_norm_relu, **options)
        block = functools.partial(self.block, **options)
        up = functools.partial(conv, upsample=upsample)
        c32, c64, c128 = (max(2, 2 * round(c * width / 2)) for c in (32, 64, 128))

        photograph = keras.Input((None, None, 3), dtype="float32", name="photograph")
        if input_norm:
            x = InputNormalization(dtype="float32", name="input_norm")(photograph)
        else:
            scale = keras.layers.Rescaling(
                1 / 127.5, -1, dtype="float32", name="input_scale"
            )
            x = scale(photograph)
        x = MirrorToMultiple(4, dtype="float32", name="mirror")(x)

        x = conv(x, c32, 9, name="conv1")
        x = conv(x, c64, 3, strides=2, name="conv2")
        x = conv(x, c128, 3, strides=2, name="conv3")
        for i in range(1, 6):
            x = block(c128, name=f"block{i}")(x)
        x = up(x, c64, 3, name="up1")
        x = up(x, c32, 3, name="up2")
        x = conv(x, 3, 9, relu=False, name="conv4")

        # A scaled tanh keeps the output in 0-255 (Johnson et al. 2016).
        x = UnsaturatedTanh(dtype="float32", name="tanh")(x)
        x = keras.layers.Rescaling(127.5, 127.5, dtype="float32", name="output")(x)
        painted = CropLike(dtype="float32", name="painted")([x, photograph])

        super().__init__(photograph, painted, **kwargs)
        self.options = {
            "norm": norm, "upsample": upsample, "input_norm": input_norm, "width": width,
        } | ({"shrink": shrink} if shrink else {})  # fmt: skip

    def get_config(self):
        return {"name": self.name, **self.options}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


@register
class FusionNetwork(ImageTransformationNetwork):
    """Qiu & Huang 2017, Fig. 5 (b): five Fusion modules, 631,555 parameters."""

    block = FusionBlock


@register
class JohnsonNetwork(ImageTransformationNetwork):
    """Qiu & Huang 2017, Fig. 5 (a): five residual blocks, 1,676,035 parameters."""

    block = ResidualBlock


@register
class InceptionNetwork(ImageTransformationNetwork):
    """FastChi: Johnson's network, every convolution an inception bottleneck.

    Args:
        shrink: FastChi's k, by which a 1×1 shrinks the channels first.
    """

    block = ResidualBlock

    def __init__(self, shrink=2, **kwargs):
        super().__init__(shrink=shrink, **kwargs)


NETWORKS = {
    "fusion": FusionNetwork,
    "johnson": JohnsonNetwork,
    "inception": InceptionNetwork,
}


def build_network(network="fusion", **options):
    """The untrained network called `network`, of `NETWORKS`.

    Raises:
        ValueError: for an unknown name, or from the network for its options.
    """
    if network not in NETWORKS:
        raise ValueError(
            f"network must be one of {', '.join(NETWORKS)}. Received: {network!r}"
        )
    return NETWORKS[network](**options)
