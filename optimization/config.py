"""OptimizeConfig: the settings of an optimization, and their defaults."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from fusion_style.losses.config import LARGEST, MOST, POOLINGS, LossConfig
from fusion_style.losses.dream import Dream
from fusion_style.losses.features.networks import ARCHITECTURES, architecture
from fusion_style.optimization.methods import METHODS
from fusion_style.settings import setting

# Chosen by eye with VGG19, on photographs of 256 to 512 pixels.
WEIGHTS = {
    "perceptual": {
        "content_weight": 0.01,
        "style_weight": 1.0,
        "tv_weight": 2e-4,
        "dream_weight": 0.02,
    },
    "gatys": {
        "content_weight": 1.0,
        "style_weight": 1e3,
        "tv_weight": 0.0,
        "dream_weight": 1e10,
    },
}
PAINTED = {
    "optimizer": "lbfgs",
    "iterations": 300,
    "scales": 2,
    "scale_factor": 2.0,
    "jitter": 0,
}
DREAMED = {  # a dream without a painting, as in deep dream
    "content_weight": 0.0,
    "tv_weight": 0.0,
    "dream_weight": 1.0,
    "optimizer": "gd",
    "iterations": 20,
    "scales": 4,
    "scale_factor": 1.4,
    "jitter": 32,
}


def weight(term: str) -> Any:
    """Return the setting of a term's weight, whose default depends on the objective."""
    return setting(
        f"Weight of {term}. The default depends on --objective.",
        None,
        at_least=0,
        at_most=MOST,
        may_change=True,
    )


@dataclasses.dataclass(frozen=True)
class OptimizeConfig:
    """The settings of an optimization. Only the photograph must be given.

    The defaults of settings that are None depend on the objective, and on whether there is
    a painting. `complete` fills them in.

    Example:
        optimize_picture(OptimizeConfig("photo.jpg", ("starry.jpg",), "result.png"))

    Settings with `may_change` may differ when an optimization is resumed: the paths of
    files, and settings that help if the objective was no longer finite. The content of the
    files must be the same.
    """

    content: str = setting("The photograph.", may_change=True)
    style: tuple[str, ...] = setting(
        "Paintings, with commas between them; a dream needs none.", (), may_change=True
    )
    out: str = setting("The picture to write.", "result.png", may_change=True)
    style_weights: tuple[float, ...] | None = setting(
        "The share of each painting. By default equal.", None, at_least=0, at_most=MOST
    )
    style_size: int | None = setting(
        "Shorter side of the paintings in pixels: larger gives larger strokes. By default "
        "that of the result.",
        None,
        at_least=1,
        at_most=LARGEST,
    )
    loss_network: str = setting(
        "The network whose features are compared.", "vgg19", choices=tuple(ARCHITECTURES)
    )
    loss_weights: str = setting(
        "Weights of the loss network: imagenet (downloaded), random, or a file.",
        "imagenet",
        may_change=True,
    )
    pooling: str = setting("Pooling in the loss network.", "max", choices=POOLINGS)
    content_layers: tuple[str, ...] | None = setting(
        "Layers for content, such as relu3_3. By default the loss network's own.", None
    )
    style_layers: tuple[str, ...] | None = setting(
        "Layers for style, such as relu1_1=2,relu2_1. By default the loss network's own.",
        None,
    )
    objective: str = setting(
        "Our own objective, or exactly that of Gatys et al.",
        "perceptual",
        choices=tuple(WEIGHTS),
    )
    content_weight: float | None = weight("the content term")
    style_weight: float | None = weight("the style term")
    tv_weight: float | None = weight("the total variation")
    dream: tuple[str, ...] = setting("What to make active: LAYER or LAYER:CHANNEL.", ())
    dream_weight: float | None = weight("the dream")
    start: str = setting("Where to start: photo, noise, or a picture's path.", "photo")
    optimizer: str | None = setting(
        "Optimizer. By default lbfgs; for a dream alone gd.", None, choices=tuple(METHODS)
    )
    learning_rate: float | None = setting(
        "Learning rate of adam and gd, in gray levels (of 255).",
        None,
        above=0,
        at_most=255,
        may_change=True,
    )
    iterations: int | None = setting(
        "Iterations at each scale. By default 300; for a dream alone 20.",
        None,
        at_least=1,
        at_most=10**6,
        may_change=True,
    )
    size: int = setting(
        "Longer side of the result, in pixels.", 512, at_least=1, at_most=LARGEST
    )
    scales: int | None = setting(
        "How many sizes, from small to large. By default 2; for a dream alone 4.",
        None,
        at_least=1,
        at_most=100,
    )
    scale_factor: float | None = setting(
        "Ratio of each size to the one before. By default 2; for a dream alone 1.4.",
        None,
        above=1,
        at_most=LARGEST,
    )
    jitter: int | None = setting(
        "Random shift in each step of adam and gd, in pixels. By default 0; for a dream "
        "alone 32.",
        None,
        at_least=0,
        at_most=LARGEST,
    )
    keep_colors: bool = setting("Keep the photograph's colors.", False)
    every: int = setting(
        "Write an intermediate picture every so many iterations; 0 for none.",
        0,
        at_least=0,
        at_most=10**9,
        may_change=True,
    )
    seed: int = setting(
        "Seed of noise, jitter and random weights.", 0, at_least=0, at_most=2**32 - 1
    )
    resume: bool = setting(
        "Continue from the checkpoint beside --out.", False, may_change=True
    )
    overwrite: bool = setting("Replace --out if it exists.", False, may_change=True)

    def loss(self) -> LossConfig:
        """Return the settings of the loss. The config must be complete."""
        ours = {field.name for field in dataclasses.fields(self)}
        shared = {field.name for field in dataclasses.fields(LossConfig)} & ours
        return LossConfig(**{name: getattr(self, name) for name in shared})


def complete(config: OptimizeConfig) -> OptimizeConfig:
    """Return the config with defaults in place of None.

    Raises:
        ValueError: if there is neither a painting nor a dream, or a dream is not LAYER or
            LAYER:CHANNEL.
    """
    if not config.style and not config.dream:
        raise ValueError("Give --style, for a painting, or --dream, or both")
    defaults: dict[str, Any] = PAINTED | WEIGHTS[config.objective]
    if not config.style:
        defaults |= DREAMED
    if config.optimizer == "lbfgs":
        defaults |= {"jitter": 0}
    arch, dreamed = architecture(config.loss_network), Dream(config.dream).layers
    for name in ("content_layers", "style_layers"):
        defaults[name] = left_alone(dreamed, getattr(arch, name), tuple(arch.layers))
    filled = {
        name: default for name, default in defaults.items() if getattr(config, name) is None
    }
    config = dataclasses.replace(config, **filled)
    if not config.content_weight:
        config = dataclasses.replace(config, content_layers=())
    if not config.style:
        config = dataclasses.replace(config, style_layers=())
    return config


def left_alone(
    dreamed: Sequence[str], layers: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """Return the default layers of a term that the dream does not use.

    If the dream uses all of them, return the layer that is nearest to the first of them and
    that the dream does not use.

    Args:
        dreamed: the dream's layers.
        layers: the default layers of the term.
        known: all layers of the loss network, in order.
    """
    free = tuple(layer for layer in layers if layer not in dreamed)
    others = [layer for layer in known if layer not in dreamed]
    if free or not others:
        return free or tuple(layers)
    place = known.index(layers[0])
    return (min(others, key=lambda layer: abs(known.index(layer) - place)),)
