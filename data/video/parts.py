"""Part files: encoded packets of a painted video, to be joined with other parts.

    FusionStylePart1 | length | header | packets ... | trailer | its length

Header and trailer are JSON. The header is the same in all parts of a video. Packets are
stored as the encoder made them, with exact times in ticks, which containers would round.
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
# Of a packet: time shown, time decoded, duration, bytes; is a keyframe, is in Matroska.
RECORD = struct.Struct("<qqqQ??")
NEVER = -(1 << 63)


@dataclasses.dataclass(frozen=True)
class Part:
    """A complete part.

    Attributes:
        path: of its file.
        header, trailer: see `PartWriter`.
    """

    path: str
    header: dict[str, Any]
    trailer: dict[str, Any]

    def packets(self) -> "Iterator[Packet]":
        """Yield the packets, in the order in which they are decoded."""
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
    """Write a part, packet by packet.

    Args:
        path: of the file.
        header: data that all parts of a video share; JSON must be able to hold them.
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
        """Write the end of the file.

        Args:
            trailer: data that are known only now; JSON must be able to hold them.
        """
        unit = self.time_base
        more = {"packets": self.packets, "time_base": [unit.numerator, unit.denominator]}
        text = json.dumps({**trailer, **more}).encode()
        self.file.write(text + LENGTH.pack(len(text)))
        self.file.close()

    def abandon(self) -> None:
        """Close a file that will not be finished."""
        self.file.close()


def read_part(path: str) -> Part:
    """Read header and trailer of a part file.

    Raises:
        VideoError: if it is not a complete part.
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
            f"{path} is not a complete part of a painted video{f': {why}' if why else ''}"
        ) from None


def boxed(packet: "Packet") -> bytes:
    """Return a small Matroska file that contains a packet with its alpha."""
    import av

    buffer, kept = io.BytesIO(), (packet.pts, packet.dts, packet.time_base)
    with av.open(buffer, "w", format="matroska") as file:
        packet.stream = file.add_stream_from_template(packet.stream)
        packet.pts = packet.dts = 0
        file.mux(packet)
    packet.pts, packet.dts, packet.time_base = kept
    return buffer.getvalue()


def unboxed(data: bytes) -> "Packet":
    """Return the packet in a file that `boxed` made.

    Raises:
        VideoError: if the packet cannot be read.
    """
    import av

    try:
        with av.open(io.BytesIO(data)) as file:
            return next(packet for packet in file.demux() if packet.size)
    except (av.error.FFmpegError, StopIteration) as error:
        raise VideoError(f"a packet cannot be read: {reason(error)}") from None
