"""How run records and checkpoints identify the weights of a loss network."""

import pathlib

from fusion_style.files import sha256

WORDS = {"imagenet", "random"}  # weights that are not a user's file


def known_by(loss_weights: str, loss_network: str) -> str:
    """Return what identifies weights: a word of `WORDS`, or a file's sha256.

    Weights that are part of the package are identified by their file too: a new version may
    replace it while a training is interrupted.

    Args:
        loss_weights, loss_network: settings of a `LossConfig`.

    Raises:
        OSError: if the file cannot be read.
    """
    shipped = pathlib.Path(__file__).with_name(f"{loss_network}.safetensors")
    if loss_weights == "imagenet" and shipped.exists():
        return sha256(shipped)
    return loss_weights if loss_weights in WORDS else sha256(loss_weights)
