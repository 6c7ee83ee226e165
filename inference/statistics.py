"""Statistics of a whole picture, which are needed before its tiles are painted.

Pixels are float32 RGB, (height, width, 3), values in 0-255.
"""

import numpy as np

from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.tiles import mirrored, taken
from fusion_style.models.config import FLOOR


def photograph_of(pixels: np.ndarray, rows: int = 512) -> Photograph:
    """Return mean, and one over the standard deviation, of a picture's channels.

    The square of `models.config.FLOOR` is added to the variance.

    Args:
        pixels: float32 RGB (height, width, 3), 0-255.
        rows: how many rows to read at a time, so that a large picture is not copied.
    """
    height, width = pixels.shape[:2]
    lines = pixels.reshape(height, -1)
    slices = [lines[i : i + rows] for i in range(0, height, rows)]
    mean = sum(map(total, slices)) / (height * width)
    around = mean.astype(np.float32)
    # A line of the mean: NumPy takes ten times as long to repeat three numbers.
    line = np.tile(around, width)
    variance = sum(total(np.square(part - line)) for part in slices) / (height * width)
    return Photograph(around, (1 / np.sqrt(variance + FLOOR**2)).astype(np.float32))


def total(lines: np.ndarray) -> np.ndarray:
    """Return the sum of each channel, float64 (3,).

    Lines are added first: along both axes at once, NumPy takes ten times as long.

    Args:
        lines: float32 (height, width · 3).
    """
    return lines.sum(axis=0, dtype=np.float64).reshape(-1, 3).sum(axis=0)


def samples(pixels: np.ndarray, side: int = 128, most: int = 8) -> np.ndarray:
    """Return squares of a picture from which to take the statistics of the whole picture.

    The squares lie at even distances, and are not scaled. A thumbnail (Chen et al. 2022)
    has finer textures than the picture: with its statistics, the result differs more from
    the picture that is painted in one piece.

    Args:
        pixels: float32 RGB (height, width, 3), 0-255.
        side: side of a square, in pixels; smaller pictures are extended by mirroring.
        most: the largest number of squares along an axis.

    Returns:
        float32 RGB (n, side, side, 3), 0-255.
    """

    def along(n: int) -> list[np.ndarray]:
        count = min(max(n // side, 1), most)
        starts = np.linspace(0, max(n - side, 0), count, dtype=int)
        return [mirrored(start, start + side, n) for start in starts]

    rows, columns = map(along, pixels.shape[:2])
    return np.stack([taken(pixels, row, column) for row in rows for column in columns])
