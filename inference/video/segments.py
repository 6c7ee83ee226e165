"""Write a painted video in short parts, so that little is lost after a kill.

A folder beside the video has 00000.part, 00001.part, ..., and the state that the next part
needs. A part is written completely or not at all. It ends at a cut, or after `LONGEST`
frames. This depends only on the frames, so a resumed video has the same parts.
"""

import contextlib
import dataclasses
import io
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fusion_style.data.video.encoders import Encoding
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.parts import EXTENSION, Part, PartWriter, read_part
from fusion_style.data.video.probe import VideoError
from fusion_style.data.video.reader import VideoReader
from fusion_style.data.video.writer import VideoWriter
from fusion_style.files import replacing, write_bytes

SHORTEST, LONGEST = 48, 240  # frames in a part; each part has a new encoder
LOCK = "in-use"  # name of the lock file in a folder
State = Mapping[str, np.ndarray]


@dataclasses.dataclass
class Tally:
    """Counts of the frames in a part; `last` is the time of the last frame, in ticks."""

    frames: int = 0
    shots: int = 0
    resized: int = 0
    last: int = 0
    damaged: list[float] = dataclasses.field(default_factory=list)


class Segments:
    """Encode frames into parts in a folder.

    Args:
        folder: the folder; it is made if it does not exist.
        encoding, reader: see `VideoWriter`.
        header: data that all parts share; JSON must be able to hold them.

    Attributes:
        parts: the complete parts.
    """

    def __init__(
        self, folder: str, encoding: Encoding, reader: VideoReader,
        header: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.folder, self.encoding, self.reader = folder, encoding, reader
        self.header = dict(header)
        self.parts: list[Part] = []
        self.encoder: VideoWriter | None = None
        self.writer: PartWriter | None = None
        self.exits = contextlib.ExitStack()
        self.tally = Tally()

    def path(self, number: int, extension: str = EXTENSION) -> str:
        return os.path.join(self.folder, f"{number:05}{extension}")

    def find(self) -> State | None:
        """Find the parts that exist; return the state at their end, or None.

        Raises:
            VideoError: if they belong to another video, or were painted or encoded in
                another way.
        """
        while os.path.exists(self.path(len(self.parts))):
            part = read_part(self.path(len(self.parts)))
            for key in ("source", "asked"):
                compare(self.folder, part.header[key], self.header[key])
            compare_encodings(self.folder, part.header["encoding"], self.encoding)
            self.parts.append(part)
        if self.is_complete:
            return None
        while self.parts:
            held = self.path(len(self.parts), ".npz")
            if os.path.exists(held):
                with np.load(held) as arrays:
                    return dict(arrays)
            self.parts.pop()
        return None

    @property
    def is_complete(self) -> bool:
        """Whether all parts are painted."""
        return bool(self.parts) and bool(self.parts[-1].trailer["ends"])

    def total(self, name: str) -> int:
        """Return the sum of a number in the trailers of the complete parts."""
        return sum(part.trailer[name] for part in self.parts)

    def write(self, frame: Frame, cut: bool, held: Callable[[], State]) -> None:
        """Encode a frame.

        Args:
            frame: a painted frame.
            cut: whether it begins a shot.
            held: function that returns the state before this frame.
        """
        if self.tally.frames >= (SHORTEST if cut else LONGEST):
            write_state(self.path(len(self.parts) + 1, ".npz"), held())
            self.end_part(False)
        if self.encoder is None or self.writer is None:
            self.begin_part(frame)
        assert self.encoder is not None and self.writer is not None
        self.writer.write(self.encoder.encode(frame))
        tally = self.tally
        tally.frames, tally.shots = tally.frames + 1, tally.shots + cut
        tally.last, tally.resized = frame.time, tally.resized + frame.resized
        if frame.damaged:
            time = (frame.time + (self.reader.start or 0)) * self.reader.probe.time_base
            tally.damaged.append(float(time))

    def begin_part(self, frame: Frame) -> None:
        """Begin a part with a new encoder.

        Raises:
            VideoError: if another version of the encoder made the parts before.
        """
        assert frame.pixels is not None
        reader = self.reader
        self.encoder = VideoWriter(None, self.encoding, reader, frame.pixels.shape[:2])
        self.exits.callback(self.encoder.abandon)
        if self.parts and self.parts[0].header.get("extradata") != self.encoder.extradata:
            raise other_version(self.folder, f"another version of {self.encoding.encoder}")
        self.header |= look_of(reader, frame) | {"extradata": self.encoder.extradata}
        path = self.exits.enter_context(replacing(self.path(len(self.parts)), durable=True))
        self.writer = PartWriter(path, self.header)
        self.exits.callback(self.writer.abandon)

    def trailer(self, ends: bool) -> dict[str, Any]:
        """Return the trailer of a part; `ends` says whether it is the last one."""
        more = {"cut_short": self.reader.cut_short, "stop": self.reader.stop}
        return {**dataclasses.asdict(self.tally), "ends": ends, **more}

    def end_part(self, ends: bool) -> None:
        """Finish the present part.

        Args:
            ends: whether it is the last one.
        """
        assert self.encoder is not None and self.writer is not None
        number = len(self.parts)
        self.writer.write(self.encoder.flush())
        self.writer.close(self.trailer(ends))
        self.exits.close()
        self.parts.append(read_part(self.path(number)))
        self.encoder = self.writer = None
        self.tally = Tally()
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path(number, ".npz"))

    def close(self) -> None:
        """Finish the last part.

        Raises:
            VideoError: if there was no frame, and the video is not painted in parts.
        """
        if self.writer is not None:
            return self.end_part(True)
        if self.parts or self.header["part"] == [1, 1]:
            raise VideoError(f"{self.reader.path} has no frame that can be read")
        with replacing(self.path(0), durable=True) as path:
            PartWriter(path, self.header).close(self.trailer(True))
        self.parts.append(read_part(self.path(0)))

    def abandon(self, error: BaseException) -> None:
        """Remove the present part, because of an error. Complete parts stay."""
        with contextlib.suppress(BaseException):
            self.exits.__exit__(type(error), error, None)


