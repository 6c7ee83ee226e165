"""The same function with fewer operations, for painting rather than for training.

Reads the weights out of a style file and rewrites them; needs neither Keras nor a
backend. What is rewritten, exactly but for rounding:

- a norm folds into the convolution before it;
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
"""

import io
import json
import zipfile

import h5py
import numpy as np

from models.checkpoint import StyleFileError, read_recipe

EPSILON = 1e-5  # of the norms in models.layers
LIMIT = 1.1  # of models.layers.InputNormalization


def read_config(path):
    """The Keras configuration of the network in a style file.

    Raises:
        StyleFileError: if the file is no style.
    """
    read_recipe(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    except (KeyError, json.JSONDecodeError) as error:
        raise StyleFileError(f"{path} is a damaged style file: {error}") from error


def read_layers(path):
    """{"block1/reduce": [kernel, bias], …}: the variables of a style file's layers.

    Raises:
        StyleFileError: if the file is damaged.
    """
    found = {}

    def walk(group, place):
        for part in group.get("layers", {}).values():
            name = f"{place}{part['vars'].attrs['name']}"
            variables = [part["vars"][i][()] for i in sorted(part["vars"], key=int)]
            if variables:
                found[name] = variables
            walk(part, f"{name}/")

    try:
        with zipfile.ZipFile(path) as archive:
            weights = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(weights) as file:
            walk(file, "")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise StyleFileError(f"{path} is a damaged style file: {error}") from error
    return found


def fold_norm(kernel, bias, gamma, beta, mean, variance):
    """The convolution that does what convolution and batch norm did."""
    factor = gamma / np.sqrt(variance + EPSILON)
    return kernel * factor, (bias - mean) * factor + beta


def sub_pixel_resize(kernel):
    """Nearest ×2 and 3×3 as one 2×2 kernel, (2, 2, in, 4 · out).

    The kernel's rows 0, 1, 2 see, for output row 2p - 1, the input rows p - 1,
    p - 1, p; for output row 2p, the input rows p - 1, p, p. So a window over p - 1
    and p gives both output rows.
    """
    rows = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]], kernel.dtype)
    phases = np.einsum("aiu,bjv,uvcd->ijcabd", rows, rows, kernel)
    return phases.reshape(2, 2, kernel.shape[2], -1)


def sub_pixel_deconv(kernel):
    """A transposed 3×3 of stride 2 as one 2×2 kernel, (2, 2, in, 4 · out).

    Output row 2p is k0 of row p and k2 of row p - 1; row 2p + 1 is k1 of row p.
    """
    rows = np.array([[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 1, 0]]], kernel.dtype)
    phases = np.einsum("aiu,bjv,uvdc->ijcabd", rows, rows, kernel)
    return phases.reshape(2, 2, kernel.shape[3], -1)


def blocked(kernel, block=4):
    """An n×n kernel that computes block × block pixels: (n + block - 1)², stride block."""
    n, _, channels, filters = kernel.shape
    side = n + block - 1
    wide = np.zeros((side, side, channels, block, block, filters), kernel.dtype)
    for a in range(block):
        for b in range(block):
            wide[a : a + n, b : b + n, :, a, b] = kernel
    return wide.reshape(side, side, channels, -1)


class Deployment:
    """A trained network, ready for an engine to draw.

    Args:
        path: of a style file.

    Attributes:
        input_norm: whether `draw` takes the photograph's statistics; if not, the
            input's scaling is in the first convolution.
        halo: how far away the pixels are that a pixel's colour depends on: the
            radius of each kernel times the stride that it works at; rounded up to 4.

    Raises:
        StyleFileError: if the file is no style.
    """

    #      conv1   conv2   conv3   10 in the blocks   up1     up2     conv4
    reach = 4 * 1 + 1 * 1 + 1 * 2 + 10 * 1 * 4 + 1 * 4 + 1 * 2 + 4 * 1
    halo = -(-reach // 4) * 4

    @staticmethod
    def suits(path):
        """Whether the network in a style file can be deployed: it has batch norm.

        Instance norm's statistics are not known before the photograph is.

        Raises:
            StyleFileError: if the file is no style.
        """
        return read_config(path)["config"].get("norm") == "batch"

    def __init__(self, path):
        config = read_config(path)
        self.network, self.options = config["class_name"], config["config"]
        layers = read_layers(path)
        self.input_norm = self.options["input_norm"]
        self.layers = {}
        for name, variables in layers.items():
            if not name.endswith("_norm"):
                kernel, bias = (v.astype(np.float64) for v in variables)
                if name.startswith("up") and name.count("_") == 0:
                    up = {"resize": sub_pixel_resize, "deconv": sub_pixel_deconv}
                    kernel, bias = up[self.options["upsample"]](kernel), np.tile(bias, 4)
                elif name == "conv4":
                    kernel, bias = blocked(kernel), np.tile(bias, 16)
                norm = [v.astype(np.float64) for v in layers[f"{name}_norm"]]
                norm = [np.tile(v, len(bias) // len(v)) for v in norm]
                self.layers[name] = fold_norm(kernel, bias, *norm)
        first = "conv1_shrink" if "conv1_shrink" in self.layers else "conv1"
        kernel, bias = self.layers[first]
        if self.input_norm:
            self.layers[first] = kernel * LIMIT, bias
        else:
            self.layers[first] = kernel / 127.5, bias - kernel.sum(axis=(0, 1, 2))
        self.layers = {
            name: tuple(v.astype(np.float32) for v in variables)
            for name, variables in self.layers.items()
        }

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
        if self.input_norm:
            x = ops.scale(ops.scale(x, mean, factor), 0.0, 1 / LIMIT)
            x = ops.tanh(x)  # times LIMIT, which is in the first convolution
        x = self.conv(ops, x, "conv1")
        x = self.conv(ops, x, "conv2", strides=2)
        x = self.conv(ops, x, "conv3", strides=2)
        for i in range(1, 6):
            x = self.block(ops, x, f"block{i}")
        x = self.conv(ops, x, "up1")
        x = self.conv(ops, x, "up2")
        x = self.conv(ops, x, "conv4", relu=False)
        return ops.scale(ops.tanh(x), -1.0, 127.5)

    def block(self, ops, x, name):
        if self.network != "FusionNetwork":
            return self.residual(ops, x, name)
        reduced = self.conv(ops, x, f"{name}/reduce")
        pointwise = self.conv(ops, reduced, f"{name}/pointwise")
        residual = self.residual(ops, reduced, f"{name}/residual")
        return ops.concatenate(pointwise, residual)

    def residual(self, ops, x, name):
        inner = self.conv(ops, x, f"{name}/conv1")
        return ops.add(x, self.conv(ops, inner, f"{name}/conv2", relu=False))

    def conv(self, ops, x, name, strides=1, relu=True):
        if f"{name}_shrink" not in self.layers:
            return self.one_conv(ops, x, name, strides, relu)
        x = self.one_conv(ops, x, f"{name}_shrink", relu=False)
        x = self.one_conv(ops, x, name, strides)
        return self.one_conv(ops, x, f"{name}_restore", relu=relu)

    def one_conv(self, ops, x, name, strides=1, relu=True):
        kernel, bias = self.layers[name]
        if name == "conv4":
            x = ops.conv(ops.pad(x, 4, 4, "reflect"), kernel, bias, 4)
            x = ops.depth_to_space(x, 4, 0)
        elif name in ("up1", "up2") and self.options["upsample"] == "resize":
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
        return ops.relu(x) if relu else x
