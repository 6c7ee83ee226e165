"""Networks and blocks as Keras models, to be trained: the builder that makes layers.

All networks take and return float32 RGB pictures, (batch, height, width, 3), with values
in 0-255, of any height and width from one pixel up.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import keras

from fusion_style.models.blocks import Drawing, fusion_block, residual_block
from fusion_style.models.config import HALF, PICTURE, NetworkConfig
from fusion_style.models.graph import blocks_pay, border
from fusion_style.models.graph_builder import build_graph, scaled_channels
from fusion_style.models.keras_layers import (
    CropLike,
    InputNormalization,
    MirrorToMultiple,
    ReflectionPadding,
    Tensor,
    UnsaturatedTanh,
    normalization,
    register,
)
from fusion_style.models.networks import network
from fusion_style.models.subpixel import SubPixelConv2D


class KerasBuilder:
    """The builder (`models.blocks.Builder`) whose tensors are Keras's.

    Args:
        config: which norm, how to upsample, how wide.
        plain: draw the layers that the papers draw, in place of `SubPixelConv2D`.
    """

    def __init__(self, config: NetworkConfig, plain: bool = False) -> None:
        self.config, self.plain = config, plain

    def channels(self, count: int) -> int:
        """Return the paper's number of channels times the network's width, even."""
        return scaled_channels(count, self.config.width)

    def conv(
        self, x: Tensor, filters: int, kernel: int, stride: int = 1, relu: bool = True,
        *, name: str,
    ) -> Tensor:  # fmt: skip
        """Add reflection padding, a convolution, its norm, its ReLU."""
        if blocks_pay(kernel, filters, stride) and not self.plain:
            x = SubPixelConv2D(filters, kernel, name=name)(x)
        else:
            if mirrored := border(kernel, stride):
                x = ReflectionPadding(mirrored, name=f"{name}_pad")(x)
            x = keras.layers.Conv2D(filters, kernel, stride, name=name)(x)
        return self.after(x, relu, name)

    def up(
        self, x: Tensor, filters: int, kernel: int, relu: bool = True, *, name: str
    ) -> Tensor:
        """Add what doubles height and width: nearest and a convolution, or transposed."""
        if self.config.upsample == "deconv":
            conv = keras.layers.Conv2DTranspose(filters, kernel, 2, "same", name=name)
            return self.after(conv(x), relu, name)
        if self.plain:
            x = keras.layers.UpSampling2D(2, name=f"{name}_nearest")(x)
            return self.conv(x, filters, kernel, relu=relu, name=name)
        x = SubPixelConv2D(filters, kernel, upsample=True, name=name)(x)
        return self.after(x, relu, name)

    def after(self, x: Tensor, relu: bool, name: str) -> Tensor:
        """Add what follows a convolution: its norm, and a ReLU if `relu`."""
        x = normalization(self.config.norm, name=f"{name}_norm")(x)
        return keras.layers.ReLU(name=f"{name}_relu")(x) if relu else x

    def add(self, x: Tensor, y: Tensor, *, name: str) -> Tensor:
        """Add the layer that adds both."""
        return keras.layers.Add(name=name)([x, y])

    def concatenate(self, x: Tensor, y: Tensor, *, name: str) -> Tensor:
        """Add the layer that joins both along the channels."""
        return keras.layers.Concatenate(name=name)([x, y])

    def block(self, function: Drawing, x: Tensor, *, name: str) -> Tensor:
        """Add a block, a model of its own."""
        if function in BLOCKS and not self.plain:
            return BLOCKS[function](x.shape[-1], self.config, name=name)(x)
        return Block(function, x.shape[-1], self.config, self.plain, name=name)(x)


class Block(keras.Model):
    """A block of `models.blocks`, drawn in a functional model.

    Args:
        function: of a builder and a tensor.
        channels: of what goes in.
        config: what the network around it is told.
        plain: see `KerasBuilder`.
    """

    def __init__(
        self, function: Drawing, channels: int, config: NetworkConfig,
        plain: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        inputs = keras.Input((None, None, channels))
        outputs = function(KerasBuilder(config, plain), inputs)
        super().__init__(inputs, outputs, **kwargs)
        self.in_channels, self.config = channels, config


class NamedBlock(Block):
    """A block whose class says what it is, so that Keras can save it by itself."""

    function: ClassVar[Drawing]

    def __init__(
        self, channels: int, config: NetworkConfig | None = None, **kwargs: Any
    ) -> None:
        super().__init__(type(self).function, channels, config or NetworkConfig(), **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = dataclasses.asdict(self.config)
        return {"name": self.name, "channels": self.in_channels, "config": config}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "NamedBlock":
        return cls(**config | {"config": NetworkConfig(**config["config"])})


@register
class ResidualBlock(NamedBlock):
    """He et al. 2016's block as Johnson et al. 2016 use it: `models.blocks`."""

    function = residual_block.function


