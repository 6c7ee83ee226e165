"""What the optimization of a picture is told: its defaults, and whether it can be done."""

import os

from fusion_style.data.images import WRITABLE
from fusion_style.files import check_writable
from fusion_style.losses.dream import Dream
from fusion_style.losses.features.networks import architecture, check_layers, check_weights
from fusion_style.losses.perceptual import layer_weights
from fusion_style.optimization.minimize import METHODS

OBJECTIVES = ("perceptual", "gatys")
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
DREAMED = {  # alone, as deep dream
    "content_weight": 0.0,
    "tv_weight": 0.0,
    "dream_weight": 1.0,
    "optimizer": "gd",
    "iterations": 20,
    "scales": 4,
    "scale_factor": 1.4,
    "jitter": 32,
}


def complete(settings):
    """The settings with a default for what is None.

    Raises:
        ValueError: if there is neither style nor dream, or no such network or objective.
    """
    settings = dict(settings)
    for name in ("style", "dream"):
        given = settings[name] or ()
        settings[name] = [given] if isinstance(given, str) else list(given)
    if not settings["style"] and not settings["dream"]:
        raise ValueError("Give --style, for a painting, or --dream, or both")
    if settings["objective"] not in OBJECTIVES:
        raise ValueError(
            f"objective must be one of {', '.join(OBJECTIVES)}. Received: "
            f"{settings['objective']!r}"
        )
    defaults = PAINTED | WEIGHTS[settings["objective"]]
    if not settings["style"]:
        defaults |= DREAMED
    if settings["optimizer"] == "lbfgs":
        defaults |= {"jitter": 0}
    for name, value in defaults.items():
        if settings[name] is None:
            settings[name] = value
    arch = architecture(settings["loss_network"])
    dreamed = Dream(settings["dream"]).layers
    for name in ("content_layers", "style_layers"):
        if settings[name] is None:
            settings[name] = left_alone(dreamed, getattr(arch, name), list(arch.layers))
    if not settings["content_weight"]:
        settings["content_layers"] = []
    if not settings["style"]:
        settings["style_layers"] = []
    return settings


def left_alone(dreamed, layers, known):
    """Those of a term's default layers that no dream pulls at; else their neighbor.

    Args:
        dreamed: the dream's layers.
        layers: the defaults.
        known: all layers of the loss network, in order.
    """
    free = [layer for layer in layers if layer not in dreamed]
    others = [layer for layer in known if layer not in dreamed]
    if free or not others:
        return free or list(layers)
    place = known.index(layers[0])
    return [min(others, key=lambda layer: abs(known.index(layer) - place))]


def check(settings):
    """Complains of what can be known to be wrong before anything is computed.

    Raises:
        ValueError, OSError: the message says what to do.
    """
    for name in ("content_layers", "style_layers"):
        check_layers(settings["loss_network"], layer_weights(settings[name]))
    check_layers(settings["loss_network"], Dream(settings["dream"]).layers)
    check_weights(settings["loss_network"], settings["loss_weights"])
    start = settings["start"]
    if start not in ("photo", "noise") and not os.path.exists(start):
        raise FileNotFoundError(
            f"start must be photo, noise or a picture's path. Received: {start}"
        )
    if settings["optimizer"] not in METHODS:
        raise ValueError(
            f"optimizer must be one of {', '.join(METHODS)}. Received: "
            f"{settings['optimizer']!r}"
        )
    extension = os.path.splitext(settings["out"])[1].lower()
    if extension not in WRITABLE:
        raise ValueError(
            f"out must be a picture: {', '.join(WRITABLE)}. Received: {settings['out']}"
        )
    check_writable(settings["out"])
    shares = settings["style_weights"]
    if shares and len(shares) != len(settings["style"]):
        raise ValueError(
            f"style_weights must be one for each of {len(settings['style'])} paintings. "
            f"Received: {shares}"
        )
    for name in ("iterations", "scales", "size", "style_size", "learning_rate"):
        if settings[name] is not None and settings[name] <= 0:
            raise ValueError(f"{name} must be more than 0. Received: {settings[name]}")
    for name in ("jitter", "every", "seed"):
        if settings[name] < 0:
            raise ValueError(f"{name} must not be negative. Received: {settings[name]}")
    if settings["scale_factor"] <= 1:
        raise ValueError(
            f"scale_factor must be more than 1. Received: {settings['scale_factor']}"
        )
    if settings["jitter"] and settings["optimizer"] == "lbfgs":
        raise ValueError(
            "L-BFGS needs an objective that holds still: leave --jitter, or choose "
            "--optimizer adam or gd"
        )


def refuse_to_replace(out, checkpoint):
    """Raises FileExistsError if a result or an unfinished one is there already."""
    if os.path.exists(checkpoint):
        raise FileExistsError(
            f"There is a checkpoint of an unfinished picture: {checkpoint}. Go on from "
            "it with --resume, or begin again with --overwrite"
        )
    if os.path.exists(out):
        raise FileExistsError(f"{out} is there already. Give another --out, or --overwrite")
