"""Exact tiles: paint a picture in pieces, with the same result as in one piece.

If the norms' statistics are fixed, a network is a local function: a pixel depends only on
pixels that are no further away than the receptive field reaches. So a tile that is painted
with a halo of that width is the same as in the whole picture, without seams.
"""

from collections.abc import Callable

import numpy as np

REGION = 1600  # the largest side of a tile with its halo, in pixels


def mirrored(start: int, stop: int, size: int) -> np.ndarray:
    """Return the indices `start` to `stop` of an axis of `size` pixels.

    Outside of the axis, the indices go back and forth as in a mirror.
    """
    last = max(size - 1, 1)
    wave = np.arange(start, stop) % (2 * last)
    return np.minimum(last - np.abs(last - wave), size - 1)


def taken(picture: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return picture[rows[:, None], columns], for which NumPy takes eight times as long."""
    first = columns.min()
    part = picture[:, first : columns.max() + 1]
    return part.take(rows, axis=0).take(columns - first, axis=1)


def spans(
    size: int, region: int, halo: int, multiple: int = 4, smallest: int = 8
) -> tuple[int, list[tuple[int, int, int]]]:
    """Return how to cut one axis into as few regions as possible, all of the same length.

    Args:
        size: number of pixels along the axis.
        region: the largest length of a region, including its halo.
        halo: how many pixels at each end of a region are not used, unless the picture ends
            there; a multiple of `multiple`.
        multiple, smallest: the network takes lengths that are a multiple of `multiple` and
            at least `smallest`.

    Returns:
        (length, [(start, first, last)]): the regions' length, and for each region where it
        starts, and which pixels of the picture it gives: from `first` up to `last`, which
        is not included.
    """
    extended = max(-(-size // multiple) * multiple, smallest)
    if extended <= region:
        return extended, [(0, 0, size)]
    count = -(-(extended - 2 * halo) // (region - 2 * halo))
    share = (extended + (count - 1) * 2 * halo) / count
    length = int(-(-share // multiple) * multiple)
    starts = [min(i * (length - 2 * halo), extended - length) for i in range(count)]
    borders = [0, *(start + halo for start in starts[1:]), size]
    return length, list(zip(starts, borders[:-1], borders[1:], strict=True))


def paint_in_tiles(
    picture: np.ndarray, paint: Callable[[np.ndarray], np.ndarray], halo: int,
    region: int = REGION, margin: int = 0, progress: bool = True,
    multiple: int = 4, smallest: int = 8,
) -> np.ndarray:  # fmt: skip
    """Paint a picture of any size in tiles, with little memory.

    Args:
        picture: float32 RGB (height, width, 3), 0-255.
        paint: function from a tile to the painted tile, float32 (height, width, 3).
        halo: see `spans`.
        region: the largest side of a tile with its halo, a multiple of `multiple`.
        margin: the picture is extended by this many mirrored pixels at each border; they
            are cut off after painting.
        progress: whether to show a bar if there are several tiles.
        multiple, smallest: see `spans`.

    Returns:
        The painted picture, float32 RGB (height, width, 3).
    """
    extended = [size + 2 * margin for size in picture.shape[:2]]
    height, rows = spans(extended[0], region, halo, multiple, smallest)
    width, columns = spans(extended[1], region, halo, multiple, smallest)
    painted = np.empty((*extended, 3), np.float32)
    tiles = [(row, column) for row in rows for column in columns]
    bar = tiles
    if progress and len(tiles) > 1:
        import tqdm  # imported only if needed, because it takes long for a small picture

        bar = tqdm.tqdm(tiles, unit="tile", leave=False)
    for (top, y0, y1), (left, x0, x1) in bar:
        down = mirrored(top - margin, top - margin + height, picture.shape[0])
        across = mirrored(left - margin, left - margin + width, picture.shape[1])
        tile = paint(taken(picture, down, across))
        painted[y0:y1, x0:x1] = tile[y0 - top : y1 - top, x0 - left : x1 - left]
    inside = slice(margin, -margin or None)
    return painted[inside, inside]
