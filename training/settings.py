"""What a training is told: whether it can be done, and where its files go."""

import os

from losses.networks import check_layers
from losses.perceptual import layer_weights
from models.checkpoint import CHECKPOINT, style_path

SMALLEST = 16  # pixels: VGG halves a picture three times before relu4_3


def check(settings):
    """Complains of what can be known to be wrong before anything is downloaded.

    Raises:
        ValueError, OSError: the message says what to do.
    """
    if settings["precision"] not in ("float32", "bfloat16"):
        raise ValueError(
            f"precision must be float32 or bfloat16. Received: {settings['precision']!r}"
        )
    for name in ("size", "style_size"):
        if settings[name] < SMALLEST:
            raise ValueError(
                f"{name} must be at least {SMALLEST}. Received: {settings[name]}"
            )
    for kind in ("content_layers", "style_layers"):
        check_layers(settings["loss_network"], layer_weights(settings[kind] or ()))
    weights = settings["loss_weights"]
    if weights not in ("imagenet", "random") and not os.path.exists(weights):
        raise FileNotFoundError(f"The file of weights does not exist: {weights}")
    if settings["init_from"]:
        style_path(settings["init_from"])
    for name in ("batch", "epochs", "steps", "learning_rate"):
        if settings[name] is not None and settings[name] <= 0:
            raise ValueError(f"{name} must be more than 0. Received: {settings[name]}")
    if settings["checkpoint_every"] < 0:
        raise ValueError(
            "checkpoint_every is a number of seconds, 0 for after each step. Received: "
            f"{settings['checkpoint_every']}"
        )


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