@register
class FusionBlock(NamedBlock):
    """The Fusion module of Qiu & Huang 2017: `models.blocks`."""

    function = fusion_block.function


BLOCKS = {block.function: block for block in (ResidualBlock, FusionBlock)}


@register
class ImageTransformationNetwork(keras.Model):
    """A network of `models.networks` between both ends: a photograph in, a painting out.

    Args:
        config: which one, and what it is told.
        plain: see `KerasBuilder`.

    Raises:
        ValueError: for an unknown network or norm.
    """

    network = ""  # of a subclass that names one

    def __init__(
        self, config: NetworkConfig | None = None, plain: bool = False, **kwargs: Any
    ) -> None:
        config = config or NetworkConfig()
        if self.network:
            config = dataclasses.replace(config, network=self.network)
        graph = build_graph(config)
        photograph = keras.Input((None, None, PICTURE), dtype="float32", name="photograph")
        if config.input_norm:
            ready = InputNormalization(dtype="float32", name="input_norm")
        else:
            ready = keras.layers.Rescaling(
                1 / HALF, -1, dtype="float32", name="input_scale"
            )
        mirror = MirrorToMultiple(
            graph.multiple, graph.smallest, dtype="float32", name="mirror"
        )
        x = mirror(ready(photograph))
        x = network(config.network)(KerasBuilder(config, plain), x)
        # A scaled tanh keeps the output in 0-255 (Johnson et al. 2016).
        x = UnsaturatedTanh(dtype="float32", name="tanh")(x)
        x = keras.layers.Rescaling(HALF, HALF, dtype="float32", name="output")(x)
        painted = CropLike(dtype="float32", name="painted")([x, photograph])

        super().__init__(photograph, painted, **kwargs)
        self.config = config

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **dataclasses.asdict(self.config)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "ImageTransformationNetwork":
        options = {key: value for key, value in config.items() if key != "name"}
        return cls(NetworkConfig(**options), name=config.get("name"))


@register
class FusionNetwork(ImageTransformationNetwork):
    """Qiu & Huang 2017, Fig. 5 (b): five Fusion modules."""

    network = "fusion"


@register
class JohnsonNetwork(ImageTransformationNetwork):
    """Johnson et al. 2016; Qiu & Huang 2017, Fig. 5 (a): five residual blocks."""

    network = "johnson"


@register
class InceptionNetwork(ImageTransformationNetwork):
    """FastChi: Johnson's network, every convolution an inception bottleneck."""

    network = "inception"


CLASSES = {
    model.network: model for model in (FusionNetwork, JohnsonNetwork, InceptionNetwork)
}


def build_network(
    config: NetworkConfig | None = None, **options: Any
) -> ImageTransformationNetwork:
    """Return an untrained network; options replace those of the config.

    Raises:
        ValueError: for an unknown network, norm or upsampling.
    """
    config = dataclasses.replace(config or NetworkConfig(), **options)
    return CLASSES.get(config.network, ImageTransformationNetwork)(config)


def named_layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Yield ("block1/reduce", layer): the layers with weights, by their names in a file."""
    for layer in model.layers:
        name = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from named_layers(layer, f"{name}/")
        elif layer.weights:
            yield name, layer
