"""The preview of a video: a picture file that always shows the newest painted frame."""

import contextlib
import os
import time

import numpy as np

from fusion_style.data.images import WRITABLE, Picture, encode
from fusion_style.data.video.probe import VideoError
from fusion_style.files import write_bytes

EVERY = 1.0  # least time between two pictures, in seconds


class Preview:
    """Write the newest painted frame to a file, at most once a second.

    Args:
        path: of the picture.

    Raises:
        VideoError: if the extension is not one of a picture that we write.
    """

    def __init__(self, path: str) -> None:
        if os.path.splitext(path)[1].lower() not in WRITABLE:
            raise VideoError(
                f"--preview must be a picture: {', '.join(WRITABLE)}. Received: {path}"
            )
        self.path, self.next = path, 0.0

    def __call__(self, pixels: np.ndarray) -> None:
        """Write a painted frame, float32 RGB (height, width, 3), 0-255, if it is time."""
        if time.monotonic() < self.next:
            return
        with contextlib.suppress(OSError):  # a preview must not stop the video
            write_bytes(self.path, encode(self.path, Picture(pixels)), durable=False)
        self.next = time.monotonic() + EVERY
