"""LossConfig: the settings of the loss of a style."""

import dataclasses

from fusion_style.losses.features.registry import ARCHITECTURES
from fusion_style.settings import setting

POOLINGS = ("max", "average")
REDUCTIONS = ("mean", "sum")
MOST = 1e15  # of a term's weight: well within float32
SMALLEST, LARGEST = 16, 16384  # side of a picture in pixels; a smaller one shows nothing


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """The loss network, its layers, and the weights of the terms.

    The constructor checks nothing. `fusion_style.settings.check` checks the values, and
    `losses.features.networks` checks that the network has the layers and weights.
    """

    loss_network: str = setting(
        "The network whose features are compared.", "vgg16", choices=tuple(ARCHITECTURES)
    )
    loss_weights: str = setting(  # on resume, the file's content is compared, not its name
        "Weights of the loss network: imagenet (downloaded), random, or a file.",
        "imagenet",
        may_change=True,
    )
    content_layers: tuple[str, ...] | None = setting(
        "Layers for content, such as relu3_3. By default the loss network's own.", None
    )
    style_layers: tuple[str, ...] | None = setting(
        "Layers for style, such as relu1_2=2,relu2_2. By default the loss network's own.",
        None,
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
    steady_weight: float = setting(
        "Weight of holding still when the photograph moves or has noise. 0 costs no time.",
        0.0,
        at_least=0,
        at_most=MOST,
    )
    reduction: str = setting(
        "Mean or sum of each layer's elements.", "mean", choices=REDUCTIONS
    )
    pooling: str = setting("Pooling in the loss network.", "max", choices=POOLINGS)
