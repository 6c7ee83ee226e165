"""What runs a trained network: an engine takes a picture and gives it back painted.

An engine is a function from float32 RGB (height, width, 3), 0-255, to the same.
"""

from models.checkpoint import load_network


def load_engine(path):
    """The engine for a style file.

    Raises:
        StyleFileError: if the file is no style.
    """
    network = load_network(path)

    def paint(pixels):
        return network.predict_on_batch(pixels[None])[0]

    return paint
