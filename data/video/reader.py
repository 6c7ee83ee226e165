"""Reading a video once, in order: frames to paint, and packets to copy.

    with open_video("clip.mp4") as container:
        for step in VideoReader(container, "clip.mp4"):
            step.frame, step.packets

Frames come in the order in which they are shown. What is copied comes beside them, as
it lies in the file, so that nothing has to be kept until the end.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from fusion_style.data.video.frames import Frame, Step
from fusion_style.data.video.hdr import light_of
from fusion_style.data.video.pixels import UPRIGHT, Colors, Matrix, display_matrix
from fusion_style.data.video.probe import VideoError, alpha_decoder, main_stream, reason
from fusion_style.data.video.probe import probe as probe_video

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.stream import Stream

MANY = 500  # packets that may wait for the next frame


class VideoReader:
    """Decodes the frames of a video, and hands on the packets of its other streams.

    Args:
        container: an open file.
        path: its name, for messages.
        start, end: seconds of what is read; from the start of the file.
        max_frames: the most frames that are read.

    Attributes:
        probe: what the file declares.
        stream: the video stream that is decoded.
        copied: streams whose packets are handed on; set it before reading.
        matrix: how players turn the video; known once the first frame is read.
        light: of the screen that an HDR video was made on, likewise.
        damaged: times, in seconds, of the damaged frames until now.
        resized: how many frames had another size than the first, and were resized.
        cut_short: what was wrong where reading ended early, or None.

    Raises:
        VideoError: if there is no video in the file.
    """

    def __init__(
        self, container: "InputContainer", path: str, start: float | None = None,
        end: float | None = None, max_frames: int | None = None,
    ) -> None:  # fmt: skip
        from av import CodecContext

        self.container, self.path = container, path
        self.probe = probe_video(container, path)
        self.stream = main_stream(container, path)
        self.decoder = self.stream.codec_context
        if name := alpha_decoder(self.stream):
            self.decoder = CodecContext.create(name, "r")
        self.decoder.thread_type = "AUTO"
        if self.probe.codec == "ffv1":  # its damaged frames are known by their checksums
            self.decoder.options = {"err_detect": "crccheck+explode"}
        self.has_times = container.format.name != "avi"  # which has only an order
        self.colors = Colors.of(self.probe)
        self.copied: list[Stream] = []
        self.matrix: Matrix = UPRIGHT
        self.light: dict[str, bytes] = {}
        self.damaged: list[float] = []
        self.resized = 0
        self.cut_short: str | None = None
        zero = self.stream.start_time or 0
        self.start = None if start is None else zero + self.ticks(start)
        self.stop = None if end is None else zero + self.ticks(end)
        self.left = math.inf if max_frames is None else max_frames
        self.size: tuple[int, int] | None = None
        self.last: int | None = None  # time of the last frame
        self.errors = 0
        self.expected: set[int] = set()  # times of packets whose frames are to come

    def ticks(self, seconds: float) -> int:
        """Return seconds in ticks of the video."""
        return round(Fraction(seconds) / self.probe.time_base)

    @property
    def shift(self) -> Fraction:
        """The seconds that are cut off at the start."""
        return Fraction(0) if self.start is None else self.start * self.probe.time_base

    @property
    def usual(self) -> int:
        """How long a frame is usually shown, in ticks."""
        return max(round(1 / (self.probe.rate * self.probe.time_base)), 1)

    def __iter__(self) -> Iterator[Step]:
        """Yield steps; frames in the order in which they are shown.

        Raises:
            VideoError: if there is no frame.
        """
        if self.start is not None and self.has_times:
            self.container.seek(self.start, stream=self.stream, backward=True)
        packets: list[Packet] = []
        before: list[Packet] = []
        held: Frame | None = None  # until the next one says how long it is shown
        for packet in self.demux():
            if packet.stream != self.stream:
                if packet.size and self.is_inside(packet):
                    packets.append(packet)
                if len(packets) >= MANY:
                    yield Step(None, before + packets)
                    before, packets = [], []
                continue
            for frame in self.decode(packet):
                if held is not None:
                    held.duration = frame.time - held.time
                    yield Step(held, before)
                held, before, packets = frame, packets, []
        if held is not None:
            yield Step(held, before)
        yield Step(None, packets)
        if self.size is None:
            raise VideoError(f"{self.path} has no frame that can be read")
        self.notice_end()

    def demux(self) -> "Iterator[Packet]":
        """Yield packets until the file, or what is wanted of it, is over."""
        import av

        streams = [self.stream, *self.copied]
        open_streams = {stream.index for stream in self.copied if stream.type == "audio"}
        try:
            for packet in self.container.demux(streams):
                yield packet
                if self.left > 0:
                    continue
                # Sound lies a little after the frames that it belongs to.
                time = packet.dts if packet.dts is not None else packet.pts
                if time is None or packet.time_base is None:
                    continue
                assert self.stop is not None
                late = time * packet.time_base - self.stop * self.probe.time_base
                if late >= 0:
                    open_streams.discard(packet.stream.index)
                if not open_streams or late > 2:
                    return
        except (av.error.FFmpegError, ValueError) as error:
            self.cut_short = reason(error)
            yield self.flush_packet()

    def flush_packet(self) -> "Packet":
        """Return the empty packet that asks the decoder for the frames it holds."""
        import av

        packet = av.Packet()
        packet.stream = self.stream
        return packet

    def is_inside(self, packet: "Packet") -> bool:
        """Return whether a packet to copy lies between start and end."""
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            return False
        seconds = time * packet.time_base
        if self.start is not None and seconds < self.start * self.probe.time_base:
            return False
        return self.stop is None or seconds < self.stop * self.probe.time_base

    def decode(self, packet: "Packet") -> Iterator[Frame]:
        """Yield the frames that are complete with a packet."""
        import av

        if self.left <= 0:
            return
        comes = packet.size and self.has_times and not packet.is_discard
        if comes and packet.pts is not None:
            self.expected.add(packet.pts)
        try:
            decoded = self.decoder.decode(packet if packet.size else None)
        except (av.error.FFmpegError, ValueError):
            self.errors += 1
            decoded = []
            if not self.has_times and self.last is not None:
                yield from self.emit(self.last + self.usual, 0, None)
        for found in decoded:
            time = self.time_of(found)
            yield from self.missing(time)
            self.expected = {t for t in self.expected if t > time}
            yield from self.emit(time, found.duration or 0, found)
        if not packet.size and self.left > 0:
            yield from self.missing(None)

    def time_of(self, found: "VideoFrame") -> int:
        """Return when a frame is shown: later than the one before, whatever it says."""
        time = found.pts if self.has_times else None
        if self.last is None:
            return 0 if time is None else time
        if time is None:
            return self.last + self.usual
        return max(time, self.last + 1)

    def missing(self, until: int | None) -> Iterator[Frame]:
        """Yield a frame without pixels for each that an error of the decoder has cost."""
        if not self.errors:
            return
        for time in sorted(t for t in self.expected if until is None or t < until):
            if self.last is None or time > self.last:
                self.errors = max(self.errors - 1, 0)
                yield from self.emit(time, 0, None)

    def emit(self, time: int, duration: int, found: "VideoFrame | None") -> Iterator[Frame]:
        """Yield a frame if it is wanted."""
        self.last = time
        if self.start is not None and time < self.start:
            return
        if self.left <= 0 or (self.stop is not None and time >= self.stop):
            self.left = 0
            return
        damaged = found is None or found.is_corrupt
        if damaged:
            self.damaged.append(float(time * self.probe.time_base))
        if self.size is None:
            if found is None:  # nothing to show in its place
                return
            self.size = (found.width, found.height)
            self.matrix, self.light = display_matrix(found), light_of(found)
        pixels = alpha = None
        if found is not None:
            self.resized += (found.width, found.height) != self.size
            pixels, alpha = self.colors.to_pixels(found, self.matrix, self.size)
        self.left -= 1
        if not self.left:
            self.stop = time + max(duration, 1)
        yield Frame(pixels, alpha, time - (self.start or 0), duration, damaged)

    def notice_end(self) -> None:
        """Note it if the file ended earlier than it says."""
        duration = self.probe.duration
        if self.left <= 0 or duration is None or self.last is None or self.cut_short:
            return
        end = float((self.last - (self.stream.start_time or 0)) * self.probe.time_base)
        if end < duration - max(0.5, 3 / float(self.probe.rate)):
            self.cut_short = f"frames end after {end:.1f} of {duration:.1f} s"
