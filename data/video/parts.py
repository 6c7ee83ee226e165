"""A part of a painted video: encoded packets in a file, to be joined with others.

    FusionStylePart1 | length | header | packets ... | trailer | its length

Header and trailer are JSON; the header is what all parts of a video agree on. Packets are
as the encoder made them, with their times to the tick, which containers would round.
"""

import dataclasses
import io
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

from fusion_style.data.video.probe import VideoError, reason

if TYPE_CHECKING:
    from av import Packet

EXTENSION = ".part"
MAGIC = b"FusionStylePart1"
LENGTH = struct.Struct("<Q")
# Of a packet: shown at, decoded at, shown for, bytes; keyframe, in Matroska.
RECORD = struct.Struct("<qqqQ??")
NEVER = -(1 << 63)


@dataclasses.dataclass(frozen=True)
class Part:
    """A part that is whole.

    Attributes:
        path: of its file.
        header: what it was given; see `PartWriter`.
        trailer: likewise.
    """

    path: str
    header: dict[str, Any]
    trailer: dict[str, Any]

    def packets(self) -> "Iterator[Packet]":
        """Yield its packets, in the order in which they are decoded."""
        import av

        with open(self.path, "rb") as file:
            file.seek(len(MAGIC))
            file.seek(LENGTH.unpack(file.read(LENGTH.size))[0], io.SEEK_CUR)
            for _ in range(self.trailer["packets"]):
                record = RECORD.unpack(file.read(RECORD.size))
                pts, dts, duration, size, keyframe, boxed = record
                data = file.read(size)
                packet = unboxed(data) if boxed else av.Packet(data)
                packet.pts = None if pts == NEVER else pts
                packet.dts = None if dts == NEVER else dts
                packet.duration, packet.is_keyframe = duration, keyframe
                packet.time_base = Fraction(*self.trailer["time_base"])
                yield packet


class PartWriter:
    """Writes a part as packets come.

    Args:
        path: of the file.
        header: what all parts of a video share; JSON can hold it.
    """

    def __init__(self, path: str, header: Mapping[str, Any]) -> None:
        self.file: BinaryIO = open(path, "wb")
        text = json.dumps(header).encode()
        self.file.write(MAGIC + LENGTH.pack(len(text)) + text)
        self.packets, self.time_base = 0, Fraction(1)

    def write(self, packets: "Iterable[Packet]") -> None:
        """Add packets, in the order in which they are decoded."""
        for packet in packets:
            has_more = next(iter(packet.iter_sidedata()), None) is not None
            is_boxed = has_more and packet.has_sidedata("matroska_block_additional")
            data = boxed(packet) if is_boxed else bytes(packet)
            pts, dts = (NEVER if t is None else t for t in (packet.pts, packet.dts))
            self.file.write(RECORD.pack(
                pts, dts, packet.duration or 0, len(data), packet.is_keyframe, is_boxed
            ))  # fmt: skip
            self.file.write(data)
            self.packets, self.time_base = self.packets + 1, packet.time_base

    def close(self, trailer: Mapping[str, Any]) -> None:
        """Write the end, with what is known only now; JSON can hold it."""
        unit = self.time_base
        more = {"packets": self.packets, "time_base": [unit.numerator, unit.denominator]}
        text = json.dumps({**trailer, **more}).encode()
        self.file.write(text + LENGTH.pack(len(text)))
        self.file.close()

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        self.file.close()


def read_part(path: str) -> Part:
    """Return what a file says of the part in it.

    Raises:
        VideoError: if it is no whole part.
    """
    try:
        with open(path, "rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ValueError("not a part")
            header = json.loads(file.read(LENGTH.unpack(file.read(LENGTH.size))[0]))
            end = file.seek(-LENGTH.size, io.SEEK_END)
            (length,) = LENGTH.unpack(file.read(LENGTH.size))
            file.seek(end - length)
            return Part(path, header, json.loads(file.read(length)))
    except (OSError, ValueError, struct.error) as error:
        why = getattr(error, "strerror", None)
        raise VideoError(
            f"{path} is no whole part of a painted video{f': {why}' if why else ''}"
        ) from None


def boxed(packet: "Packet") -> bytes:
    """Return a small Matroska file with a packet in it, and the alpha that goes with it."""
    import av

    buffer, kept = io.BytesIO(), (packet.pts, packet.dts, packet.time_base)
    with av.open(buffer, "w", format="matroska") as file:
        packet.stream = file.add_stream_from_template(packet.stream)
        packet.pts = packet.dts = 0
        file.mux(packet)
    packet.pts, packet.dts, packet.time_base = kept
    return buffer.getvalue()


def unboxed(data: bytes) -> "Packet":
    """Return the packet that is in a file of `boxed`."""
    import av

    try:
        with av.open(io.BytesIO(data)) as file:
            return next(packet for packet in file.demux() if packet.size)
    except (av.error.FFmpegError, StopIteration) as error:
        raise VideoError(f"a packet can't be read: {reason(error)}") from None
