"""A picture to keep open while a video is painted: the newest painting."""

import contextlib
import os
import time

import numpy as np

from fusion_style.data.images import WRITABLE, Picture, encode
from fusion_style.data.video.probe import VideoError
from fusion_style.files import write_bytes

EVERY = 1.0  # seconds between two of them


class Preview:
    """Writes the newest painting to a file, not more often than every second.

    Args:
        path: of a picture.

    Raises:
        VideoError: for an extension that is no picture's.
    """

    def __init__(self, path: str) -> None:
        if os.path.splitext(path)[1].lower() not in WRITABLE:
            raise VideoError(
                f"--preview must be a picture: {', '.join(WRITABLE)}. Received: {path}"
            )
        self.path, self.next = path, 0.0

    def __call__(self, pixels: np.ndarray) -> None:
        """Show a painting, float32 RGB (height, width, 3), 0-255, if it is time."""
        if time.monotonic() < self.next:
            return
        with contextlib.suppress(OSError):  # it is worth no video
            write_bytes(self.path, encode(self.path, Picture(pixels)), durable=False)
        self.next = time.monotonic() + EVERY
