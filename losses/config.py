"""LossConfig: what the loss of a style is told."""

import dataclasses

from fusion_style.losses.features.registry import ARCHITECTURES
from fusion_style.settings import setting

POOLINGS = ("max", "average")
REDUCTIONS = ("mean", "sum")
MOST = 1e15  # of a term's weight: well within float32


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Whose features are compared, at which layers, and what each term weighs.

    Raises nothing by itself: `fusion_style.settings.check` does, and
    `losses.features.networks` for layers and weights that the network doesn't have.
    """

    loss_network: str = setting(
        "Whose features are compared.", "vgg16", choices=tuple(ARCHITECTURES)
    )
    loss_weights: str = setting(  # compared by content when a training goes on
        "Of the loss network: imagenet (downloaded), random, or a file.",
        "imagenet",
        may_change=True,
    )
    content_layers: tuple[str, ...] | None = setting(
        "Such as relu3_3. By default the loss network's own.", None
    )
    style_layers: tuple[str, ...] | None = setting(
        "Such as relu1_2=2,relu2_2. By default the loss network's own.", None
    )
    content_weight: float = setting(
        "Weight of the content term.", 0.15, at_least=0, at_most=MOST
    )
    style_weight: float = setting(
        "Weight of the style term.", 1.0, at_least=0, at_most=MOST
    )
    tv_weight: float = setting(
        "Weight of the total variation.", 5e-4, at_least=0, at_most=MOST
    )
    reduction: str = setting("Over each layer's elements.", "mean", choices=REDUCTIONS)
    pooling: str = setting("Of the loss network.", "max", choices=POOLINGS)
