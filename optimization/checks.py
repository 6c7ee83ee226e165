"""Check, before anything is computed, that an optimization can be carried out."""

import os

from fusion_style import settings
from fusion_style.data.images import WRITABLE
from fusion_style.files import check_writable
from fusion_style.losses.dream import Dream
from fusion_style.losses.features.networks import check_layers, check_pooling, check_weights
from fusion_style.losses.perceptual import layer_weights
from fusion_style.optimization.config import OptimizeConfig, complete


def checked(config: OptimizeConfig) -> OptimizeConfig:
    """Check a config and return it with all defaults filled in.

    Raises:
        ValueError, OSError: if it cannot be carried out; the message says what to do.
    """
    settings.check(config)
    config = complete(config)
    check_loss(config)
    if config.start not in ("photo", "noise") and not os.path.exists(config.start):
        raise FileNotFoundError(
            f"start must be photo, noise or a picture's path. Received: {config.start}"
        )
    extension = os.path.splitext(config.out)[1].lower()
    if extension not in WRITABLE:
        raise ValueError(
            f"out must be a picture: {', '.join(WRITABLE)}. Received: {config.out}"
        )
    check_writable(config.out)
    shares = config.style_weights
    if shares and (len(shares) != len(config.style) or not sum(shares)):
        raise ValueError(
            f"style_weights must be numbers, one for each of {len(config.style)} "
            f"paintings, not all 0. Received: {', '.join(map(str, shares))}"
        )
    if config.jitter and config.optimizer == "lbfgs":
        raise ValueError(
            "L-BFGS cannot be used with jitter. Leave out --jitter, or choose --optimizer "
            "adam or gd"
        )
    return config


def check_loss(config: OptimizeConfig) -> None:
    """Check that the loss network has the layers, the weights and the pooling.

    Raises:
        ValueError: if it does not.
        FileNotFoundError: if the weights file does not exist.
    """
    for layers in (config.content_layers, config.style_layers):
        check_layers(config.loss_network, tuple(layer_weights(layers or ())))
    check_layers(config.loss_network, Dream(config.dream).layers)
    check_weights(config.loss_network, config.loss_weights)
    check_pooling(config.loss_network, config.pooling)


def refuse_to_replace(out: str, checkpoint: str) -> None:
    """Check that neither the result nor a checkpoint exists already.

    Args:
        out: path of the result.
        checkpoint: path of its checkpoint.

    Raises:
        FileExistsError: if one of them exists.
    """
    if os.path.exists(checkpoint):
        raise FileExistsError(
            f"There is a checkpoint of an unfinished picture: {checkpoint}. Continue from "
            "it with --resume, or start again with --overwrite"
        )
    if os.path.exists(out):
        raise FileExistsError(f"{out} is there already. Give another --out, or --overwrite")
