"""Write a painted video: encode its frames, and copy everything else.

A `VideoWriter` is an encoder and a file. It is possible to encode frames in one process,
with `VideoWriter(None, ...)`, and to write the packets later in another process.
"""

import contextlib
import io
import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.video.copies import kept_metadata
from fusion_style.data.video.encoders import Encoding, with_light
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.pixels import UPRIGHT, Colors, turn_back
from fusion_style.data.video.priority import usual_priority
from fusion_style.data.video.probe import VideoError, reason
from fusion_style.data.video.reader import VideoReader

if TYPE_CHECKING:
    import av
    from av import Packet
    from av.container.core import Chapter
    from av.stream import Stream
    from av.video.stream import VideoStream


def as_os_error(error: "av.error.FFmpegError") -> OSError:
    """Return FFmpeg's error in writing, such as a full disk, as an OSError."""
    return OSError(error.errno, reason(error))


class VideoWriter:
    """Encode painted frames into a file, together with copies of the other streams.

    Args:
        path: of the file; None to encode packets without a file.
        encoding: from `choose_encoding`.
        reader: of the source; its first frame must have been read.
        size: (height, width) of the painted frames, upright.
        copied: the streams of the reader's file to copy.

    Raises:
        VideoError: if the encoder or the container does not accept the video.
    """

    def __init__(
        self, path: str | None, encoding: Encoding, reader: VideoReader,
        size: tuple[int, int], copied: "Sequence[Stream]" = (),
    ) -> None:  # fmt: skip
        import av

        self.encoding, self.reader = encoding, reader
        self.colors = Colors.of(reader.probe)
        options = {}
        if encoding.container in reader.container.format.name.split(","):
            # The container is the same, so its times are valid and must not be moved.
            options["avoid_negative_ts"] = "disabled"
        if encoding.container in ("mp4", "mov") and any(
            key.startswith("com.") for key in reader.container.metadata
        ):
            options["movflags"] = "use_metadata_tags"
        os.environ.setdefault("SVT_LOG", "1")  # otherwise SVT-AV1 prints more than errors
        self.durations: dict[int, int] = {}
        self.due = -(1 << 62)  # earliest decoding time of the next packet, in ticks
        self.height, self.width = self.stored(np.broadcast_to(np.uint8(0), size)).shape
        self.output = av.open(
            io.BytesIO() if path is None else path, "w", format=encoding.container,
            container_options=options,
        )  # fmt: skip
        self.copies: dict[int, Stream] = {}
        try:
            for source in reader.container.streams:
                if source.index == reader.stream.index:
                    self.stream = self.add_video()
                elif source in copied:
                    copy = self.output.add_stream_from_template(source)
                    copy.metadata.update(kept_metadata(source.metadata))
                    copy.disposition = source.disposition
                    self.copies[source.index] = copy
            self.output.metadata.update(kept_metadata(reader.container.metadata))
            self.output.set_chapters(self.chapters())
            with usual_priority():
                self.output.start_encoding()
        except (av.error.FFmpegError, ValueError) as error:
            self.abandon()
            raise VideoError(
                f"{encoding.encoder} cannot write {self.width}x{self.height} in "
                f"{encoding.pixel_format}: {reason(error)}"
            ) from None

    @property
    def extradata(self) -> str:
        """Data that decoders need before the first packet, in hexadecimal."""
        return (self.stream.codec_context.extradata or b"").hex()

    def stored(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels as the file stores them: not turned, with even sides if needed."""
        pixels = turn_back(pixels, self.reader.matrix)
        if self.encoding.even:
            odd = [(0, size % 2) for size in pixels.shape[:2]]
            pixels = np.pad(pixels, [*odd, *[(0, 0)] * (pixels.ndim - 2)], "edge")
        return pixels

    def add_video(self) -> "VideoStream":
        """Add the stream of the painted frames."""
        from av.codec.context import Flags

        source, encoding = self.reader.probe, self.encoding
        stream = self.output.add_stream(
            encoding.encoder,
            rate=source.rate,
            options=with_light(encoding, self.reader.light),
        )
        context = stream.codec_context
        stream.height, stream.width = self.height, self.width
        stream.pix_fmt = encoding.pixel_format
        context.time_base = source.time_base
        context.flags |= Flags.frame_duration
        context.sample_aspect_ratio = source.aspect
        context.color_range, context.colorspace = source.range, source.matrix
        context.color_primaries, context.color_trc = source.primaries, source.transfer
        if encoding.bitrate:
            context.bit_rate = encoding.bitrate
        if source.profile == "hvc1" and encoding.encoder == "libx265":
            context.codec_tag = "hvc1"  # Apple's players need it
        if self.reader.matrix != UPRIGHT:
            stream.set_display_matrix(self.reader.matrix)
        stream.metadata.update(kept_metadata(self.reader.stream.metadata))
        stream.disposition = self.reader.stream.disposition
        return stream

    def chapters(self) -> "list[Chapter]":
        """Return the source's chapters, shifted if the start is cut off."""
        reader = self.reader
        found: list[Chapter] = []
        for chapter in reader.container.chapters():
            unit = chapter["time_base"] or Fraction(1)
            shift = round(reader.shift / unit)
            if chapter["end"] > shift:
                moved = chapter.copy()
                moved["start"] = max(chapter["start"] - shift, 0)
                moved["end"] = chapter["end"] - shift
                found.append(moved)
        return found

    def write(self, frame: Frame) -> None:
        """Encode a frame, and write the packets that are complete.

        Raises:
            VideoError: if it cannot be encoded.
            OSError: if the file cannot be written.
        """
        self.mux_painted(self.encode(frame))

    def encode(self, frame: Frame) -> "list[Packet]":
        """Encode a frame; return the packets that this completes.

        Raises:
            VideoError: if the frame cannot be encoded.
        """
        import av

        assert frame.pixels is not None
        encoded = self.colors.to_frame(
            self.stored(frame.pixels), None if frame.alpha is None else
            self.stored(frame.alpha), UPRIGHT, self.encoding.pixel_format,
        )  # fmt: skip
        source = self.reader.probe
        encoded.pts, encoded.time_base = frame.time, source.time_base
        encoded.duration = frame.duration
        encoded.color_primaries, encoded.color_trc = source.primaries, source.transfer
        encoded.colorspace, encoded.color_range = source.matrix, source.range
        self.durations[frame.time] = frame.duration
        try:
            return self.timed(self.stream.encode(encoded))
        except av.error.FFmpegError as error:
            raise VideoError(f"the frame cannot be encoded: {reason(error)}") from None

    def flush(self) -> "list[Packet]":
        """Return the last packets of the encoder."""
        return self.timed(self.stream.encode(None))

    def timed(self, packets: "Iterable[Packet]") -> "list[Packet]":
        """Return the packets that are not empty, with durations."""
        found = [packet for packet in packets if packet.size]
        for packet in found:  # some encoders lose durations
            if packet.pts is not None and (known := self.durations.pop(packet.pts, 0)):
                packet.duration = known
        return found

    def copy(self, packets: Iterable["Packet"]) -> None:
        """Write packets of the copied streams."""
        for packet in packets:
            shift = round(self.reader.shift / packet.time_base)
            if shift:
                packet.pts = None if packet.pts is None else packet.pts - shift
                packet.dts = None if packet.dts is None else packet.dts - shift
            packet.stream = self.copies[packet.stream.index]
            self.mux([packet])

    def mux_painted(self, packets: "Iterable[Packet]") -> None:
        """Write packets of painted frames, made by this or another encoder."""
        for packet in packets:
            packet.stream = self.stream
            # The first packets of another encoder may have decoding times that are too
            # early.
            if packet.dts is not None:
                packet.dts = max(packet.dts, self.due)
                self.due = packet.dts + 1
            self.mux([packet])

    def mux(self, packets: "Iterable[Packet]") -> None:
        """Write packets to the file.

        Raises:
            OSError: if the file cannot be written.
        """
        import av

        for packet in packets:
            if packet.size:
                try:
                    self.output.mux(packet)
                except av.error.FFmpegError as error:
                    raise as_os_error(error) from None

    def close(self) -> None:
        """Write the encoder's last packets and the end of the file.

        Raises:
            OSError: if the file cannot be written.
        """
        import av

        self.mux_painted(self.flush())
        try:
            self.output.close()
        except av.error.FFmpegError as error:
            raise as_os_error(error) from None

    def abandon(self) -> None:
        """Close a file that will not be finished."""
        with contextlib.suppress(Exception):
            self.output.close()
