"""Stylizer: a photograph in, the painted photograph out.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import numpy as np

from data.colors import with_colors_of
from data.images import Picture, fit_size, resize, to_bytes
from inference.engines import check_names, load_engine
from inference.tiles import paint_in_tiles
from models.checkpoint import load_network, read_recipe, style_path
from models.deploy import Deployment

# A flat channel has no deviation to divide by; see models.layers.InputNormalization.
FLOOR = 2.0


class Stylizer:
    """One style, ready to paint pictures of any size.

    Args:
        style: a shipped style's name, or the path of a style file.
        engine, precision: see `inference.engines.load_engine`. A network with
            instance norm is painted whole, by Keras, whatever they are.

    Raises:
        StyleFileError: if there is no such style, or the file is none.
        ValueError: for an unknown engine or precision.
    """

    # Loss networks pad with zeros, so strokes fade out at the border of what they
    # saw: that is painted beyond the picture's own border, and cut off.
    margin = 16

    def __init__(self, style, engine="auto", precision="auto"):
        path = style_path(style)
        self.recipe = read_recipe(path)
        check_names(engine, precision)
        self.deployment = Deployment(path) if Deployment.suits(path) else None
        if self.deployment:
            self.engine = load_engine(self.deployment, engine, precision)
        else:  # instance norm sees the whole picture: the Keras network as it is
            self.network = load_network(path)

    def paint(self, pixels):
        """Float32 RGB (height, width, 3), 0-255, painted at its own size."""
        if not self.deployment:
            return self.network.predict_on_batch(pixels[None])[0]
        mean, factor = statistics(pixels)
        return paint_in_tiles(
            pixels,
            lambda tile: self.engine(tile, mean, factor),
            halo=self.deployment.halo,
            margin=self.margin,
        )

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
        painted = self.paint(photograph)
        if keep_colors:
            painted = with_colors_of(painted, photograph)
        if strength < 1:
            painted = photograph + np.float32(strength) * (painted - photograph)
        return Picture(painted, alpha, picture.exif)


def statistics(pixels, rows=512):
    """(mean, one over the deviation) of a picture's channels, float32 (3,) each.

    Row by row, so that a large picture is not copied.
    """
    count = pixels.shape[0] * pixels.shape[1]
    mean = (
        sum(
            pixels[i : i + rows].sum(axis=(0, 1), dtype=np.float64)
            for i in range(0, len(pixels), rows)
        )
        / count
    )
    variance = (
        sum(
            np.square(pixels[i : i + rows] - mean.astype(np.float32)).sum(
                axis=(0, 1), dtype=np.float64
            )
            for i in range(0, len(pixels), rows)
        )
        / count
    )
    return mean.astype(np.float32), (1 / np.sqrt(variance + FLOOR**2)).astype(np.float32)
