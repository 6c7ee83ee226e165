"""What stands at both ends of a network: the photograph made ready, the painting whole.

Shapes are (batch, height, width, channels) throughout, sizes unknown until a
picture comes.
"""

import keras
from keras import ops

from fusion_style.models.layers import register


@register
class InputNormalization(keras.layers.Layer):
    """Brings each channel of each picture to mean 0 and standard deviation 1, bounded.

    Takes pictures with values in 0-255. With batch norm in the network this is
    what keeps flat regions from collapsing to one color, and it is the only
    statistic of the whole picture that such a network uses.

    Values then go through limit · tanh(x / limit), and the limit is closer in
    painting than it was in training: at the far end of what a network was trained
    on, bright regions turn into white blobs.
    """

    # A flat channel has no deviation to divide by: what varies by less than
    # about two gray levels of 255 is noise and must not be blown up.
    floor = 2.0
    training_limit, limit = 1.5, 1.1

    def call(self, x, training=False):
        limit = self.training_limit if training else self.limit
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=(1, 2), keepdims=True)
        normalized = (x - mean) / ops.sqrt(variance + self.floor**2)
        return limit * ops.tanh(normalized / limit)

    def compute_output_shape(self, shape):
        return shape


@register
class MirrorToMultiple(keras.layers.Layer):
    """Extends a picture of any size, by mirroring, to one that the network takes.

    Height and width grow at the bottom and the right to the next multiple of
    `multiple`, and to at least `minimum`, so that every reflection inside the
    network has pixels to mirror. A side shorter than the extension is mirrored
    back and forth; a side of one pixel is repeated.
    """

    def __init__(self, multiple=4, minimum=8, **kwargs):
        super().__init__(**kwargs)
        self.multiple, self.minimum = multiple, minimum

    def call(self, x):
        for axis in (1, 2):
            n = ops.shape(x)[axis]
            maximum = max if isinstance(n, int) else ops.maximum  # static for JAX
            extended = maximum(-(-n // self.multiple) * self.multiple, self.minimum)
            # 0 1 2 3 | 2 1 0 1 2 …: a triangle wave of period 2 (n - 1)
            last = ops.maximum(n - 1, 1)
            wave = ops.arange(extended) % (2 * last)
            index = ops.minimum(last - ops.abs(last - wave), n - 1)
            x = ops.take(x, index, axis=axis)
        return x

    def compute_output_shape(self, shape):
        batch, *size, channels = shape
        size = [
            n and max(-(-n // self.multiple) * self.multiple, self.minimum) for n in size
        ]
        return (batch, *size, channels)

    def get_config(self):
        config = {"multiple": self.multiple, "minimum": self.minimum}
        return {**super().get_config(), **config}


@register
class UnsaturatedTanh(keras.layers.Layer):
    """tanh, with a gradient of at least `LEAK`: 1 - tanh² + `LEAK`.

    A departure from Johnson et al. 2016: where their tanh is saturated, no loss could
    bring the brightest places back from pure white.
    """

    LEAK = 0.2

    def call(self, x):
        return ops.tanh(x) + self.LEAK * (x - ops.stop_gradient(x))


@register
class CropLike(keras.layers.Layer):
    """Cuts the first input to the height and width of the second."""

    def call(self, inputs):
        x, like = inputs
        height, width = ops.shape(like)[1:3]
        return x[:, :height, :width]

    def compute_output_shape(self, shapes):
        (batch, _, _, channels), like = shapes
        return (batch, *like[1:3], channels)
