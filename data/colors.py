"""Colors apart from brightness.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import numpy as np

# ITU-R BT.601.
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def with_colors_of(painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
    """Return the photograph's colors with the painted picture's brightness.

    Luminance-only transfer (Gatys et al. 2016, "Preserving Color in Neural Artistic
    Style Transfer"): the difference of luminance is added to every channel, which
    leaves the chroma as it is wherever the sum is not clipped.

    Args:
        painted, photograph: float32 RGB of the same size, 0-255.

    Returns:
        float32 RGB (height, width, 3), 0-255.
    """
    brighter = painted @ LUMINANCE - photograph @ LUMINANCE
    return np.clip(photograph + brighter[..., None], 0, 255)
