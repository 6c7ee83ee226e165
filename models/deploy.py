"""The same function with fewer operations, for painting rather than for training.

Reads the weights out of a style file and rewrites them; needs neither Keras nor a
backend. What is rewritten, exactly but for rounding:

- a norm folds into the convolution before it: batch norm at once, instance norm when
  its statistics are known (`Deployment.frozen`);
- what is fixed of the input's scaling folds into the first convolution;
- an upsampling layer becomes a 2×2 convolution to four times the channels, then
  depth to space (Shi et al. 2016's sub-pixel convolution);
- the last 9×9, to three channels, which leave most of a vector unit idle, computes
  4×4 pixels at once: a 12×12 convolution of stride 4 to 48 channels, then depth to
  space.

An engine brings the operations: an object with
    scale(x, offset, factor)        (x - offset) * factor, per channel
    pad(x, before, after, mode)     rows and columns; mode reflect, edge or zero
    conv(x, kernel, bias, strides)  no padding; kernel (height, width, in, out)
    relu(x), tanh(x), add(x, y), concatenate(x, y)
    depth_to_space(x, block, crop)  then cuts `crop` rows and columns at each border
    moments(x)                      (mean, variance) of each channel over the batch
    normalize(x, mean, variance, gamma, beta)
    picture(x)                      the output: (batch, height, width, 3)
    vector(xs)                      the output: all values of several tensors, flat
"""

import copy

import numpy as np

from fusion_style.models.rewrites import (
    blocked,
    fold_norm,
    sub_pixel_deconv,
    sub_pixel_resize,
)
from fusion_style.models.style_file import DAMAGE, damaged, read_config, read_layers

LIMIT = 1.1  # of fusion_style.models.ends.InputNormalization


