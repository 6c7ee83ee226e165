"""Which streams of a video are copied, and what is still true of them."""

import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fusion_style.data.video.probe import reason
from fusion_style.data.video.reader import VideoReader

if TYPE_CHECKING:
    from av import Packet
    from av.stream import Stream

# What describes a file or a stream as it was encoded, not what is in it.
STALE = {
    "major_brand", "minor_version", "compatible_brands", "encoder", "duration",
    "number_of_frames", "number_of_bytes", "bps", "alpha_mode", "vendor_id",
}  # fmt: skip


def accepts(container: str, stream: "Stream") -> bool:
    """Return whether a container takes a stream of another as it is."""
    import av

    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
        return True
    except (av.error.FFmpegError, ValueError):
        return False


def describe(stream: "Stream") -> str:
    """Return a stream's name for messages: subtitle 2 (mov_text, deu)."""
    language = stream.metadata.get("language", "")
    what = ", ".join(filter(None, (stream.name, language)))
    return f"{stream.type} {stream.index}" + (f" ({what})" if what else "")


def choose_copies(reader: VideoReader, container: str) -> tuple[list["Stream"], list[str]]:
    """Return the streams that can be copied into a container, and what can't."""
    copied, refused = [], []
    for stream in reader.container.streams:
        if stream.index == reader.stream.index or is_made_anew(stream, reader):
            continue
        if accepts(container, stream):
            copied.append(stream)
        else:
            refused.append(f"{container} can't hold {describe(stream)}: it is left out")
    return copied, refused


def is_made_anew(stream: "Stream", reader: VideoReader) -> bool:
    """Return whether the container writes a data stream by itself."""
    if stream.type != "data":
        return False
    chapters = stream.name == "bin_data" and bool(reader.container.chapters())
    return chapters or "timecode" in stream.metadata


def kept_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Return the metadata that is true of the painting too."""
    return {
        key: value
        for key, value in metadata.items()
        if key.lower() not in STALE and not key.startswith("_STATISTICS")
    }


def copied_packets(reader: VideoReader, streams: "Sequence[Stream]") -> "Iterator[Packet]":
    """Yield what is copied of the file, as it lies there, between `start` and `stop`.

    Args:
        reader: whose file is open at its start; its frames are not read.
        streams: of `choose_copies`.
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
            # Sound lies a little after the frames that it belongs to.
            late = (
                packet.dts if packet.dts is not None else shown
            ) * packet.time_base - end
            if late >= 0:
                going_on.discard(packet.stream.index)
                if not going_on or late > 2:
                    return
    except (av.error.FFmpegError, ValueError) as error:
        reader.cut_short = reader.cut_short or reason(error)
