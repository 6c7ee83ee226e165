"""Convolutions that compute several pixels at once, for training (Shi et al. 2016).

They compute the same function, with the same variables, as plain convolutions.
"""

from typing import Any

import keras
from keras import ops

from fusion_style.models.keras_layers import Shape, Tensor, register
from fusion_style.models.kernels import RESIZE_ROWS, block_rows


@register
class SubPixelConv2D(keras.layers.Conv2D):
    """Compute a block of pixels with one convolution, then apply depth to space.

    The large kernel is built from the plain kernel in every step, so the variables are
    those of the plain convolution.

    With `times` 2, the layer computes nearest ×2, reflection padding and a 3×3
    convolution. This is done by a 2×2 convolution on the small picture, which computes
    blocks of 2×2 pixels with four ninths of the multiply-adds. With `times` 4, it computes
    nearest ×4 and a 7×7 convolution. This is done by a 3×3 convolution, which computes
    blocks of 4×4 pixels with nine of 49 multiply-adds.

    With `times` 1, the layer computes reflection padding and an n×n convolution. It is
    meant for layers with few output channels, which leave most of a vector unit idle. In
    training this is done by an (n + 3)×(n + 3) convolution of stride 4, which computes
    blocks of 4×4 pixels; the sides of pictures must be multiples of 4.

    Args:
        filters: number of output channels.
        kernel_size: side of the square kernel, odd.
        times: by how much height and width grow first: 1, 2 with a kernel of 3, or 4 with
            a kernel of 7.
    """

    def __init__(
        self, filters: int, kernel_size: int, times: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.times = times
        self.rows = block_rows(self.kernel_size[0]) if times == 1 else RESIZE_ROWS[times]
        self.block = len(self.rows)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if self.times == 1 and not training:
            return self.plain(x)
        block, filters = self.block, self.filters
        window = self.rows.shape[1]
        rows = ops.convert_to_tensor(self.rows, self.compute_dtype)
        kernel = ops.cast(self.kernel, self.compute_dtype)
        kernel = ops.einsum("aiu,bjv,uvcd->ijcabd", rows, rows, kernel)
        kernel = ops.reshape(kernel, (window, window, -1, block * block * filters))
        if self.times > 1:  # mirroring the large picture is repeating the small one's edge
            x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
            x = ops.conv(x, kernel, data_format="channels_last")
        else:
            border = (window // 2 - 2,) * 2
            x = ops.pad(x, ((0, 0), border, border, (0, 0)), mode="reflect")
            x = ops.conv(x, kernel, strides=block, data_format="channels_last")
        x = x + ops.tile(ops.cast(self.bias, self.compute_dtype), block * block)
        x = depth_to_space(x, block)
        return without_border(x) if window == 2 else x

    def plain(self, x: Tensor) -> Tensor:
        """Return the plain convolution with reflection padding, for painting.

        Blocks of pixels would take TensorFlow minutes on a CPU, for a picture of 1024².
        """
        border = (self.kernel_size[0] // 2,) * 2
        x = ops.pad(x, ((0, 0), border, border, (0, 0)), mode="reflect")
        kernel = ops.cast(self.kernel, self.compute_dtype)
        x = ops.conv(x, kernel, data_format="channels_last")
        return x + ops.cast(self.bias, self.compute_dtype)

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, *size, _ = shape
        return (batch, *[n and n * self.times for n in size], self.filters)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        kept = ("name", "trainable", "dtype", "filters", "kernel_size")
        return {name: config[name] for name in kept} | {"times": self.times}


def depth_to_space(x: Tensor, block: int) -> Tensor:
    """Reshape (b, h, w, block · block · c) to (b, block · h, block · w, c)."""
    _, height, width, channels = ops.shape(x)
    x = ops.reshape(x, (-1, height, width, block, channels // block))
    x = ops.transpose(x, (0, 1, 3, 2, 4))
    return ops.reshape(x, (-1, block * height, block * width, channels // block**2))


def without_border(x: Tensor) -> Tensor:
    """Return x[:, 1:-1, 1:-1], whose own gradient is slow in TensorFlow on a CPU."""
    batch, height, width, channels = ops.shape(x)
    return ops.slice(x, (0, 1, 1, 0), (batch, height - 2, width - 2, channels))