class Deployment:
    """A trained network, ready for an engine to draw.

    Args:
        path: of a style file.

    Attributes:
        input_norm: whether the photograph's statistics matter; if not, the input's
            scaling is in the first convolution.
        norms: {layer: (gamma, beta)} of the instance norms whose statistics are not
            frozen; while there are any, the network sees the whole picture at once.
        halo: without such norms, how far away the pixels are that a pixel's color
            depends on: the radius of each kernel times the stride that it works at;
            rounded up to 4.

    Raises:
        StyleFileError: if the file is no style.
    """

    #      conv1   conv2   conv3   10 in the blocks   up1     up2     conv4
    reach = 4 * 1 + 1 * 1 + 1 * 2 + 10 * 1 * 4 + 1 * 4 + 1 * 2 + 4 * 1
    halo = -(-reach // 4) * 4

    def __init__(self, path):
        config, variables = read_config(path), read_layers(path)
        try:
            self.read(config, variables)
        except DAMAGE as error:
            raise damaged(path, error) from error

    def read(self, config, variables):
        """Takes what `models.style_file` finds in a style file."""
        self.network, self.options = config["class_name"], config["config"]
        self.input_norm = self.options["input_norm"]
        self.layers, self.norms, statistics = {}, {}, {}
        for name in variables:
            if not name.endswith("_norm"):
                self.layers[name] = self.rewritten(name, *variables[name])
                norm = variables[f"{name}_norm"]
                self.norms[name], statistics[name] = norm[:2], norm[2:]
        if self.options["norm"] == "batch":
            self.fold(statistics)

    def rewritten(self, name, kernel, bias):
        """A layer's kernel and bias, for the operations that `one_conv` draws."""
        if name in ("up1", "up2"):
            up = {"resize": sub_pixel_resize, "deconv": sub_pixel_deconv}
            return up[self.options["upsample"]](kernel), np.tile(bias, 4)
        if name == "conv4":
            return blocked(kernel), np.tile(bias, 16)
        if name == self.first:
            if self.input_norm:
                return kernel * LIMIT, bias
            return kernel / 127.5, bias - kernel.sum(axis=(0, 1, 2))
        return kernel, bias

    @property
    def first(self):
        """The name of the first convolution."""
        return "conv1_shrink" if self.network == "InceptionNetwork" else "conv1"

    def fold(self, statistics):
        """Folds the norms into the convolutions before them.

        Args:
            statistics: {layer: (mean, variance)} of what goes into each norm.
        """
        for name, moments in statistics.items():
            kernel, bias = self.layers[name]
            times = len(bias) // len(moments[0])  # blocks of pixels share a norm
            norm = [np.tile(v, times) for v in (*self.norms[name], *moments)]
            self.layers[name] = fold_norm(kernel, bias, *norm)
        self.norms = {}

    def frozen(self, statistics):
        """The same network with the statistics of its instance norms held fast.

        What Chen et al. 2022 do with a thumbnail's: the network becomes local.

        Args:
            statistics: the vector that an engine computed from `measure`.

        Returns:
            A `Deployment`.
        """
        other = copy.copy(self)
        other.layers = dict(self.layers)
        channels = [len(gamma) for gamma, _ in self.norms.values()]
        rows = np.split(statistics, np.cumsum([c for n in channels for c in (n, n)])[:-1])
        moments = zip(rows[::2], rows[1::2], strict=True)
        other.fold(dict(zip(self.norms, moments, strict=True)))
        return other

    def draw(self, ops, x, mean=None, factor=None):
        """The painted picture, drawn with an engine's operations.

        Args:
            ops: what the module's docstring says.
            x: (1, height, width, 3), 0-255, in the engine's terms.
            mean, factor: of the photograph's channels, if `input_norm`: the mean and
                one over the deviation.

        Returns:
            (1, height, width, 3), 0-255, in the engine's terms.
        """
        return ops.picture(Drawing(self, ops).network(x, mean, factor))

    def measure(self, ops, x, mean=None, factor=None):
        """What the instance norms see, drawn: the vector that `frozen` takes.

        Takes what `draw` does; x may be several pictures, which count as one.
        """
        drawing = Drawing(self, ops)
        drawing.network(x, mean, factor)
        return ops.vector([moment for name in self.norms for moment in drawing.seen[name]])


class Drawing:
    """A deployment's network, drawn once with an engine's operations.

    Attributes:
        seen: {layer: (mean, variance)} of what went into the instance norms.
    """

    def __init__(self, deployment, ops):
        self.deployment, self.ops, self.seen = deployment, ops, {}

    def network(self, x, mean, factor):
        """The network, from the photograph to 0-255; as `models.transformer` draws it."""
        ops = self.ops
        if self.deployment.input_norm:
            x = ops.scale(ops.scale(x, mean, factor), 0.0, 1 / LIMIT)
            x = ops.tanh(x)  # times LIMIT, which is in the first convolution
        x = self.conv(x, "conv1")
        x = self.conv(x, "conv2", strides=2)
        x = self.conv(x, "conv3", strides=2)
        for i in range(1, 6):
            x = self.block(x, f"block{i}")
        x = self.conv(x, "up1")
        x = self.conv(x, "up2")
        x = self.conv(x, "conv4", relu=False)
        return ops.scale(ops.tanh(x), -1.0, 127.5)

    def block(self, x, name):
        """A Fusion module or a residual block."""
        if self.deployment.network != "FusionNetwork":
            return self.residual(x, name)
        reduced = self.conv(x, f"{name}/reduce", relu=False)
        pointwise = self.conv(reduced, f"{name}/pointwise")
        residual = self.residual(reduced, f"{name}/residual")
        return self.ops.concatenate(pointwise, residual)

    def residual(self, x, name):
        """Two 3×3 convolutions and the sum with what went in."""
        inner = self.conv(x, f"{name}/conv1")
        return self.ops.add(x, self.conv(inner, f"{name}/conv2", relu=False))

    def conv(self, x, name, strides=1, relu=True):
        """A convolution with its norm and ReLU, or the three of an inception bottleneck."""
        if f"{name}_shrink" not in self.deployment.layers:
            return self.one_conv(x, name, strides, relu)
        x = self.one_conv(x, f"{name}_shrink", relu=False)
        x = self.one_conv(x, name, strides)
        return self.one_conv(x, f"{name}_restore", relu=relu)

    def one_conv(self, x, name, strides=1, relu=True):
        """A convolution, rewritten, with its padding, norm and ReLU."""
        ops, norms = self.ops, self.deployment.norms
        kernel, bias = self.deployment.layers[name]
        if name == "conv4":
            x = ops.conv(ops.pad(x, 4, 4, "reflect"), kernel, bias, 4)
            x = ops.depth_to_space(x, 4, 0)
        elif name in ("up1", "up2") and self.deployment.options["upsample"] == "resize":
            x = ops.conv(ops.pad(x, 1, 1, "edge"), kernel, bias, 1)
            x = ops.depth_to_space(x, 2, 1)
        elif name in ("up1", "up2"):
            x = ops.conv(ops.pad(x, 1, 0, "zero"), kernel, bias, 1)
            x = ops.depth_to_space(x, 2, 0)
        else:
            border = kernel.shape[0] // 2
            if border:
                x = ops.pad(x, border, border, "reflect")
            x = ops.conv(x, kernel, bias, strides)
        if name in norms:
            self.seen[name] = ops.moments(x)
            x = ops.normalize(x, *self.seen[name], *norms[name])
        return ops.relu(x) if relu else x
