"""The objective exactly as Gatys, Ecker & Bethge 2016, sec. 2, define it.

    L_content = ½ Σ (F − P)²                          (eq. 1)
    G = FᵀF,  E_l = 1 / (4 N² M²) Σ (G − A)²          (eqs. 3 and 4)
    L_style = Σ w_l E_l                               (eq. 5)
    L_total = α L_content + β L_style                 (eq. 7)

F is the feature map of a layer as an M × N matrix, with M positions and N channels. P is
that of the photograph. A is the painting's Gram matrix. No term is divided by its scale, so
other loss networks need other weights.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from fusion_style.losses.config import LossConfig
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.losses.terms import Tensor


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Return ½ Σ (F − P)² (eq. 1).

    Args:
        features, target: (batch, height, width, channels).

    Returns:
        (batch,).
    """
    difference = ops.cast(features, "float32") - ops.cast(target, "float32")
    return 0.5 * ops.sum(ops.square(difference), axis=(1, 2, 3))


def gram_per_position(features: Tensor) -> Tensor:
    """Return FᵀF / M: the Gram matrix (eq. 3) divided by the number of positions.

    Args:
        features: (batch, height, width, N).

    Returns:
        (batch, N, N).
    """
    features = ops.cast(features, "float32")
    _, height, width, _ = ops.shape(features)
    gram = ops.einsum("bhwc,bhwd->bcd", features, features)
    return gram / ops.cast(height * width, "float32")


def style_loss(features: Tensor, target: Tensor) -> Tensor:
    """Return E_l = 1 / (4 N² M²) Σ (G − A)² (eq. 4).

    A departure: the paper resizes the painting to the photograph's size. Here the painting
    may have any size, and A is scaled to the picture's M. If the sizes are the same, this
    is equation 4.

    Args:
        features: (batch, height, width, N).
        target: the painting's `gram_per_position`, (1, N, N).

    Returns:
        (batch,).
    """
    difference = gram_per_position(features) - target
    return ops.mean(ops.square(difference), axis=(1, 2)) / 4


class GatysLoss(PerceptualLoss):
    """Measure content and style with the formulas of Gatys et al. 2016.

    Args:
        style: as for `PerceptualLoss`.
        config: its weights of content and style are α and β. Its weight of the total
            variation, which the paper does not have, multiplies a sum over the picture. All
            terms are sums; `config.reduction` is ignored.
        options: other arguments of `PerceptualLoss`.
    """

    def __init__(
        self,
        style: np.ndarray | Sequence[np.ndarray] | None,
        config: LossConfig,
        **options: Any,
    ) -> None:
        super().__init__(style, dataclasses.replace(config, reduction="sum"), **options)

    gram = staticmethod(gram_per_position)

    def content(
        self, photograph_features: Mapping[str, Tensor], features: Mapping[str, Tensor]
    ) -> Tensor:
        """Return equation 1 as a weighted sum over the content layers, (batch,)."""
        return sum(
            weight * content_loss(features[layer], photograph_features[layer])
            for layer, weight in self.content_layers.items()
        )

    def style(
        self, features: Mapping[str, Tensor], pictures: Tensor | None = None
    ) -> Tensor:
        """Return equation 5, (batch,). `pictures` is not used: there is no palette here."""
        return sum(
            weight * style_loss(features[layer], self.style_targets[layer])
            for layer, weight in self.style_layers.items()
        )
