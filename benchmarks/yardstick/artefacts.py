"""What upsampling and padding leave behind in a painting, as numbers.

The grid: layers of stride 2 leave patterns that repeat every 2 and 4 pixels (Odena et
al. 2016, "Deconvolution and Checkerboard Artifacts"). The border: what loss networks
and networks pad with shows as a frame, and strokes fade out there.
"""

import numpy as np

PERIODS = 2, 4  # pixels
NEAR = 3, 8  # distances in frequency, in steps of the transform, of what is beside a peak
STRIP = 8  # pixels, the border's width
BORDER = "border_red", "border_green", "border_blue", "border_deviation"


def artefacts(pixels):
    """How much of both there is in a picture; of a photograph, to compare with.

    Args:
        pixels: float32 RGB (height, width, 3), 0-255; sides multiples of 8, at least 64.

    Returns:
        {"grid_2", "grid_4"}: the energy at that period over the energy beside it, the
        mean of across and down; 1 where there is no grid. {"border_red", "border_green",
        "border_blue"}: how much brighter, in gray levels, the outermost 8 pixels are in
        the mean than the interior, which begins 16 pixels from the border; a dark frame
        is negative. Photographs have such differences, which over many of them even out.
        {"border_deviation"}: the same of the deviation within squares of 8 pixels;
        negative where strokes fade.
    """
    grid = {
        f"grid_{period}": np.mean([peak(pixels, period, axis) for axis in (0, 1)])
        for period in PERIODS
    }
    color, deviation = border(pixels)
    found = grid | dict(zip(BORDER, (*color, deviation), strict=True))
    return {name: float(value) for name, value in found.items()}


def peak(pixels, period, axis):
    """The energy at one period along `axis` over the energy beside it.

    Rows are transformed apart and their energies added, so that it doesn't matter
    whether they agree about where the pattern begins.
    """
    length = pixels.shape[axis]
    window = np.expand_dims(np.hanning(length + 1)[:-1], [a for a in range(3) if a != axis])
    centerd = pixels - pixels.mean(axis, keepdims=True)
    energies = np.square(np.abs(np.fft.rfft(centerd * window, axis=axis)))
    energy = energies.mean(tuple(a for a in range(3) if a != axis))
    energy += np.square(window).sum() / 12  # that of rounding to gray levels
    distance = np.abs(np.arange(len(energy)) - length // period)
    beside = energy[(distance >= NEAR[0]) & (distance <= NEAR[1])]
    # Energies fall as a power of the frequency, so their mean is geometric.
    return energy[distance < 2].mean() / np.exp(np.log(beside).mean())


def border(pixels):
    """(colors, deviation): how much more of them the border has than the interior."""
    height, width, channels = pixels.shape
    squares = pixels.reshape(height // STRIP, STRIP, width // STRIP, STRIP, channels)

    def difference(values):
        strip = np.ones(values.shape[:2], bool)
        strip[1:-1, 1:-1] = False
        return values[strip].mean(0) - values[2:-2, 2:-2].mean((0, 1))

    return difference(squares.mean((1, 3))), difference(squares.std((1, 3))).mean()
