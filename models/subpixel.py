"""Convolutions that compute several pixels at once, for training (Shi et al. 2016).

The same function of the same variables as the plain ones.
"""

from typing import Any

import keras
from keras import ops

from fusion_style.models.config import BLOCK
from fusion_style.models.keras_layers import Shape, Tensor, register
from fusion_style.models.rewrites import RESIZE_ROWS, block_rows


@register
class SubPixelConv2D(keras.layers.Conv2D):
    """A convolution to a block of pixels at once, then depth to space.

    The kernel of the many is put together from the kernel of the one in every step:
    the variables are the plain convolution's.

    With `upsample`, nearest ×2, reflection padding and a 3×3: computed as a 2×2 on
    the small picture, with four ninths of the multiply-adds, to blocks of 2×2.
    Otherwise reflection padding and n×n, for layers with few channels to give, which
    leave most of a vector unit idle: in training computed as an (n + 3)×(n + 3) of
    stride 4, to blocks of 4×4; pictures' sides are multiples of 4.

    Args:
        filters: output channels.
        kernel_size: side of the square kernel, odd.
        upsample: whether height and width are doubled first; then `kernel_size` is 3.
    """

    def __init__(
        self, filters: int, kernel_size: int, upsample: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.upsample = upsample
        self.block = 2 if upsample else BLOCK
        self.rows = RESIZE_ROWS if upsample else block_rows(self.kernel_size[0])

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not self.upsample and not training:
            return self.plain(x)
        block, filters = self.block, self.filters
        window = self.rows.shape[1]
        rows = ops.convert_to_tensor(self.rows, self.compute_dtype)
        kernel = ops.cast(self.kernel, self.compute_dtype)
        kernel = ops.einsum("aiu,bjv,uvcd->ijcabd", rows, rows, kernel)
        kernel = ops.reshape(kernel, (window, window, -1, block * block * filters))
        if self.upsample:  # the large picture's mirrored border is the small one's edge
            x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
            x = ops.conv(x, kernel, data_format="channels_last")
        else:
            border = (window // 2 - 2,) * 2
            x = ops.pad(x, ((0, 0), border, border, (0, 0)), mode="reflect")
            x = ops.conv(x, kernel, strides=block, data_format="channels_last")
        x = x + ops.tile(ops.cast(self.bias, self.compute_dtype), block * block)
        x = depth_to_space(x, block)
        return without_border(x) if self.upsample else x

    def plain(self, x: Tensor) -> Tensor:
        """Return the plain convolution with reflection padding, for painting.

        TensorFlow takes minutes on a CPU for the blocks of a picture of 1024².
        """
        border = (self.kernel_size[0] // 2,) * 2
        x = ops.pad(x, ((0, 0), border, border, (0, 0)), mode="reflect")
        kernel = ops.cast(self.kernel, self.compute_dtype)
        x = ops.conv(x, kernel, data_format="channels_last")
        return x + ops.cast(self.bias, self.compute_dtype)

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, *size, _ = shape
        times = 2 if self.upsample else 1
        return (batch, *[n and n * times for n in size], self.filters)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        kept = ("name", "trainable", "dtype", "filters", "kernel_size")
        return {name: config[name] for name in kept} | {"upsample": self.upsample}


def depth_to_space(x: Tensor, block: int) -> Tensor:
    """Reshape (b, h, w, block · block · c) to (b, block · h, block · w, c)."""
    _, height, width, channels = ops.shape(x)
    x = ops.reshape(x, (-1, height, width, block, channels // block))
    x = ops.transpose(x, (0, 1, 3, 2, 4))
    return ops.reshape(x, (-1, block * height, block * width, channels // block**2))


def without_border(x: Tensor) -> Tensor:
    """Return x[:, 1:-1, 1:-1]; that slice's gradient is slow in TensorFlow on a CPU."""
    batch, height, width, channels = ops.shape(x)
    return ops.slice(x, (0, 1, 1, 0), (batch, height - 2, width - 2, channels))
