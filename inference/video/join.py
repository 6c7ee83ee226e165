"""Join parts of a painted video, without encoding them again."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fusion_style.data.video.copies import choose_copies, copied_packets
from fusion_style.data.video.encoders import Encoding
from fusion_style.data.video.parts import EXTENSION, Part, PartWriter, read_part
from fusion_style.data.video.probe import CONTAINERS, VideoError, open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.data.video.writer import VideoWriter
from fusion_style.files import replacing
from fusion_style.inference.video.report import VideoReport, said
from fusion_style.inference.video.segments import compare, give_look

if TYPE_CHECKING:
    from av import Packet

END = 1 << 20  # bytes at each end of a video whose hash identifies it


def join(parts: Sequence[str], out: str, source: str | None = None) -> VideoReport:
    """Join the parts of a painted video. Sound and everything else come from the source.

    Args:
        parts: paths of all parts, from `paint_part`, in any order.
        out: path of the file, which is written completely or not at all. Its extension must
            be the one for which the parts were painted.
        source: path of the source; by default where it was when it was painted.

    Raises:
        VideoError: if a part is missing or belongs to another video, or the source is
            missing or is another video.
        OSError: if the file cannot be written.
    """
    found = sorted(map(read_part, parts), key=lambda part: part.header["part"])
    check_all_there(found)
    if os.path.splitext(out)[1].lower() != found[0].header["extension"]:
        raise VideoError(
            f"the parts were painted for a {found[0].header['extension']} file. "
            f"Received: {out}"
        )
    source = source or found[0].header["source"]["path"]
    if not os.path.exists(source):
        raise VideoError(
            f"{source}, from which sound is copied, does not exist. Give its path "
            "together with the parts"
        )
    compare(found[0].path, found[0].header["source"], identity(source))
    return assemble(found, out, source)


def parts_and_source(inputs: Sequence[str], out: str) -> tuple[list[str], str | None]:
    """Return the parts among these paths, and the source if it is given, else None.

    Raises:
        VideoError: if there are no parts or several videos, or `out` is not a video.
    """
    parts = [path for path in inputs if path.endswith(EXTENSION)]
    others = [path for path in inputs if not path.endswith(EXTENSION)]
    if not parts or len(others) > 1:
        raise VideoError(
            f"--join takes all {EXTENSION} files of one video and, if the video has been "
            f"moved, the video too. Received: {', '.join(inputs)}"
        )
    if os.path.splitext(out)[1].lower() not in CONTAINERS:
        raise VideoError(f"--join needs a video to write: --out FILE. Received: {out}")
    return parts, others[0] if others else None


def check_all_there(parts: Sequence[Part]) -> None:
    """Check that all parts of one video are there, each once.

    Raises:
        VideoError: if not; the message names the parts.
    """
    if not parts:
        raise VideoError("there is no part to join")
    first = parts[0]
    for part in parts:
        for key in ("source", "asked", "encoding"):
            compare(first.path, first.header[key], part.header[key])
    count = first.header["part"][1]
    numbers = [part.header["part"][0] for part in parts]
    missing = [str(n) for n in range(1, count + 1) if n not in numbers]
    if missing:
        raise VideoError(f"part {', '.join(missing)} of {count} is missing")
    if len(numbers) > count:
        raise VideoError(f"there are {len(numbers)} parts of {count}: one is there twice")


def assemble(parts: Sequence[Part], out: str, source: str) -> VideoReport:
    """Write parts in their order, together with copies of the source's other streams."""
    shown = [part for part in parts if part.trailer["packets"]]
    if not shown:
        raise VideoError(f"{source} has no frame that can be read")
    header = shown[0].header
    given = dict(header["encoding"])
    encoding = Encoding(**given | {"notes": tuple(given["notes"])})
    start, end = header["asked"]["start"], header["asked"]["end"]
    with open_video(source) as container, replacing(out) as temporary:
        reader = VideoReader(container, source, start, end)
        give_look(reader, header)
        reader.stop = parts[-1].trailer["stop"]
        copied, refused = choose_copies(reader, encoding.container)
        writer = VideoWriter(temporary, encoding, reader, tuple(header["painted"]), copied)
        try:
            compare_encoders(header, writer)
            for is_copied, packet in in_time(shown, copied_packets(reader, copied)):
                write = writer.copy if is_copied else writer.mux_painted
                write([packet])
            writer.close()
        except BaseException:
            writer.abandon()
            raise
    notes = [*encoding.notes, *refused, *said(shown)]
    frames, shots = (sum(p.trailer[name] for p in parts) for name in ("frames", "shots"))
    return VideoReport(frames, shots, notes)


def in_time(
    parts: Sequence[Part], copied: "Iterator[Packet]"
) -> "Iterator[tuple[bool, Packet]]":
    """Yield packets of the parts and copied packets, in the order of their times.

    Yields:
        (whether the packet is copied, packet).
    """
    waiting = next(copied, None)
    for part in parts:
        for packet in part.packets():
            while waiting is not None and seconds(waiting) <= seconds(packet):
                yield True, waiting
                waiting = next(copied, None)
            yield False, packet
    while waiting is not None:
        yield True, waiting
        waiting = next(copied, None)


def seconds(packet: "Packet") -> Fraction:
    time = packet.dts if packet.dts is not None else packet.pts
    return Fraction(time or 0) * (packet.time_base or 1)


def bundle(parts: Sequence[Part], out: str) -> None:
    """Write several parts as one part, completely or not at all."""
    with replacing(out) as temporary:
        writer = PartWriter(temporary, parts[0].header)
        try:
            for part in parts:
                writer.write(part.packets())
            trailer = dict(parts[-1].trailer)
            for name in ("frames", "shots", "damaged", "resized"):
                trailer[name] = sum((p.trailer[name] for p in parts), type(trailer[name])())
            writer.close(trailer)
        except BaseException:
            writer.abandon()
            raise


def compare_encoders(header: Mapping[str, Any], writer: VideoWriter) -> None:
    """Check that the parts can be decoded with the data that this encoder gives decoders.

    Raises:
        VideoError: if another version of the encoder made the parts.
    """
    if header["extradata"] != writer.extradata:
        name = header["encoding"]["encoder"]
        raise VideoError(
            f"the parts were encoded with another version of {name}. Join them on a "
            "machine that painted them"
        )


def identity(path: str) -> dict[str, Any]:
    """Return data that identify a video: its path, its size, and a hash of its ends."""
    size, digest = os.path.getsize(path), hashlib.sha256()
    with open(path, "rb") as file:
        for start in (0, max(size - END, 0)):
            file.seek(start)
            digest.update(file.read(END))
    return {"path": os.path.abspath(path), "bytes": size, "sha256": digest.hexdigest()}
