"""Stylizer: a photograph in, the painted photograph out.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import numpy as np

from data.images import Picture, fit_size, resize, to_bytes
from inference.engines import load_engine
from models.checkpoint import read_recipe, style_path

# ITU-R BT.601: luminance, and what of it each colour difference is made of.
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class Stylizer:
    """One style, ready to paint.

    Args:
        style: a shipped style's name, or the path of a style file.

    Raises:
        StyleFileError: if there is no such style, or the file is none.
    """

    def __init__(self, style):
        path = style_path(style)
        self.recipe = read_recipe(path)
        self.engine = load_engine(path)

    def __call__(self, picture, max_size=None, strength=1.0, keep_colors=False):
        """Paints a picture.

        Args:
            picture: `data.images.Picture`; what travels with it is kept.
            max_size: the longer side is made no longer than this; None for any.
            strength: 0 for the photograph to 1 for the painting.
            keep_colors: paint in the photograph's colours, with the painting's
                brightness (Gatys et al. 2016, "Preserving Color in Neural Artistic
                Style Transfer", luminance-only).

        Returns:
            A `Picture` of the same size, unless `max_size` makes it smaller.
        """
        photograph, alpha = picture.pixels, picture.alpha
        if max_size and max(photograph.shape[:2]) > max_size:
            height, width = fit_size(*photograph.shape[:2], max_size)
            photograph = resize(photograph, height, width)
            if alpha is not None:
                alpha = to_bytes(resize(alpha, height, width))
        painted = self.engine(photograph)
        if keep_colors:
            brighter = painted @ LUMINANCE - photograph @ LUMINANCE
            painted = np.clip(photograph + brighter[..., None], 0, 255)
        if strength < 1:
            painted = photograph + np.float32(strength) * (painted - photograph)
        return Picture(painted, alpha, picture.exif)
