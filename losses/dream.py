"""Activation maximization: what a layer, or one of its channels, would like to see.

Deep dream (Mordvintsev, Olah & Tyka 2015): a picture is changed until the mean
activation is large.
"""

from collections.abc import Collection, Mapping

import keras
from keras import ops

from fusion_style.losses.layers import layer_weights
from fusion_style.losses.terms import EPSILON, Tensor


class Dream:
    """Measure the mean activation of feature maps, or of single channels.

    Each is divided by its layer's deviation on the photograph, which lets one
    weight serve every layer. Several are averaged.

    Args:
        targets: "LAYER" or "LAYER:CHANNEL" each, with "=weight" if you like, or
            {target: weight}. The weights are scaled to sum to 1.

    Raises:
        ValueError: for a channel that is no number.
    """

    def __init__(self, targets: Mapping[str, float] | Collection[str]) -> None:
        self.targets = {
            parse(target): weight for target, weight in layer_weights(targets).items()
        }
        self.layers = tuple(dict.fromkeys(layer for layer, _ in self.targets))

    def check(self, network: keras.Model) -> None:
        """Complain of channels that the loss network's layers do not have.

        Args:
            network: from pictures to {layer: features}.

        Raises:
            ValueError: for such a channel.
        """
        for layer, channel in self.targets:
            channels = network.output[layer].shape[-1]
            if channel is not None and channel >= channels:
                raise ValueError(
                    f"{layer} has the channels 0 to {channels - 1}. Received: "
                    f"{layer}:{channel}"
                )

    def scales(self, photograph_features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return {layer: deviation of the photograph's features}, float32 scalars."""
        return {
            layer: ops.std(ops.cast(photograph_features[layer], "float32")) + EPSILON
            for layer in self.layers
        }

    def activation(
        self, features: Mapping[str, Tensor], scales: Mapping[str, Tensor]
    ) -> Tensor:
        """Return the weighted mean activation, in the layers' deviations.

        Args:
            features: {layer: (batch, height, width, channels)}.
            scales: what `scales` returned for the photograph.

        Returns:
            (batch,).
        """
        term = 0.0
        for (layer, channel), weight in self.targets.items():
            activation = ops.cast(features[layer], "float32")
            if channel is not None:
                activation = activation[..., channel : channel + 1]
            term += weight * ops.mean(activation, axis=(1, 2, 3)) / scales[layer]
        return term


def parse(target: str) -> tuple[str, int | None]:
    """Return ("relu3_1", 12) of "relu3_1:12"; None for the channel where there is none.

    Raises:
        ValueError: for a channel that is no number.
    """
    layer, colon, channel = target.partition(":")
    if not colon:
        return layer, None
    if not channel.isdecimal():
        raise ValueError(f"A dream is LAYER or LAYER:CHANNEL. Received: {target!r}")
    return layer, int(channel)
