"""Exact tiling: a picture painted piece by piece, to the pixels of the whole.

A network whose norms are folded is a local function: a pixel depends on the pixels
no further away than its receptive field. So a tile with a halo of that width comes
out as in the whole picture, seams and borders included.
"""

from collections.abc import Callable

import numpy as np

REGION = 1600  # the side of what is painted at a time, in pixels


def mirrored(start: int, stop: int, size: int) -> np.ndarray:
    """Return the indices `start` to `stop` of an axis of `size` that goes on mirrored."""
    last = max(size - 1, 1)
    wave = np.arange(start, stop) % (2 * last)
    return np.minimum(last - np.abs(last - wave), size - 1)


def spans(
    size: int, region: int, halo: int, multiple: int = 4, smallest: int = 8
) -> tuple[int, list[tuple[int, int, int]]]:
    """Return how to cut one axis, into as few regions as will do, all of one length.

    Args:
        size: pixels along it.
        region: the most pixels that are painted at a time, halo included.
        halo: pixels at each border of a region that are thrown away, unless the
            picture ends there; a multiple of `multiple`.
        multiple, smallest: what the network takes.

    Returns:
        (length, [(start, first, last)]): the regions' length, and for each where it
        starts, and the pixels of the picture to keep of it.
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
    """Return the painting of a picture of any size, with a bounded working set.

    Args:
        picture: float32 (height, width, 3).
        paint: takes and returns float32 (height, width, 3), of one tile.
        halo: see `spans`.
        region: the longest side of what is given to `paint` at a time, a
            multiple of `multiple`.
        margin: pixels by which the picture is mirrored outwards at each border, and
            which are cut off again.
        progress: show a bar when there are several tiles.
        multiple, smallest: see `spans`.

    Returns:
        float32 (height, width, 3).
    """
    extended = [size + 2 * margin for size in picture.shape[:2]]
    height, rows = spans(extended[0], region, halo, multiple, smallest)
    width, columns = spans(extended[1], region, halo, multiple, smallest)
    painted = np.empty((*extended, 3), np.float32)
    tiles = [(row, column) for row in rows for column in columns]
    bar = tiles
    if progress and len(tiles) > 1:
        import tqdm  # takes longer to import than a small picture's last layers

        bar = tqdm.tqdm(tiles, unit="tile", leave=False)
    for (top, y0, y1), (left, x0, x1) in bar:
        down = mirrored(top - margin, top - margin + height, picture.shape[0])
        across = mirrored(left - margin, left - margin + width, picture.shape[1])
        tile = paint(picture[down[:, None], across])
        painted[y0:y1, x0:x1] = tile[y0 - top : y1 - top, x0 - left : x1 - left]
    inside = slice(margin, -margin or None)
    return painted[inside, inside]
