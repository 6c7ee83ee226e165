"""Choose the streams of a video that are copied, and the metadata that is still true."""

import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fusion_style.data.video.probe import reason
from fusion_style.data.video.reader import VideoReader

if TYPE_CHECKING:
    from av import Packet
    from av.stream import Stream

# Metadata that describe the encoding of the source, not its content.
STALE = {
    "major_brand", "minor_version", "compatible_brands", "encoder", "duration",
    "number_of_frames", "number_of_bytes", "bps", "alpha_mode", "vendor_id",
}  # fmt: skip


def accepts(container: str, stream: "Stream") -> bool:
    """Return whether a container can hold a copy of a stream."""
    import av

    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
        return True
    except (av.error.FFmpegError, ValueError):
        return False


def describe(stream: "Stream") -> str:
    """Return a stream's name for messages, such as "subtitle 2 (mov_text, deu)"."""
    language = stream.metadata.get("language", "")
    what = ", ".join(filter(None, (stream.name, language)))
    return f"{stream.type} {stream.index}" + (f" ({what})" if what else "")


def choose_copies(reader: VideoReader, container: str) -> tuple[list["Stream"], list[str]]:
    """Return the streams to copy into a container, and messages about the others."""
    copied, refused = [], []
    for stream in reader.container.streams:
        if stream.index == reader.stream.index or is_made_anew(stream, reader):
            continue
        if accepts(container, stream):
            copied.append(stream)
        else:
            refused.append(f"{container} cannot hold {describe(stream)}: it is left out")
    return copied, refused


def is_made_anew(stream: "Stream", reader: VideoReader) -> bool:
    """Return whether the container writes such a data stream itself."""
    if stream.type != "data":
        return False
    chapters = stream.name == "bin_data" and bool(reader.container.chapters())
    return chapters or "timecode" in stream.metadata


def kept_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Return the metadata that are still true for the painted video."""
    return {
        key: value
        for key, value in metadata.items()
        if key.lower() not in STALE and not key.startswith("_STATISTICS")
    }


def copied_packets(reader: VideoReader, streams: "Sequence[Stream]") -> "Iterator[Packet]":
    """Yield the packets to copy between `start` and `stop`, in the order of the file.

    Args:
        reader: its file must be open at its start; no frames are read.
        streams: from `choose_copies`.
    """
    import av

    unit = reader.probe.time_base
    begin = -math.inf if reader.start is None else reader.start * unit
    end = math.inf if reader.stop is None else reader.stop * unit
    going_on = {stream.index for stream in streams if stream.type == "audio"}
    if not streams:
        return
    try:
        if reader.start is not None:
            reader.container.seek(reader.start, stream=reader.stream, backward=True)
        for packet in reader.container.demux(streams):
            shown = packet.pts if packet.pts is not None else packet.dts
            if shown is None or not packet.size:
                continue
            if begin <= shown * packet.time_base < end:
                yield packet
            # Sound comes a little after its frames in the file.
            late = (
                packet.dts if packet.dts is not None else shown
            ) * packet.time_base - end
            if late >= 0:
                going_on.discard(packet.stream.index)
                if not going_on or late > 2:
                    return
    except (av.error.FFmpegError, ValueError) as error:
        reader.cut_short = reader.cut_short or reason(error)
