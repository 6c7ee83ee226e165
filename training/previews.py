"""Previews: a few photographs, painted from time to time while a network learns."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tqdm

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import (
    Picture,
    PictureError,
    fit_size,
    read_picture,
    resize,
    sample_photograph,
    write_picture,
)
from fusion_style.data.sheets import contact_sheet
from fusion_style.training.board import Board

MOST, SMALL = 24, 256  # most styles on a sheet; longer side of their pictures in pixels


class Previews(keras.callbacks.Callback):
    """Paint a few photographs from time to time, to a file and for TensorBoard.

    Args:
        photographs: list of float32 RGB (height, width, 3), 0-255.
        folder: where to write `preview.jpg`, with each photograph beside the painted one.
        board: `training.board.Board`.
        start: number of steps that were done before.
        rows: the rows of the network's norms to paint with; None if there is only one. With
            several rows, the first photograph is painted with up to `MOST` of them.
        seconds: the least time between two previews.
    """

    def __init__(
        self,
        photographs: Sequence[np.ndarray],
        folder: str,
        board: Board,
        start: int = 0,
        rows: Sequence[int] | None = None,
        seconds: float = 60,
    ) -> None:
        super().__init__()
        self.path = os.path.join(folder, "preview.jpg")
        self.board, self.step, self.seconds = board, start, seconds
        self.warned = False
        self.photographs, self.rows = photographs, rows
        self.painted_at = -float("inf")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count the step; paint if it is time."""
        self.step += 1
        began = time.monotonic()
        if began - self.painted_at > self.seconds:
            self.paint()
            # Painting many styles takes at most a twentieth of the time.
            self.seconds = max(self.seconds, 20 * (self.painted_at - began))

    def on_train_end(self, logs: Any = None) -> None:
        """Paint once more at the end."""
        self.paint()

    def paint(self) -> None:
        """Write the contact sheet to the file and to TensorBoard."""
        pictures, columns = self.pictures()
        if not all(np.isfinite(picture).all() for picture in pictures):
            return  # the next loss will not be finite either: see `training.guard`
        sheet = contact_sheet(pictures, columns=columns)
        try:
            write_picture(self.path, Picture(sheet))
        except OSError as error:
            if not self.warned:
                tqdm.tqdm.write(
                    f"The preview could not be written: {error}", file=sys.stderr
                )
            self.warned = True
        self.board.add_picture("preview", sheet, self.step)
        self.painted_at = time.monotonic()

    def pictures(self) -> tuple[list[np.ndarray], int]:
        """Return the pictures for the sheet, and its number of columns."""
        if self.rows is None or len(self.rows) == 1:
            pairs = [[one, self.painted(one, self.rows)] for one in self.photographs]
            return [picture for pair in pairs for picture in pair], 2
        count = min(MOST, len(self.rows))
        places = np.linspace(0, len(self.rows) - 1, count).round().astype(int)
        rows = [self.rows[place] for place in places]
        height, width = self.photographs[0].shape[:2]
        first = resize(self.photographs[0], *fit_size(height, width, SMALL))
        return [first, *(self.painted(first, [row]) for row in rows)], 5

    def painted(self, photograph: np.ndarray, row: Sequence[int] | None) -> np.ndarray:
        """Return a painted photograph; `row` is a list with one row, or None."""
        network, batch = self.model.transformer, photograph[None]
        if row is None:
            painted = network(batch, training=False)
        else:
            weights = np.eye(network.config.conditions, dtype=np.float32)[list(row)]
            painted = network([batch, weights], training=False)
        return keras.ops.convert_to_numpy(painted[0])


def preview_photographs(
    preview: str | None, size: int = 384, most: int = 4
) -> list[np.ndarray]:
    """Return the photographs for the preview.

    Args:
        preview: path of a picture, or of a folder whose first pictures are used; None for
            the sample photograph.
        size: longer side of each photograph, in pixels.
        most: the largest number of photographs from a folder.

    Returns:
        A list of float32 RGB (height, width, 3), 0-255.

    Raises:
        PictureError: if no picture can be read.
    """
    if preview and os.path.isdir(preview):
        paths = pictures_in(preview)
    else:
        paths = [preview or sample_photograph()]
    found: list[np.ndarray] = []
    failure: PictureError | None = None
    for path in paths:
        try:
            pixels = read_picture(path).pixels
            height, width = pixels.shape[:2]
            found.append(resize(pixels, *fit_size(height, width, size)))
        except PictureError as error:
            failure = error
        if len(found) == most:
            break
    if not found:
        raise failure or PictureError(f"{preview} has no pictures")
    return found
