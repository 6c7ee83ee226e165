"""Make a folder of artificial photographs: JPEGs of 640×480 pixels.

Their spectrum falls with the frequency as that of real photographs does (Field 1987). So
the files are about as large as COCO's, and decoding one takes about as long.
"""

import os

import numpy as np
from PIL import Image

SIZE = 640, 480
QUALITY = 90  # 138 kilobytes; COCO's have 160 in the mean


def noise(rng, height, width, slope=1.2):
    """Return noise, mean 0 and deviation 1, with amplitudes of 1 / frequency^slope."""
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    amplitude = 1 / np.maximum(np.hypot(down, across), 1 / width) ** slope
    phase = np.exp(2j * np.pi * rng.random(amplitude.shape))
    field = np.fft.irfft2(amplitude * phase, (height, width))
    return (field - field.mean()) / field.std()


def make_photographs(folder, count):
    """Write `count` JPEGs to a folder; return their paths."""
    rng = np.random.default_rng(0)
    width, height = SIZE
    light, *colors = (noise(rng, 2 * height, 2 * width) for _ in range(4))
    scene = 128 + 50 * np.stack([0.8 * light + 0.6 * c for c in colors], axis=-1)
    scene = np.clip(scene, 0, 255).astype(np.uint8)
    os.makedirs(folder, exist_ok=True)
    paths = [os.path.join(folder, f"{i:05d}.jpg") for i in range(count)]
    for path in paths:
        top, left = rng.integers((height, width))
        window = scene[top : top + height, left : left + width]
        Image.fromarray(window).save(path, quality=QUALITY)
    return paths
