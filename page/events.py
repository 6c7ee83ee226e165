"""Read a training's losses from its TensorBoard file, while the file is written.

A record is its length (8 bytes), a checksum (4), a serialized `Event`, a checksum (4).
"""

import glob
import os
import struct

from tensorboardX.proto.event_pb2 import Event

HEADER = struct.Struct("<QI")
CHECKSUM = 4  # bytes


class Losses:
    """The losses of a training, of all steps that are in its file so far.

    Args:
        folder: the training's `log_dir`; it need not exist yet.

    Attributes:
        history: [{"step", "loss", "content", …}], in order.
        first: (step, time in seconds) of the first losses; None if there are none yet.
        latest: time of the last losses; None if there are none yet.
    """

    def __init__(self, folder: str) -> None:
        self.folder, self.offset = folder, 0
        self.history: list[dict[str, float]] = []
        self.first: tuple[int, float] | None = None
        self.latest: float | None = None

    def read(self) -> list[dict[str, float]]:
        """Read what is new; return the history."""
        files = sorted(glob.glob(os.path.join(glob.escape(self.folder), "events*")))
        if not files:
            return self.history
        with open(files[-1], "rb") as file:
            file.seek(self.offset)
            data = file.read()
        start = 0
        while start + HEADER.size <= len(data):
            length, _ = HEADER.unpack_from(data, start)
            end = start + HEADER.size + length + CHECKSUM
            if end > len(data):
                break  # the rest is still to be written
            self.add(Event.FromString(data[start + HEADER.size : end - CHECKSUM]))
            start = end
        self.offset += start
        return self.history

    def add(self, event: Event) -> None:
        """Add the losses of an event to the history; its pictures are ignored."""
        for value in event.summary.value:
            if value.WhichOneof("value") != "simple_value":
                continue
            if not self.history or self.history[-1]["step"] != event.step:
                # After a return to a checkpoint, steps are repeated.
                self.history = [h for h in self.history if h["step"] < event.step]
                self.history.append({"step": event.step})
            self.history[-1][value.tag] = value.simple_value
            self.first = self.first or (event.step, event.wall_time)
            self.latest = event.wall_time

    def left(self, steps: int) -> float | None:
        """Return about how many seconds are left; None if that is not known yet.

        It follows from the steps after the first losses: the first step takes longer.

        Args:
            steps: how many steps the training takes in all.
        """
        if len(self.history) < 2 or self.first is None or self.latest is None:
            return None
        done = self.history[-1]["step"] - self.first[0]
        if done <= 0:
            return None
        each = (self.latest - self.first[1]) / done
        return max(0.0, each * (steps - self.history[-1]["step"]))
