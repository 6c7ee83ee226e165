"""The builder that makes Keras layers, and the blocks, which are Keras models."""

import dataclasses
from typing import Any, ClassVar

import keras

from fusion_style.models.blocks import Drawing, fusion_block, residual_block
from fusion_style.models.config import NetworkConfig
from fusion_style.models.graph import blocks_pay, border
from fusion_style.models.graph_builder import scaled_channels
from fusion_style.models.keras_layers import ReflectionPadding, Tensor, register
from fusion_style.models.keras_norms import normalization
from fusion_style.models.subpixel import SubPixelConv2D


class KerasBuilder:
    """The builder (`models.blocks.Builder`) whose tensors are Keras's.

    Args:
        config: the settings of the network.
        plain: draw the layers of the papers, instead of `SubPixelConv2D`.

    Attributes:
        weights: an input (batch, conditions), which weighs the rows of γ and β; None for
            one row.
    """

    def __init__(self, config: NetworkConfig, plain: bool = False) -> None:
        self.config, self.plain, self.weights = config, plain, None
        if config.conditions > 1:
            shape = (config.conditions,)
            self.weights = keras.Input(shape, dtype="float32", name="weights")

    def told(self, x: Tensor) -> Any:
        """Return the input of a norm or a block: x, or [x, weights of the rows]."""
        return x if self.weights is None else [x, self.weights]

    def channels(self, count: int) -> int:
        """Return the paper's number of channels times the network's width; it is even."""
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
        self, x: Tensor, filters: int, kernel: int, times: int = 2, relu: bool = True, *,
        name: str,
    ) -> Tensor:  # fmt: skip
        """Add what makes x `times` as large: nearest and a convolution, or transposed."""
        if self.config.upsample == "deconv":
            conv = keras.layers.Conv2DTranspose(filters, kernel, times, "same", name=name)
            return self.after(conv(x), relu, name)
        if self.plain:
            x = keras.layers.UpSampling2D(times, name=f"{name}_nearest")(x)
            return self.conv(x, filters, kernel, relu=relu, name=name)
        x = SubPixelConv2D(filters, kernel, times, name=name)(x)
        return self.after(x, relu, name)

    def after(self, x: Tensor, relu: bool, name: str) -> Tensor:
        """Add the norm after a convolution, and a ReLU if `relu`."""
        norm = normalization(self.config.norm, f"{name}_norm", self.config.conditions)
        x = norm(self.told(x))
        return keras.layers.ReLU(name=f"{name}_relu")(x) if relu else x

    def add(self, x: Tensor, y: Tensor, *, name: str) -> Tensor:
        """Add a layer for the sum of both."""
        return keras.layers.Add(name=name)([x, y])

    def concatenate(self, x: Tensor, y: Tensor, *, name: str) -> Tensor:
        """Add a layer that concatenates both along the channels."""
        return keras.layers.Concatenate(name=name)([x, y])

    def block(self, function: Drawing, x: Tensor, *, name: str) -> Tensor:
        """Add a block, which is a Keras model of its own."""
        if function in BLOCKS and not self.plain:
            block = BLOCKS[function](x.shape[-1], self.config, name=name)
        else:
            block = Block(function, x.shape[-1], self.config, self.plain, name=name)
        return block(self.told(x))


class Block(keras.Model):
    """A block of `models.blocks`, as a functional model.

    Args:
        function: draws the block on a builder, from a tensor.
        channels: number of channels of the input.
        config: the settings of the network.
        plain: see `KerasBuilder`.
    """

    def __init__(
        self, function: Drawing, channels: int, config: NetworkConfig,
        plain: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        builder, x = KerasBuilder(config, plain), keras.Input((None, None, channels))
        outputs = function(builder, x)
        super().__init__(builder.told(x), outputs, **kwargs)
        self.in_channels, self.config = channels, config


class NamedBlock(Block):
    """A block with a class of its own, so that Keras can save it separately."""

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
    """The residual block of He et al. 2016 and Johnson et al. 2016; see `models.blocks`."""

    function = residual_block.function


@register
class FusionBlock(NamedBlock):
    """The Fusion module of Qiu & Huang 2017; see `models.blocks`."""

    function = fusion_block.function


BLOCKS = {block.function: block for block in (ResidualBlock, FusionBlock)}
