"""Stylizer: a photograph in, the painted photograph out.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import os
import warnings

import numpy as np

from fusion_style.data.colors import with_colors_of
from fusion_style.data.images import Picture, fit_size, resize, to_bytes
from fusion_style.inference.engines.registry import check_names, load_engine
from fusion_style.inference.statistics import photograph_of, samples
from fusion_style.inference.tiles import REGION, paint_in_tiles
from fusion_style.models.config import FLOOR, MARGIN
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting
from fusion_style.models.shipped import style_path


class PaintingWarning(UserWarning):
    """A painting that shows nothing of its photograph; the message names the style."""


class Stylizer:
    """One style, ready to paint pictures of any size.

    Args:
        style: a shipped style's name, or the path of a style file or of a training's
            folder.
        engine, precision: see `inference.engines.registry.load_engine`.

    Attributes:
        name: the style, as it was given.
        engine: what paints; it compiles once for each size of tile, whatever the style.
        style: γ and β of the norms, float32 (2, their channels in all).

    Raises:
        StyleFileError: if there is no such style, or the file is none.
        ValueError: for an unknown engine or precision, or one that does not fit.
    """

    margin = MARGIN

    def __init__(
        self, style: str | os.PathLike[str], engine: str = "auto", precision: str = "auto"
    ) -> None:
        check_names(engine, precision)
        graph = painting(load_graph(style_path(style)))
        self.name = os.fspath(style)
        self.engine = load_engine(graph, engine, precision)
        self.style = graph.style()

    def paint(self, pixels: np.ndarray, region: int = REGION) -> np.ndarray:
        """Return the painting of a picture, at its own size.

        Args:
            pixels: float32 RGB (height, width, 3), 0-255.
            region: see `inference.tiles.paint_in_tiles`.

        Returns:
            float32 RGB (height, width, 3), 0-255.

        Warns:
            PaintingWarning: if the painting is of one color, or not finite, and the
                picture isn't.
        """
        engine, graph = self.engine, self.engine.graph
        photograph, statistics = photograph_of(pixels), None
        if graph.measured and max(pixels.shape[:2]) + 2 * self.margin > region:
            # Instance norm sees the whole picture; its tiles share what squares of it say.
            statistics = engine.measure(samples(pixels), photograph, self.style)
        painted = paint_in_tiles(
            pixels,
            lambda tile: engine.paint(tile[None], photograph, self.style, statistics)[0],
            graph.halo,
            region,
            self.margin,
            multiple=graph.multiple,
            smallest=graph.smallest,
        )
        self.look_at(painted, pixels)
        return painted

    def look_at(self, painted: np.ndarray, pixels: np.ndarray) -> None:
        """Warn of a painting that shows nothing of a picture that shows something."""
        if not finite(painted) and finite(pixels):
            what = "values that are not finite"
        elif one_color(painted) and not one_color(pixels, 2 * FLOOR):
            what = "a single color"
        else:
            return
        warnings.warn(
            f"The style {self.name} paints {what} where the picture has more to show. Its "
            "weights may be damaged",
            PaintingWarning,
            stacklevel=3,
        )

    def __call__(
        self, picture: Picture, max_size: int | None = None, strength: float = 1.0,
        keep_colors: bool = False,
    ) -> Picture:  # fmt: skip
        """Return the painting of a picture.

        Args:
            picture: what travels with it is kept.
            max_size: the longer side is made no longer than this, in pixels; None for
                any.
            strength: 0 for the photograph to 1 for the painting.
            keep_colors: paint in the photograph's colors, with the painting's brightness
                (Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer",
                luminance-only).

        Returns:
            A `Picture` of the same size, unless `max_size` makes it smaller.
        """
        photograph, alpha = picture.pixels, picture.alpha
        if max_size and max(photograph.shape[:2]) > max_size:
            height, width = photograph.shape[:2]
            height, width = fit_size(height, width, max_size)
            photograph = resize(photograph, height, width)
            if alpha is not None:
                alpha = to_bytes(resize(alpha, height, width))
        painted = self.paint(photograph)
        if keep_colors:
            painted = with_colors_of(painted, photograph)
        if strength < 1:
            painted = photograph + np.float32(strength) * (painted - photograph)
        return Picture(painted, alpha, picture.exif)


def finite(pixels: np.ndarray) -> bool:
    """Return whether no pixel is infinite or not a number."""
    return bool(np.isfinite([pixels.min(), pixels.max()]).all())


def one_color(pixels: np.ndarray, within: float = 0.5) -> bool:
    """Return whether all pixels are like the first, within so many gray levels."""
    first = pixels[0, 0]
    return all((np.abs(row - first) <= within).all() for row in pixels)
