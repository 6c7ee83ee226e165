"""The perceptual loss: content, style and total variation (Johnson et al. 2016).

Pictures are float32 RGB, (batch, height, width, 3), values in 0-255. Every term
is a float32 tensor of shape (batch,), so that replicas can average over the
global batch.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from fusion_style.losses.config import LossConfig
from fusion_style.losses.features.networks import architecture, build_loss_network
from fusion_style.losses.layers import layer_weights
from fusion_style.losses.palette import Palette
from fusion_style.losses.terms import EPSILON, Tensor, gram_matrix, total_variation
from fusion_style.settings import check

DEFAULT = LossConfig()
PALETTE = 0.5  # weight, in the style term, of colors that the painting does not have


class PerceptualLoss:
    """Measure how far pictures are from their photographs' content and a painting's style.

    Each layer's content term is divided by the variance of the painting's features, and its
    style term by the mean square of the painting's Gram matrix. Then the layers are
    averaged. This is a departure from the papers: one set of weights fits every loss
    network, and 1 means that nothing was learned. The photograph's own variance cannot be
    the scale: it is nearly 0 for a clear sky, which would have to stay unpainted.

    Args:
        style: the painting, float32 RGB (height, width, 3), 0-255; or a list of
            paintings; or None for no style.
        config: the loss network, its layers, and the weights of the terms. A layer is
            "name" or "name=weight"; the weights are scaled to sum to 1.
        style_weights: the paintings' shares in the style; equal by default.
        also: names of other feature maps that `network` must return.

    Raises:
        ValueError: for settings that are not allowed, or unknown layers.
    """

    gram = staticmethod(gram_matrix)

    def __init__(
        self,
        style: np.ndarray | Sequence[np.ndarray] | None,
        config: LossConfig = DEFAULT,
        *,
        style_weights: Sequence[float] | None = None,
        also: Iterable[str] = (),
    ) -> None:
        check(config)
        defaults = architecture(config.loss_network)
        content_layers, style_layers = (
            getattr(defaults if getattr(config, kind) is None else config, kind)
            for kind in ("content_layers", "style_layers")
        )
        self.content_layers = layer_weights(content_layers)
        self.style_layers = layer_weights(() if style is None else style_layers)
        self.weights = {
            "content": config.content_weight,
            "style": config.style_weight,
            "variation": config.tv_weight,
            "steady": config.steady_weight,  # of `losses.temporal`
        }
        self.reduce = {"mean": ops.mean, "sum": ops.sum}[config.reduction]

        layers = list(dict.fromkeys([*self.content_layers, *self.style_layers, *also]))
        self.network = build_loss_network(
            config.loss_network, layers, config.loss_weights, pooling=config.pooling
        )
        # For the photograph, only the features of the content layers are needed.
        self.content_network = self.part(self.content_layers)
        self.see_style(style, style_weights)

    def part(self, layers: Iterable[str]) -> keras.Model | None:
        """Return the loss network up to these layers; None if there are no layers."""
        outputs = {layer: self.network.output[layer] for layer in layers}
        return keras.Model(self.network.input, outputs) if outputs else None

    def see_style(
        self,
        style: np.ndarray | Sequence[np.ndarray] | None,
        style_weights: Sequence[float] | None = None,
    ) -> None:
        """Set the style: a painting, or a weighted mean of paintings.

        Without a painting, the scale of the content term is the photograph's own variance.

        The Gram matrices of several paintings are mixed. For Gatys' objective, this gives
        the gradient of the weighted sum of their losses: for weights with the sum 1,
        Σ w (G − A)² is (G − Σ w A)² plus a constant.

        Args:
            style: as the class takes it. An empty list means that paintings come later.
            style_weights: the paintings' shares; equal by default.

        Raises:
            ValueError: if weights are negative, all 0, or not one for each painting.
        """
        self.style_targets: dict[str, Any] = {}
        self.content_scales: dict[str, Any] = {}
        self.palette: Any = None
        if style is None:
            return
        paintings = style if isinstance(style, (list, tuple)) else [style]
        if not len(paintings):  # they come later
            return
        weights = style_weights or [1.0] * len(paintings)
        if len(weights) != len(paintings) or min(weights) < 0 or sum(weights) <= 0:
            raise ValueError(
                f"style_weights must be a positive number for each of {len(paintings)} "
                f"paintings. Received: {weights}"
            )
        pairs = list(zip(paintings, weights, strict=True))
        self.palette = Palette([painting for painting, weight in pairs if weight])
        for painting, weight in pairs:
            features = self.network(ops.convert_to_tensor(painting[None], "float32"))
            share = weight / sum(weights)
            for layer in self.style_layers:
                gram = share * self.gram(features[layer])
                self.style_targets[layer] = self.style_targets.get(layer, 0.0) + gram
            for layer in self.content_layers:
                variance = ops.var(ops.cast(features[layer], "float32"))
                scale = share * ops.reshape(variance, (1,))
                self.content_scales[layer] = self.content_scales.get(layer, 0.0) + scale

    def see_each(self, paintings: Iterable[np.ndarray]) -> None:
        """Set several styles, one for each painting: a row of targets for each.

        `of` chooses a row for each picture.

        Args:
            paintings: float32 RGB (height, width, 3), 0-255, of any sizes.
        """
        targets, scales, palettes = [], [], []
        for painting in paintings:
            self.see_style(painting)
            targets.append(self.style_targets)
            scales.append(self.content_scales)
            palettes.append(self.palette)
        self.style_targets, self.content_scales = (
            {layer: ops.concatenate([row[layer] for row in rows]) for layer in rows[0]}
            for rows in (targets, scales)
        )
        self.palette = Palette.stack(palettes)

    def of(self, rows: Tensor) -> "PerceptualLoss":
        """Return the loss for a batch in which each picture has its own style.

        Args:
            rows: (batch,), integers: which painting of `see_each` each picture has.
        """
        taken = copy.copy(self)
        taken.style_targets, taken.content_scales = (
            {layer: ops.take(values, rows, axis=0) for layer, values in known.items()}
            for known in (self.style_targets, self.content_scales)
        )
        taken.palette = self.palette.of(rows)
        return taken

    def content(
        self, photograph_features: Mapping[str, Tensor], features: Mapping[str, Tensor]
    ) -> Tensor:
        """Return the squared difference of features (Johnson et al. 2016, eq. 2).

        Args:
            photograph_features, features: {layer: (batch, height, width, channels)}.

        Returns:
            (batch,), in units of the variance of the painting's features.
        """
        term = 0.0
        for layer, weight in self.content_layers.items():
            target = ops.cast(photograph_features[layer], "float32")
            difference = ops.cast(features[layer], "float32") - target
            scale = self.content_scales.get(layer)
            if scale is None:
                scale = ops.var(target, axis=(1, 2, 3))
            squared = self.reduce(ops.square(difference), axis=(1, 2, 3))
            term += weight * squared / (scale + EPSILON)
        return term

    def style(self, features: Mapping[str, Tensor], pictures: Tensor) -> Tensor:
        """Return the squared difference of Gram matrices (Johnson et al. 2016, eq. 4).

        A departure: the term also counts colors that the painting does not have. See
        `losses.palette`.

        Args:
            features: {layer: (batch, height, width, channels)} of the pictures.
            pictures: (batch, height, width, 3), 0-255.

        Returns:
            (batch,), in units of the mean square of the painting's Gram matrices.
        """
        term = PALETTE * self.reduce(self.palette.beyond(pictures), axis=(1, 2))
        for layer, weight in self.style_layers.items():
            target = self.style_targets[layer]
            scale = ops.mean(ops.square(target), axis=(1, 2)) + EPSILON
            difference = gram_matrix(features[layer]) - target
            term += weight * self.reduce(ops.square(difference), axis=(1, 2)) / scale
        return term

    def __call__(self, photographs: Tensor, pictures: Tensor) -> dict[str, Tensor]:
        """Return the unweighted terms of `pictures` painted from `photographs`.

        Args:
            photographs, pictures: (batch, height, width, 3), 0-255.

        Returns:
            {"content", "style", "variation"}: float32 tensors of shape (batch,). `terms`
            says which may be missing.
        """
        seen = self.content_network(photographs) if self.content_network else {}
        return self.terms(seen, self.network(pictures), pictures)

    def terms(
        self,
        photograph_features: Mapping[str, Tensor],
        features: Mapping[str, Tensor],
        pictures: Tensor,
    ) -> dict[str, Tensor]:
        """Return the unweighted terms, from features that were computed before.

        Args:
            photograph_features: the content layers' features of the photographs.
            features: every layer's features of the pictures.
            pictures: (batch, height, width, 3), 0-255.

        Returns:
            {"variation", "content", "style"}: each (batch,). "content" is missing if there
            are no content layers, and "style" if there is no painting.
        """
        terms = {"variation": total_variation(pictures, self.reduce)}
        if self.content_layers:
            terms["content"] = self.content(photograph_features, features)
        if self.style_layers:
            terms["style"] = self.style(features, pictures)
        return terms

    def total(self, terms: Mapping[str, Tensor]) -> Tensor:
        """Return the weighted sum of the terms (Johnson et al. 2016, eq. 5), (batch,)."""
        return sum(self.weights[name] * term for name, term in terms.items())
