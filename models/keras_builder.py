"""Networks as Keras models, for training.

All networks take and return float32 RGB pictures, (batch, height, width, 3), 0-255, of any
height and width from one pixel.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import keras

from fusion_style.models.config import HALF, PICTURE, NetworkConfig
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.keras_blocks import KerasBuilder
from fusion_style.models.keras_layers import (
    CropLike,
    InputNormalization,
    MirrorToMultiple,
    UnsaturatedTanh,
    register,
)
from fusion_style.models.networks import network


@register
class ImageTransformationNetwork(keras.Model):
    """A network of `models.networks`, with the layers before and after it.

    It takes photographs and returns painted pictures.

    Args:
        config: the settings. With several conditions, the model takes [photographs,
            weights]; the weights of the rows of γ and β are float32 (batch, conditions).
        plain: see `KerasBuilder`.

    Raises:
        ValueError: for an unknown network or norm.
    """

    network = ""  # subclasses for one network name it here

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
        builder = KerasBuilder(config, plain)
        x = network(config.network)(builder, x)
        # A scaled tanh keeps the output in 0-255 (Johnson et al. 2016).
        x = UnsaturatedTanh(dtype="float32", name="tanh")(x)
        x = keras.layers.Rescaling(HALF, HALF, dtype="float32", name="output")(x)
        painted = CropLike(dtype="float32", name="painted")([x, photograph])

        super().__init__(builder.told(photograph), painted, **kwargs)
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
    """FastChi: Johnson's network, with a bottleneck in place of every convolution."""

    network = "inception"


CLASSES = {
    model.network: model for model in (FusionNetwork, JohnsonNetwork, InceptionNetwork)
}


def build_network(
    config: NetworkConfig | None = None, **options: Any
) -> ImageTransformationNetwork:
    """Return an untrained network.

    Args:
        config: the settings; by default those of `NetworkConfig()`.
        options: settings that replace those of `config`.

    Raises:
        ValueError: for an unknown network, norm or upsampling.
    """
    config = dataclasses.replace(config or NetworkConfig(), **options)
    return CLASSES.get(config.network, ImageTransformationNetwork)(config)


def named_layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Yield (name, layer) of layers with weights, named as in files: "block1/reduce"."""
    for layer in model.layers:
        name = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from named_layers(layer, f"{name}/")
        elif layer.weights:
            yield name, layer
