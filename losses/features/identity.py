"""What the weights of a loss network are known by, in run records and checkpoints."""

import pathlib

from fusion_style.files import sha256

WORDS = {"imagenet", "random"}  # weights that are no file of the user's


def known_by(loss_weights: str, loss_network: str) -> str:
    """Return what weights are compared by: a word of `WORDS`, or a file's sha256.

    The weights that come with Fusion Style are a file, too, which may be replaced by a
    better one while a training is interrupted.

    Args:
        loss_weights, loss_network: of a `LossConfig`.

    Raises:
        OSError: if the file cannot be read.
    """
    shipped = pathlib.Path(__file__).with_name(f"{loss_network}.safetensors")
    if loss_weights == "imagenet" and shipped.exists():
        return sha256(shipped)
    return loss_weights if loss_weights in WORDS else sha256(loss_weights)
