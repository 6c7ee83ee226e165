"""What a training is told: whether it can be done, and where its files go."""

import os

from fusion_style.losses.features.networks import (
    ENOUGH,
    architecture,
    check_layers,
    check_weights,
    smallest_picture,
)
from fusion_style.losses.perceptual import layer_weights
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import CHECKPOINT

SMALLEST = 16  # pixels: a crop of less shows nothing


def check(settings):
    """Complains of what can be known to be wrong before anything is downloaded.

    Raises:
        ValueError, OSError: the message says what to do.
    """
    if settings["precision"] not in ("float32", "bfloat16"):
        raise ValueError(
            f"precision must be float32 or bfloat16. Received: {settings['precision']!r}"
        )
    check_layers(settings["loss_network"], loss_layers(settings))
    check_weights(settings["loss_network"], settings["loss_weights"])
    if settings["init_from"] and not settings["resume"]:
        style_path(settings["init_from"])
    for name in ("batch", "epochs", "steps", "learning_rate"):
        if settings[name] is not None and settings[name] <= 0:
            raise ValueError(f"{name} must be more than 0. Received: {settings[name]}")
    if settings["checkpoint_every"] < 0:
        raise ValueError(
            "checkpoint_every is a number of seconds, 0 for after each step. Received: "
            f"{settings['checkpoint_every']}"
        )


def check_sizes(settings):
    """Complains of crops or a painting in which a layer would see next to nothing.

    May build the loss network, for which the devices must have been chosen.

    Raises:
        ValueError: the message says what is enough.
    """
    loss_network, layers = settings["loss_network"], loss_layers(settings)
    for name in ("size", "style_size"):
        if settings[name] >= ENOUGH:
            continue  # for every layer of every network
        smallest = max(SMALLEST, smallest_picture(loss_network, layers))
        if settings[name] < smallest:
            raise ValueError(
                f"{name} must be at least {smallest} for {loss_network}'s "
                f"{', '.join(layers)}. Received: {settings[name]}"
            )


def loss_layers(settings):
    """The names of the feature maps that the loss compares, each once.

    Raises:
        ValueError: if there are none of a kind.
    """
    for kind in ("content_layers", "style_layers"):
        if settings[kind] is not None and not settings[kind]:
            raise ValueError(f"{kind} is empty. Leave it out for the loss network's own")
    default = architecture(settings["loss_network"])
    content = settings["content_layers"] or default.content_layers
    style = settings["style_layers"] or default.style_layers
    return tuple(layer_weights(content) | layer_weights(style))


def places(style, out=None, log_dir=None):
    """(style file, folder of what a training leaves behind, checkpoint) to write.

    Raises:
        ValueError: if `out` does not end in `.keras`.
    """
    out = out or os.path.splitext(os.path.basename(style))[0] + ".keras"
    if not out.endswith(".keras"):
        raise ValueError(f"A style file's name ends in .keras. Received: {out}")
    log_dir = log_dir or out.removesuffix(".keras") + ".training"
    return out, log_dir, os.path.join(log_dir, CHECKPOINT)
