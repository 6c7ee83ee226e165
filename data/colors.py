"""Color and brightness of a picture, separated.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import numpy as np

# ITU-R BT.601.
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def with_colors_of(painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
    """Return a picture with the photograph's colors and the painted picture's brightness.

    Luminance-only transfer (Gatys et al. 2016, "Preserving Color in Neural Artistic
    Style Transfer"): the difference of luminance is added to every channel. This does
    not change the chroma, except where the sum is clipped.

    Args:
        painted, photograph: float32 RGB (height, width, 3), 0-255, of the same size.

    Returns:
        float32 RGB (height, width, 3), 0-255.
    """
    brighter = painted @ LUMINANCE - photograph @ LUMINANCE
    return np.clip(photograph + brighter[..., None], 0, 255)
