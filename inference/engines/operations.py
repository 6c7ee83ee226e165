"""The operations that `models.deploy.Deployment` draws a network with."""

import numpy as np

from fusion_style.models.rewrites import EPSILON


class OpenVINOOperations:
    """Nodes of an OpenVINO graph; (batch, channels, height, width)."""

    def __init__(self):
        import openvino.opset13

        self.nodes = openvino.opset13

    def constant(self, values):
        return self.nodes.constant(np.ascontiguousarray(values, np.float32))

    def per_channel(self, values):
        return self.constant(np.reshape(values, (1, -1, 1, 1)))

    def scale(self, x, offset, factor):
        offset, factor = (
            self.constant(v) if isinstance(v, float) else v for v in (offset, factor)
        )
        return self.nodes.multiply(self.nodes.subtract(x, offset), factor)

    def pad(self, x, before, after, mode):
        begin, end = (np.array([0, 0, n, n]) for n in (before, after))
        return self.nodes.pad(x, begin, end, "constant" if mode == "zero" else mode)

    def conv(self, x, kernel, bias, strides):
        kernel = self.constant(kernel.transpose(3, 2, 0, 1))
        x = self.nodes.convolution(x, kernel, [strides] * 2, [0, 0], [0, 0], [1, 1])
        return self.nodes.add(x, self.per_channel(bias))

    def relu(self, x):
        return self.nodes.relu(x)

    def tanh(self, x):
        return self.nodes.tanh(x)

    def add(self, x, y):
        return self.nodes.add(x, y)

    def concatenate(self, x, y):
        return self.nodes.concat([x, y], 1)

    def depth_to_space(self, x, block, crop):
        x = self.nodes.depth_to_space(x, "blocks_first", block)
        if not crop:
            return x
        return self.nodes.slice(x, [crop] * 2, [-crop] * 2, [1, 1], [2, 3])

    def moments(self, x):
        mean = self.nodes.reduce_mean(x, [0, 2, 3], True)
        difference = self.nodes.subtract(x, mean)
        squared = self.nodes.multiply(difference, difference)
        return mean, self.nodes.reduce_mean(squared, [0, 2, 3], True)

    def normalize(self, x, mean, variance, gamma, beta):
        deviation = self.nodes.sqrt(self.nodes.add(variance, self.constant(EPSILON)))
        factor = self.nodes.divide(self.per_channel(gamma), deviation)
        return self.nodes.add(self.scale(x, mean, factor), self.per_channel(beta))

    def picture(self, x):
        return self.nodes.transpose(x, [0, 2, 3, 1])

    def vector(self, xs):
        return self.nodes.concat([self.nodes.reshape(x, [-1], False) for x in xs], 0)


class KerasOperations:
    """keras.ops, on whichever backend Keras has; (batch, height, width, channels).

    Args:
        dtype: of the convolutions. What is not near one is scaled in float32.
    """

    def __init__(self, dtype):
        import keras

        self.ops, self.dtype = keras.ops, dtype

    def scale(self, x, offset, factor):
        return (x - offset) * factor

    def pad(self, x, before, after, mode):
        border = [before, after]
        # A border of one, mirrored with its edge, is the edge.
        mode = {"zero": "constant", "edge": "symmetric", "reflect": "reflect"}[mode]
        return self.ops.pad(x, [[0, 0], border, border, [0, 0]], mode)

    def conv(self, x, kernel, bias, strides):
        # The first one's input, in bfloat16, would have fewer levels than the photograph.
        dtype = "float32" if kernel.shape[2] == 3 else self.dtype
        x, kernel, bias = (self.ops.cast(v, dtype) for v in (x, kernel, bias))
        return self.ops.conv(x, kernel, strides, "valid", "channels_last") + bias

    def relu(self, x):
        return self.ops.relu(x)

    def tanh(self, x):
        return self.ops.tanh(self.ops.cast(x, "float32"))

    def add(self, x, y):
        return x + y

    def concatenate(self, x, y):
        return self.ops.concatenate([x, y], axis=-1)

    def depth_to_space(self, x, block, crop):
        (batch, height, width, _), channels = self.ops.shape(x), x.shape[-1] // block**2
        x = self.ops.reshape(x, (batch, height, width, block, block, channels))
        x = self.ops.transpose(x, (0, 1, 3, 2, 4, 5))
        x = self.ops.reshape(x, (batch, height * block, width * block, channels))
        return x[:, crop:-crop, crop:-crop] if crop else x

    def moments(self, x):
        return self.ops.moments(self.ops.cast(x, "float32"), (0, 1, 2), keepdims=True)

    def normalize(self, x, mean, variance, gamma, beta):
        gamma, beta = (self.ops.cast(v, "float32") for v in (gamma, beta))
        factor = gamma / self.ops.sqrt(variance + EPSILON)
        return self.scale(self.ops.cast(x, "float32"), mean, factor) + beta

    def picture(self, x):
        return x

    def vector(self, xs):
        return self.ops.concatenate([self.ops.reshape(x, (-1,)) for x in xs])
