"""Stylizer: a photograph in, the painted photograph out.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import numpy as np

from fusion_style.data.colors import with_colors_of
from fusion_style.data.images import Picture, fit_size, resize, to_bytes
from fusion_style.inference.engines.registry import check_names, load_engine
from fusion_style.inference.statistics import samples, statistics
from fusion_style.inference.tiles import REGION, paint_in_tiles
from fusion_style.models.deploy import Deployment
from fusion_style.models.style_file import read_recipe, style_path


class Stylizer:
    """One style, ready to paint pictures of any size.

    Args:
        style: a shipped style's name, or the path of a style file or of a training's
            folder.
        engine, precision: see `inference.engines.registry.load_engine`; "int8", too, for
            which the style must have batch norm, and the engine be OpenVINO.

    Raises:
        StyleFileError: if there is no such style, or the file is none.
        ValueError: for an unknown engine or precision, or one that does not fit.
    """

    # Loss networks pad with zeros, so strokes fade out at the border of what they
    # saw: that is painted beyond the picture's own border, and cut off.
    margin = 16

    def __init__(self, style, engine="auto", precision="auto"):
        path = style_path(style)
        read_recipe(path)  # complains of what is no style
        check_names(engine, precision)
        self.engine_name, self.precision = engine, precision
        self.deployment = Deployment(path)
        drawing = self.deployment.draw
        if precision == "int8":
            from fusion_style.inference.engines.int8 import quantized_model

            drawing = quantized_model(self.deployment, path)
            self.engine_name = "openvino"
        self.engine = self.load(drawing)

    def load(self, drawing):
        """The engine for a drawing, as it was asked for."""
        return load_engine(drawing, self.engine_name, self.precision)

    def paint(self, pixels, region=REGION):
        """Paints a picture at its own size.

        Args:
            pixels: float32 RGB (height, width, 3), 0-255.
            region: see `inference.tiles.paint_in_tiles`.

        Returns:
            float32 RGB (height, width, 3), 0-255.
        """
        scaling = statistics(pixels)
        engine = self.engine
        if self.deployment.norms and max(pixels.shape[:2]) + 2 * self.margin > region:
            # Instance norm sees the whole picture: its statistics are frozen.
            measured = self.load(self.deployment.measure)(samples(pixels), *scaling)
            engine = self.load(self.deployment.frozen(measured).draw)
        return paint_in_tiles(
            pixels,
            lambda tile: engine(tile[None], *scaling)[0],
            halo=self.deployment.halo,
            region=region,
            margin=self.margin,
        )

    def __call__(self, picture, max_size=None, strength=1.0, keep_colors=False):
        """Paints a picture.

        Args:
            picture: `data.images.Picture`; what travels with it is kept.
            max_size: the longer side is made no longer than this; None for any.
            strength: 0 for the photograph to 1 for the painting.
            keep_colors: paint in the photograph's colors, with the painting's
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
