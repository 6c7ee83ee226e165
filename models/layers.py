"""The pieces that the image transformation networks are made of.

Shapes are (batch, height, width, channels) throughout, sizes unknown until a
picture comes. The blocks are functional graphs, built in their constructors.
"""

import keras
from keras import ops

from fusion_style.models.subpixel import SubPixelConv2D


def register(cls):
    """Lets `.keras` files name the class, as fusion_style>ClassName."""
    return keras.saving.register_keras_serializable("fusion_style")(cls)


@register
class ReflectionPadding(keras.layers.Layer):
    """Mirrors `width` pixels at each border, without repeating the edge pixel.

    A departure from Qiu & Huang 2017, who pad with zeros: those show as a dark
    frame around the picture.
    """

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def call(self, x):
        border = (self.width, self.width)
        return ops.pad(x, ((0, 0), border, border, (0, 0)), mode="reflect")

    def compute_output_shape(self, shape):
        batch, *size, channels = shape
        return (batch, *[n and n + 2 * self.width for n in size], channels)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


def normalization(norm, name):
    """The layer called `norm`: "batch", as in the paper, or "instance".

    Raises:
        ValueError: for any other name.
    """
    if norm == "batch":
        return keras.layers.BatchNormalization(momentum=0.98, epsilon=1e-5, name=name)
    if norm == "instance":
        return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, name=name)
    raise ValueError(f"norm must be 'batch' or 'instance'. Received: {norm!r}")


def conv_norm_relu(
    x, filters, kernel, strides=1, upsample=None, relu=True, norm="batch", name="conv"
):
    """Reflection padding, convolution, norm and, unless `relu` is False, ReLU.

    Args:
        x: (batch, height, width, channels).
        filters: output channels.
        kernel: side of the square kernel, odd.
        strides: 1, or 2 to halve height and width.
        upsample: None; "resize" (nearest ×2, then this convolution) or "deconv"
            (this convolution transposed, stride 2): both double height and
            width, with the same number of parameters.
        relu: whether a ReLU follows the norm.
        norm: "batch" or "instance".
        name: prefix of the layers' names.

    Returns:
        (batch, height', width', filters).

    Raises:
        ValueError: for an unknown `upsample` or `norm`.
    """
    if upsample not in (None, "resize", "deconv"):
        raise ValueError(
            f"upsample must be None, 'resize' or 'deconv'. Received: {upsample!r}"
        )
    if upsample == "deconv":
        x = keras.layers.Conv2DTranspose(
            filters, kernel, strides=2, padding="same", name=name
        )(x)
    elif upsample == "resize" or (kernel, filters) == (9, 3):
        x = SubPixelConv2D(filters, kernel, bool(upsample), name=name)(x)
    else:
        if kernel > 1:
            x = ReflectionPadding(kernel // 2, name=f"{name}_pad")(x)
        x = keras.layers.Conv2D(filters, kernel, strides, name=name)(x)
    x = normalization(norm, name=f"{name}_norm")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x) if relu else x


def inception_conv(x, filters, kernel, shrink=2, name="conv", relu=True, **options):
    """FastChi's convolution: 1×1 that shrinks the channels by k, n×n, 1×1 back.

    Takes and returns what `conv_norm_relu` does; `shrink` is FastChi's k. A
    picture's three channels are not shrunk, here a departure: one and a half
    channels hold no color. The shrinking 1×1 has no ReLU, which would lose
    half of what it is to pass on.
    """
    norm = options.get("norm", "batch")
    narrow, between = (max(3, c // shrink) for c in (x.shape[-1], filters))
    x = conv_norm_relu(x, narrow, 1, relu=False, norm=norm, name=f"{name}_shrink")
    x = conv_norm_relu(x, between, kernel, name=name, **options)
    return conv_norm_relu(x, filters, 1, relu=relu, norm=norm, name=f"{name}_restore")


@register
class ResidualBlock(keras.Model):
    """x + F(x), with F two 3×3 convolutions (He et al. 2016; Johnson et al. 2016).

    No ReLU follows the second convolution or the sum, as in Johnson's network
    (after Gross & Wilber 2016): with one, a block could add and never take away.

    Args:
        channels: channels in and out.
        norm: "batch" or "instance".
        shrink: FastChi's k, for convolutions with a bottleneck; None without.
    """

    def __init__(self, channels, norm="batch", shrink=None, **kwargs):
        options = {"norm": norm}
        if shrink:
            options["shrink"] = shrink
        conv = inception_conv if shrink else conv_norm_relu

        x = inputs = keras.Input((None, None, channels))
        x = conv(x, channels, 3, name="conv1", **options)
        x = conv(x, channels, 3, name="conv2", relu=False, **options)
        outputs = keras.layers.Add(name="add")([inputs, x])

        super().__init__(inputs, outputs, **kwargs)
        self.options = {"channels": channels, "norm": norm, "shrink": shrink}

    def get_config(self):
        return {"name": self.name, **self.options}


@register
class FusionBlock(keras.Model):
    """The Fusion module (Qiu & Huang 2017, Fig. 4 and eq. 4).

                  ┌─ 1×1, C/2 ────────────┐
        x ─ 1×1, ─┤                       ├─ concatenated: C
            C/2   └─ residual block, C/2 ─┘

    No ReLU follows the first 1×1 (a departure): half of the channels are all that passes
    through a module, and a ReLU would take half of what they hold (Sandler et al. 2018).

    Args:
        channels: channels in and out, C; even.
        norm: "batch" or "instance".
    """

    def __init__(self, channels, norm="batch", **kwargs):
        half = channels // 2

        inputs = keras.Input((None, None, channels))
        reduced = conv_norm_relu(inputs, half, 1, relu=False, norm=norm, name="reduce")
        pointwise = conv_norm_relu(reduced, half, 1, norm=norm, name="pointwise")
        residual = ResidualBlock(half, norm=norm, name="residual")(reduced)
        outputs = keras.layers.Concatenate(name="join")([pointwise, residual])

        super().__init__(inputs, outputs, **kwargs)
        self.options = {"channels": channels, "norm": norm}

    def get_config(self):
        return {"name": self.name, **self.options}
