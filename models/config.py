"""NetworkConfig: the settings of a network; and all constants of the networks."""

import dataclasses

from fusion_style.settings import setting

NORMS = ("batch", "instance")
UPSAMPLING = ("resize", "deconv")

EPSILON = 1e-5  # added to a norm's variance
MOMENTUM = 0.98  # of batch norm's moving statistics
# A flat channel has almost no deviation to divide by. Differences of less than about two
# gray levels (of 255) are noise, and must not be amplified.
FLOOR = 2.0
# Standardized pixels go through limit · tanh(x / limit). The limit is smaller in painting
# than in training: near the largest values that a network has seen in training, bright
# regions turn into white blobs.
TRAINING_LIMIT, LIMIT = 1.5, 1.1
HALF = 127.5  # of 255: pixels are HALF · tanh + HALF (Johnson et al. 2016)
LEAK = 0.2  # smallest gradient of the last tanh in training; a departure from the paper
PICTURE = 3  # number of channels of a picture
# Loss networks pad with zeros, so learned strokes fade towards the border. Therefore a
# margin around the picture is painted too, and cut off.
MARGIN = 16  # pixels
BLOCK = 4  # the side of the block of pixels that the last layer computes at once


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The settings of an image transformation network.

    The constructor checks nothing; `fusion_style.settings.check` checks the values.
    """

    network: str = setting("Image transformation network.", "fusion")
    norm: str = setting("Norm after every convolution.", "instance", choices=NORMS)
    upsample: str = setting("Kind of upsampling layers.", "resize", choices=UPSAMPLING)
    input_norm: bool = setting(
        "Scale each photograph's channels to mean 0 and deviation 1.", True
    )
    width: float = setting(
        "Factor for the number of channels in every layer.", 1.0, above=0, at_most=16
    )
    shrink: int = setting(
        "FastChi's k, for the inception network.", 2, at_least=1, at_most=64
    )
    conditions: int = setting(
        "Rows of γ and β of every norm: one for each painting and stroke size.",
        1,
        at_least=1,
        at_most=4096,
        flag=False,
    )
