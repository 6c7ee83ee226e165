"""The objective of an optimization: a scalar that depends on a picture's pixels."""

import numpy as np
from keras import ops

from fusion_style.losses.dream import Dream
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.losses.terms import Tensor


class PictureObjective:
    """Compute the loss of a picture of one photograph, minus a dream's activation.

    Everything that depends only on the photograph is computed once, here.

    Args:
        loss: `PerceptualLoss` or `GatysLoss`. With a dream, its network must also return
            the dream's layers (`also`).
        photograph: float32 RGB (height, width, 3), 0-255, as large as the picture.
        dream: `Dream`, or None.
        dream_weight: weight of the dream's activation in the objective.

    Raises:
        ValueError: if the dream has channels that the loss network does not have.
    """

    def __init__(
        self,
        loss: PerceptualLoss,
        photograph: np.ndarray,
        dream: Dream | None = None,
        dream_weight: float = 1.0,
    ) -> None:
        self.loss, self.dream, self.dream_weight = loss, dream, dream_weight
        features = loss.network(ops.convert_to_tensor(photograph[None], "float32"))
        self.targets = {layer: features[layer] for layer in loss.content_layers}
        if dream:
            dream.check(loss.network)
            self.scales = dream.scales(features)

    def __call__(self, pictures: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return (objective, terms) of a picture, float32 scalars.

        Args:
            pictures: tensor (1, height, width, 3), 0-255.

        Returns:
            The scalar to minimize, and the unweighted terms {"content", "style",
            "variation", "dream"}, without those that are not used.
        """
        features = self.loss.network(pictures)
        terms = self.loss.terms(self.targets, features, pictures)
        total = self.loss.total(terms)
        if self.dream:
            terms["dream"] = self.dream.activation(features, self.scales)
            total = total - self.dream_weight * terms["dream"]
        return ops.sum(total), {name: ops.sum(term) for name, term in terms.items()}
