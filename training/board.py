"""Board: write the losses and pictures of a training for TensorBoard."""

import contextlib
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import tqdm
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.summary import image, scalar


class Board:
    """Write events for TensorBoard. A context manager.

    Events are written in the thread that trains. `tensorboardX.SummaryWriter` has a thread
    of its own, which ends when the disk is full; then the caller waits forever.

    Args:
        folder: the folder to write to; None writes nothing.
        start: number of steps that were done before.
    """

    def __init__(self, folder: str | None, start: int = 0) -> None:
        self.writer: EventsWriter | None = None
        if folder:
            os.makedirs(folder, exist_ok=True)
            self.writer = EventsWriter(os.path.join(folder, "events"))
            self.go_on_from(start)

    def __enter__(self) -> "Board":
        """Return the board itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self.writer:
            with contextlib.suppress(OSError):
                self.writer.close()

    def go_on_from(self, step: int) -> None:
        """Make TensorBoard ignore what was written about steps after `step`."""
        self.write(step + 1, session_log=SessionLog(status=SessionLog.START))

    def add_scalars(self, values: Mapping[str, float], step: int) -> None:
        """Write {name: number} for a step."""
        for name, value in values.items():
            self.write(step, summary=scalar(name, value))

    def add_picture(self, name: str, pixels: np.ndarray, step: int) -> None:
        """Write a picture for a step: float32 RGB (height, width, 3), 0-255."""
        if self.writer:
            pixels = pixels.clip(0, 255).astype("uint8")
            self.write(step, summary=image(name, pixels, dataformats="HWC"))

    def write(self, step: int, **what: Any) -> None:
        """Write an event; a full disk ends the log, not the training."""
        if not self.writer:
            return
        try:
            self.writer.write_event(Event(wall_time=time.time(), step=step, **what))
            self.writer.flush()
        except OSError as error:
            self.writer = None
            tqdm.tqdm.write(
                f"TensorBoard's events can no longer be written: {error}", file=sys.stderr
            )
