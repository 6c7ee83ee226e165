"""What the weights of a loss network are known by, in run records and checkpoints."""

from fusion_style.files import sha256

WORDS = {"imagenet", "random"}  # weights that are no file


def known_by(loss_weights: str) -> str:
    """Return what weights are compared by: a word of `WORDS`, or a file's sha256.

    Raises:
        OSError: if the file cannot be read.
    """
    return loss_weights if loss_weights in WORDS else sha256(loss_weights)
