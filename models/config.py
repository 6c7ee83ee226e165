"""NetworkConfig: what a network is told, and every constant of the networks, once."""

import dataclasses

from fusion_style.settings import setting

NORMS = ("batch", "instance")
UPSAMPLING = ("resize", "deconv")

EPSILON = 1e-5  # added to a norm's variance
MOMENTUM = 0.98  # of batch norm's moving statistics
# A flat channel has no deviation to divide by: what varies by less than about two gray
# levels of 255 is noise, and must not be blown up.
FLOOR = 2.0
# Standardized pixels go through limit · tanh(x / limit). The limit is closer in painting
# than in training: at the far end of what a network was trained on, bright regions turn
# into white blobs.
TRAINING_LIMIT, LIMIT = 1.5, 1.1
HALF = 127.5  # of 255: pixels are HALF · tanh + HALF (Johnson et al. 2016)
LEAK = 0.2  # the least gradient of the output's tanh in training; a departure
PICTURE = 3  # channels of a picture
# Loss networks pad with zeros, so strokes fade out at the border of what they saw: that
# is painted beyond the picture's own border, and cut off.
MARGIN = 16  # pixels
BLOCK = 4  # the side of the block of pixels that the last layer computes at once


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The architecture of an image transformation network.

    Raises nothing by itself: `fusion_style.settings.check` does.
    """

    network: str = setting("Image transformation network.", "fusion")
    norm: str = setting("Norm after every convolution.", "instance", choices=NORMS)
    upsample: str = setting("Upsampling layers.", "resize", choices=UPSAMPLING)
    input_norm: bool = setting(
        "Bring each photograph's channels to mean 0, deviation 1.", True
    )
    width: float = setting(
        "Multiplies the channels of every layer.", 1.0, above=0, at_most=16
    )
    shrink: int = setting(
        "FastChi's k, of the inception network.", 2, at_least=1, at_most=64
    )
    conditions: int = setting(
        "Rows of γ and β of every norm: one for each painting and stroke size.",
        1,
        at_least=1,
        at_most=4096,
        flag=False,
    )
