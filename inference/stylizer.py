"""Stylizer: paint photographs in a style.

Pixels are float32 RGB, (height, width, 3), 0-255.
"""

import copy
import os
from collections.abc import Mapping

import numpy as np

from fusion_style.data.colors import with_colors_of
from fusion_style.data.images import Picture, fit_size, resize, to_bytes
from fusion_style.inference.blank import look_at
from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.engines.registry import check_names, load_engine
from fusion_style.inference.masks import Mask, blend, mask_of
from fusion_style.inference.statistics import photograph_of, samples
from fusion_style.inference.tiles import REGION, paint_in_tiles
from fusion_style.models.choice import StyleChoice, parse_mix, parse_style
from fusion_style.models.conditions import (
    mix,
    paintings_of,
    photograph_scale,
    read_conditions,
)
from fusion_style.models.config import MARGIN
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting


class Stylizer:
    """A style file, ready to paint pictures of any size.

    Args:
        style: a shipped style's name, the path of a style file or of a training's folder,
            or a painting or a mix in a file; see `models.choice`.
        engine, precision, device: see `inference.engines.registry.load_engine`.
        stroke: see `choose`.

    Attributes:
        name: the style, as it was given.
        conditions: a `Condition` for each row of γ and β: a painting and a stroke size.
        engine: what paints; it compiles once for each size of tile, whatever the style.
        weights: {painting: weight}; None if the file has several paintings, and none is
            chosen.
        stroke: see `choose`.
        scale: by which photographs are scaled before they are painted.

    Example:
        paintings = Stylizer("paintings.keras")
        painted = paintings(picture, style={"wave": 0.6, "udnie": 0.4}, stroke=384)

    Raises:
        StyleFileError: if there is no such style, or the file is not a style file.
        ValueError: for an unknown engine or precision, or one that cannot be used; for a
            painting that is not in the file; or for a mix or a stroke that is not possible.
    """

    margin = MARGIN

    def __init__(
        self, style: str | os.PathLike[str] | StyleChoice, engine: str = "auto",
        precision: str = "auto", stroke: float | None = None, device: str | None = None,
    ) -> None:  # fmt: skip
        check_names(engine, precision)
        choice = style if isinstance(style, StyleChoice) else parse_style(style)
        graph = painting(load_graph(choice.path))
        self.name = choice.name if isinstance(style, StyleChoice) else os.fspath(style)
        self.conditions = read_conditions(choice.path)
        self.engine = load_engine(graph, engine, precision, device)
        self.weights: dict[str, float] | None = None
        self.chosen: np.ndarray | None = None
        self.scale, self.stroke = 1.0, stroke
        paintings = paintings_of(self.conditions)
        if choice.weights or len(paintings) == 1:
            self.use(dict(choice.weights) or {paintings[0]: 1.0}, stroke)

    @property
    def style(self) -> np.ndarray:
        """γ and β of the norms, float32 (2, sum of their channels).

        Raises:
            ValueError: if the file has several paintings and none is chosen.
        """
        if self.chosen is None:
            raise self.undecided()
        return self.chosen

    @style.setter
    def style(self, style: np.ndarray) -> None:
        self.chosen = style

    def use(self, weights: Mapping[str, float], stroke: float | None) -> None:
        """Change what this Stylizer paints with; `choose` returns another one instead."""
        rows = mix(self.conditions, weights, stroke)
        self.weights = dict(weights)
        self.stroke = stroke
        self.scale = photograph_scale(self.conditions, weights, stroke)
        self.chosen = self.engine.graph.style(rows)

    def choose(
        self, style: str | Mapping[str, float] | None = None, stroke: float | None = None
    ) -> "Stylizer":
        """Return a Stylizer of a painting or a mix in this file; nothing is compiled.

        Args:
            style: a painting's name, or a mix: {"wave": 0.6, "udnie": 0.4} or
                "wave=0.6,udnie=0.4". Weights are shares; they need not sum to 1. None
                keeps what this Stylizer paints.
            stroke: size of the strokes, as the painting's shorter side in pixels. Beyond
                the learned sizes, photographs are scaled before they are painted, and
                back after. By default each painting's largest learned size.

        Returns:
            A Stylizer that shares this one's engine.

        Raises:
            ValueError: for a painting that the file doesn't have, or a mix or a stroke
                that cannot be.
        """
        if isinstance(style, str):
            style = parse_mix(style, paintings_of(self.conditions))
        weights = self.weights if style is None else style
        if weights is None:
            raise self.undecided()
        chosen = copy.copy(self)
        chosen.use(weights, stroke)
        return chosen

    def undecided(self) -> ValueError:
        """Return the error for a file with several paintings of which none is chosen."""
        names = ", ".join(paintings_of(self.conditions))
        return ValueError(
            f"{self.name} has several paintings. Choose one, or a mix: {names}"
        )

    def paint(self, pixels: np.ndarray, region: int = REGION) -> np.ndarray:
        """Paint a picture, at its own size.

        Args:
            pixels: float32 RGB (height, width, 3), 0-255.
            region: see `inference.tiles.paint_in_tiles`.

        Returns:
            float32 RGB (height, width, 3), 0-255.

        Raises:
            ValueError: if the file has several paintings and none is chosen.

        Warns:
            PaintingWarning: if the result has only one color or is not finite, but the
                picture has more colors and is finite.
        """
        painted = self.paint_seen(pixels, photograph_of(pixels), region=region)
        look_at(painted, pixels, self.name)
        return painted

    def paint_seen(
        self, pixels: np.ndarray, photograph: Photograph,
        statistics: np.ndarray | None = None, region: int = REGION, progress: bool = True,
    ) -> np.ndarray:  # fmt: skip
        """Return the painting of a picture whose statistics are known.

        Args:
            pixels: see `paint`.
            photograph: of it, or of the shot that it is a frame of.
            statistics: of `Engine.measure`; by default they are taken where they are
                needed.
            region, progress: see `inference.tiles.paint_in_tiles`.
        """
        engine, graph, style = self.engine, self.engine.graph, self.style
        height, width = pixels.shape[:2]
        if self.scale != 1:
            longer = max(height, width) * self.scale
            pixels, statistics = resize(pixels, *fit_size(height, width, longer)), None
        large = max(pixels.shape[:2]) + 2 * self.margin > region
        if statistics is None and graph.measured and large:
            # Instance norm needs statistics of the whole picture. Squares of it give them.
            statistics = engine.measure(samples(pixels), photograph, style)
        painted = paint_in_tiles(
            pixels,
            lambda tile: engine.paint(tile[None], photograph, style, statistics)[0],
            graph.halo,
            region,
            self.margin,
            progress,
            multiple=graph.multiple,
            smallest=graph.smallest,
        )
        return resize(painted, height, width)

    def __call__(
        self, picture: Picture, max_size: int | None = None, strength: float = 1.0,
        keep_colors: bool = False, style: str | Mapping[str, float] | None = None,
        stroke: float | None = None, mask: Mask | np.ndarray | None = None,
        style2: "str | Mapping[str, float] | Stylizer | None" = None,
    ) -> Picture:  # fmt: skip
        """Paint a picture.

        Args:
            picture: what travels with it is kept.
            max_size: the longer side is made no longer than this, in pixels; None for
                any.
            strength: 0 for the photograph to 1 for the painting.
            keep_colors: paint in the photograph's colors, with the painting's brightness
                (Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer",
                luminance-only).
            style, stroke: see `choose`; by default those of this Stylizer.
            mask: (height, width), from 0 or False, where nothing is painted, to 255 or
                True. It may have any size, but the picture's aspect ratio.
            style2: the style where the mask is 0: a painting or a mix in this file, or
                another Stylizer. By default the photograph is kept there.

        Returns:
            A `Picture` of the same size, unless `max_size` makes it smaller.

        Raises:
            ValueError: for a style, a stroke or a mask that is not possible.
        """
        painter, beside = self, style2
        if style is not None or stroke is not None:
            painter = self.choose(style, stroke)
        if beside is not None and not isinstance(beside, Stylizer):
            beside = self.choose(beside, stroke)
        if beside is not None and mask is None:
            raise ValueError(
                "style2 needs a mask: it is the style of the mask's black parts"
            )
        photograph, alpha = picture.pixels, picture.alpha
        if max_size and max(photograph.shape[:2]) > max_size:
            height, width = photograph.shape[:2]
            height, width = fit_size(height, width, max_size)
            photograph = resize(photograph, height, width)
            if alpha is not None:
                alpha = to_bytes(resize(alpha, height, width))
        shares = None  # with a mask: how much of the painted picture to show
        if mask is not None:
            mask = mask if isinstance(mask, Mask) else mask_of(mask)
            shares = mask.fitted(*photograph.shape[:2])
        painted = painter.paint(photograph)
        if shares is not None:
            under = photograph if beside is None else beside.paint(photograph)
            painted = blend(painted, under, shares)
        if keep_colors:
            painted = with_colors_of(painted, photograph)
        if strength < 1:
            painted = photograph + np.float32(strength) * (painted - photograph)
        return Picture(painted, alpha, picture.exif)
