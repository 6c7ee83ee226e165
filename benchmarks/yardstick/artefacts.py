"""Measure the artifacts of upsampling and padding in a painted picture.

Grids: layers of stride 2 leave patterns that repeat every 2 and 4 pixels (Odena et al.
2016, "Deconvolution and Checkerboard Artifacts"). Borders: the padding of networks and loss
networks can show as a frame, and strokes can fade there.
"""

import numpy as np

PERIODS = 2, 4  # pixels
NEAR = 3, 8  # which frequencies count as beside a peak: distances in steps of the transform
STRIP = 8  # width of the border, in pixels
BORDER = "border_red", "border_green", "border_blue", "border_deviation"


def artefacts(pixels):
    """Return the strength of grids and borders in a picture.

    Args:
        pixels: float32 RGB (height, width, 3), 0-255; sides are multiples of 8, at least
            64.

    Returns:
        {"grid_2", "grid_4"}: the energy at that period divided by the energy beside it, the
        mean of both directions; 1 if there is no grid. {"border_red", "border_green",
        "border_blue"}: how much brighter the outermost 8 pixels are than the interior,
        which begins 16 pixels from the border, on average, in gray levels; negative for a
        dark frame. Single photographs have such differences too, but many photographs
        together do not. {"border_deviation"}: the same for the standard deviation within
        squares of 8×8 pixels; negative if strokes fade.
    """
    grid = {
        f"grid_{period}": np.mean([peak(pixels, period, axis) for axis in (0, 1)])
        for period in PERIODS
    }
    color, deviation = border(pixels)
    found = grid | dict(zip(BORDER, (*color, deviation), strict=True))
    return {name: float(value) for name, value in found.items()}


def peak(pixels, period, axis):
    """Return the energy at one period along `axis`, divided by the energy beside it.

    Each row is transformed separately, and the energies are added. So a pattern counts even
    if it begins at another place in each row.
    """
    length = pixels.shape[axis]
    window = np.expand_dims(np.hanning(length + 1)[:-1], [a for a in range(3) if a != axis])
    centered = pixels - pixels.mean(axis, keepdims=True)
    energies = np.square(np.abs(np.fft.rfft(centered * window, axis=axis)))
    energy = energies.mean(tuple(a for a in range(3) if a != axis))
    energy += np.square(window).sum() / 12  # that of rounding to gray levels
    distance = np.abs(np.arange(len(energy)) - length // period)
    beside = energy[(distance >= NEAR[0]) & (distance <= NEAR[1])]
    # Energies fall as a power of the frequency, so the mean must be geometric.
    return energy[distance < 2].mean() / np.exp(np.log(beside).mean())


def border(pixels):
    """Return how much the border's colors and deviation exceed those of the interior."""
    height, width, channels = pixels.shape
    squares = pixels.reshape(height // STRIP, STRIP, width // STRIP, STRIP, channels)

    def difference(values):
        strip = np.ones(values.shape[:2], bool)
        strip[1:-1, 1:-1] = False
        return values[strip].mean(0) - values[2:-2, 2:-2].mean((0, 1))

    return difference(squares.mean((1, 3))), difference(squares.std((1, 3))).mean()
