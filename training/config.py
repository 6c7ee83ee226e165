"""TrainConfig: the settings of a training, and checks that it can be carried out."""

import dataclasses
from collections.abc import Sequence

from fusion_style import settings
from fusion_style.data.photos.cache import KINDS
from fusion_style.losses.config import LARGEST, SMALLEST, LossConfig
from fusion_style.losses.features.networks import (
    ENOUGH,
    architecture,
    check_layers,
    check_pooling,
    check_weights,
    smallest_picture,
)
from fusion_style.losses.features.registry import ARCHITECTURES
from fusion_style.losses.perceptual import layer_weights
from fusion_style.models import networks
from fusion_style.models.config import NetworkConfig
from fusion_style.models.shipped import style_path
from fusion_style.settings import setting
from fusion_style.training.paintings import as_tuple


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """The settings of a training. Only the painting must be given.

    Example:
        learn_style(TrainConfig("starry.jpg", data="photos", steps=4000))

    Settings with `may_change` may differ when a training is resumed: the paths of files,
    and settings that do not affect the results. The content of the files must be the same.
    """

    style: str | tuple[str, ...] = setting(
        "The painting; or several, with commas between them; or a folder of paintings.",
        may_change=True,
    )
    data: str = setting(
        "A folder of photographs, or a data set of TensorFlow Datasets.",
        "coco/2014",
        may_change=True,
    )
    out: str | None = setting(
        "The style file to write. By default NAME.keras, for a painting NAME.jpg.",
        None,
        may_change=True,
    )
    transformer: NetworkConfig = NetworkConfig()
    loss: LossConfig = LossConfig()
    size: int = setting(
        "Side of the training crops, in pixels.", 256, at_least=SMALLEST, at_most=LARGEST
    )
    style_size: int | tuple[int, ...] = setting(
        "Shorter side of the painting, in pixels: larger gives larger strokes. Several, "
        "such as 256,512, are learned together.",
        384,
        at_least=SMALLEST,
        at_most=LARGEST,
    )
    batch: int = setting(
        "Photographs in a step, over all devices.", 4, at_least=1, at_most=2**16
    )
    cache: str = setting(
        "Where to keep decoded photographs for the next epoch.",
        "memory",
        choices=KINDS,
        may_change=True,
    )
    cache_gb: float = setting(
        "How much to keep, in gigabytes; the rest is decoded again.",
        2.0,
        at_least=0,
        at_most=1e6,
        may_change=True,
    )
    epochs: float = setting("Passes over the photographs.", 2.0, above=0, at_most=1e6)
    steps: int | None = setting(
        "Number of steps, instead of --epochs.", None, at_least=1, at_most=10**9
    )
    learning_rate: float = setting(
        "Adam's learning rate at the start; it falls to 0 along a cosine.",
        2e-3,
        above=0,
        at_most=10,
    )
    precision: str = setting(
        "Of the activations.", "float32", choices=("float32", "bfloat16")
    )
    devices: str = setting(
        "Where to compute: auto, cpu, gpu, cpu:N or gpu:N.", "auto", may_change=True
    )
    seed: int = setting(
        "Seed of weights, photographs and crops.", 0, at_least=0, at_most=2**32 - 1
    )
    preview: str | None = setting(
        "A photograph, or a folder of them, to paint during the training.",
        None,
        may_change=True,
    )
    log_dir: str | None = setting(
        "Folder for TensorBoard, preview and checkpoint. By default OUT.training.",
        None,
        may_change=True,
    )
    checkpoint_every: float = setting(
        "Seconds between checkpoints; 0 for a checkpoint after each step.",
        120.0,
        at_least=0,
        at_most=1e9,
        may_change=True,
    )
    resume: bool = setting(
        "Continue from the checkpoint in --log_dir.", False, may_change=True
    )
    init_from: str | None = setting("A style file to start from.", None, may_change=True)
    add_to: str | None = setting(
        "A style file to which to add paintings; everything it has learned stays.",
        None,
        may_change=True,
    )
    balance: bool = setting("Learn styles with a higher loss more often.", False)
    finish_with: str | None = setting(
        "The loss network of the last tenth of the steps, instead of --loss_network.",
        None,
        choices=tuple(ARCHITECTURES),
    )
    finish_weights: str = setting(  # the file's content is compared, as for loss_weights
        "Weights of that loss network: imagenet (downloaded), random, or a file.",
        "imagenet",
        may_change=True,
    )

    def finishing(self) -> LossConfig | None:
        """Return the settings of the loss in the last steps, if they differ."""
        if self.finish_with is None:
            return None
        return dataclasses.replace(
            self.loss, loss_network=self.finish_with, loss_weights=self.finish_weights
        )

    def losses(self) -> list[LossConfig]:
        """Return the settings of the loss, and of the one in the last steps."""
        finishing = self.finishing()
        return [self.loss] if finishing is None else [self.loss, finishing]


def check(config: TrainConfig) -> None:
    """Check, before anything is downloaded, that a training can be carried out.

    Raises:
        ValueError, OSError: if it cannot; the message says what to do.
    """
    settings.check(config)
    networks.network(config.transformer.network)
    for loss in config.losses():
        check_layers(loss.loss_network, loss_layers(loss))
        check_weights(loss.loss_network, loss.loss_weights)
        check_pooling(loss.loss_network, loss.pooling)
    if config.add_to and config.init_from:
        raise ValueError(
            "Give add_to or init_from, not both: with add_to the training starts from that "
            "style file"
        )
    if config.add_to:
        style_path(config.add_to)
    if config.init_from and not config.resume:
        style_path(config.init_from)


def check_sizes(loss: LossConfig, **sizes: int | Sequence[int]) -> None:
    """Check that pictures are large enough for all layers of the loss network.

    May build the loss network, so the devices must have been chosen before.

    Args:
        loss: the settings of the loss.
        sizes: {setting: shorter side in pixels, or several}.

    Raises:
        ValueError: if they are too small; the message says how large they must be.
    """
    layers = loss_layers(loss)
    for name, several in sizes.items():
        size = min(as_tuple(several))
        if size >= ENOUGH:
            continue  # for every layer of every network
        smallest = max(SMALLEST, smallest_picture(loss.loss_network, layers))
        if size < smallest:
            raise ValueError(
                f"{name} must be at least {smallest} for {loss.loss_network}'s "
                f"{', '.join(layers)}. Received: {size}"
            )


def loss_layers(loss: LossConfig) -> tuple[str, ...]:
    """Return the names of the feature maps that the loss compares, each once.

    Raises:
        ValueError: if the content layers or the style layers are empty.
    """
    default = architecture(loss.loss_network)
    found: dict[str, float] = {}
    for kind in ("content_layers", "style_layers"):
        layers = getattr(loss, kind)
        if layers is not None and not layers:
            raise ValueError(f"{kind} is empty. Leave it out for the loss network's own")
        found |= layer_weights(layers or getattr(default, kind))
    return tuple(found)
