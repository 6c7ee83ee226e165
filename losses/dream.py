"""Activation maximization: how active a picture makes a layer, or one of its channels.

In deep dream (Mordvintsev, Olah & Tyka 2015), a picture is changed until the mean
activation is large.
"""

from collections.abc import Collection, Mapping

import keras
from keras import ops

from fusion_style.losses.layers import layer_weights
from fusion_style.losses.terms import EPSILON, Tensor


class Dream:
    """Measure the mean activation of feature maps, or of single channels.

    Each activation is divided by the standard deviation of its layer on the photograph, so
    that one weight fits every layer. Several activations are averaged.

    Args:
        targets: a list of "LAYER" or "LAYER:CHANNEL", each may end in "=weight"; or
            {target: weight}. The weights are scaled to sum to 1.

    Raises:
        ValueError: for a channel that is not a number.
    """

    def __init__(self, targets: Mapping[str, float] | Collection[str]) -> None:
        self.targets = {
            parse(target): weight for target, weight in layer_weights(targets).items()
        }
        self.layers = tuple(dict.fromkeys(layer for layer, _ in self.targets))

    def check(self, network: keras.Model) -> None:
        """Check that the loss network has the channels of the targets.

        Args:
            network: from pictures to {layer: features}.

        Raises:
            ValueError: if it does not have one of them.
        """
        for layer, channel in self.targets:
            channels = network.output[layer].shape[-1]
            if channel is not None and channel >= channels:
                raise ValueError(
                    f"{layer} has the channels 0 to {channels - 1}. Received: "
                    f"{layer}:{channel}"
                )

    def scales(self, photograph_features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return {layer: standard deviation of the photograph's features}, scalars."""
        return {
            layer: ops.std(ops.cast(photograph_features[layer], "float32")) + EPSILON
            for layer in self.layers
        }

    def activation(
        self, features: Mapping[str, Tensor], scales: Mapping[str, Tensor]
    ) -> Tensor:
        """Return the weighted mean activation, in units of the layers' deviations.

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
    """Return (layer, channel): ("relu3_1", 12) for "relu3_1:12"; None for no channel.

    Raises:
        ValueError: for a channel that is not a number.
    """
    layer, colon, channel = target.partition(":")
    if not colon:
        return layer, None
    if not channel.isdecimal():
        raise ValueError(f"A dream is LAYER or LAYER:CHANNEL. Received: {target!r}")
    return layer, int(channel)