def write_state(path: str, state: State) -> None:
    """Write {name: array}, completely or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, **state)  # type: ignore  # the annotations take names for flags
    write_bytes(path, buffer.getvalue())


def remove_parts(folder: str) -> None:
    """Remove the parts in a folder, and the folder."""
    shutil.rmtree(folder, ignore_errors=True)


def look_of(reader: VideoReader, frame: Frame) -> dict[str, Any]:
    """Return the data about a video that a file needs before its first packet."""
    assert frame.pixels is not None
    return {
        "painted": list(frame.pixels.shape[:2]), "size": reader.size,
        "matrix": reader.matrix, "light": {k: v.hex() for k, v in reader.light.items()},
    }  # fmt: skip


def give_look(reader: VideoReader, header: Mapping[str, Any]) -> None:
    """Give a reader the data that `look_of` returned."""
    reader.size, reader.matrix = tuple(header["size"]), tuple(header["matrix"])
    reader.light = {k: bytes.fromhex(v) for k, v in header["light"].items()}


def compare(folder: str, there: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Check that parts belong to the same video and were painted in the same way.

    Raises:
        VideoError: if not; the message names the difference.
    """
    for name in [*there, *(set(now) - set(there))]:
        if there.get(name) != now.get(name) and name != "path":
            raise VideoError(
                f"{folder} was painted with {name} {there.get(name)!r}. Received: "
                f"{now.get(name)!r}. Give the same value, or --overwrite to start again"
            )


def compare_encodings(folder: str, there: Mapping[str, Any], now: Encoding) -> None:
    """Check that parts were encoded as the next ones will be.

    The same flags give other encodings in another version of this program, or where PyAV
    has other encoders. Messages for the user may differ.

    Args:
        folder: of the parts.
        there: the parts' encoding, as JSON.
        now: the present encoding.

    Raises:
        VideoError: if not; the message names the difference.
    """
    for name, value in dataclasses.asdict(now).items():
        if there.get(name) != value and name != "notes":
            raise other_version(folder, f"{name} {there.get(name)!r}, and not {value!r}")


def other_version(folder: str, what: str) -> VideoError:
    """Return the error for parts that were encoded with something else."""
    return VideoError(
        f"{folder} was encoded with {what}. Continue with the version of the program that "
        "began, or give --overwrite to start again"
    )
