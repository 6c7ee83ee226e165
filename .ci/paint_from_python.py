"""Paint a small photograph from Python, as the README shows it; for check_installs.

Usage: python paint_from_python.py FOLDER, where FOLDER must hold the package.
"""

import pathlib
import sys

import numpy as np
from PIL import Image

import fusion_style

package = pathlib.Path(fusion_style.__file__).resolve()
expected = pathlib.Path(sys.argv[1]).resolve()
assert package.is_relative_to(expected), f"{package} is not in {expected}"

rows, columns = np.mgrid[:48, :64]
pixels = np.stack([4 * columns, 5 * rows, 255 - 2 * (rows + columns)], axis=-1)
Image.fromarray(pixels.astype(np.uint8)).save("photograph.png")
picture = fusion_style.read_picture("photograph.png")
painted = fusion_style.Stylizer("starry_night")(picture)
assert painted.pixels.shape == picture.pixels.shape
assert np.abs(painted.pixels - picture.pixels).mean() > 10, "that is not a painting"
fusion_style.write_picture("painted.png", painted)
