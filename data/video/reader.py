"""Read the frames of a video, in the order in which they are shown.

with open_video("clip.mp4") as container:
    for frame in VideoReader(container, "clip.mp4"):
        frame.pixels, frame.time, frame.duration
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from fusion_style.data.video.clock import Clock
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.hdr import light_of
from fusion_style.data.video.pixels import UPRIGHT, Colors, Matrix, display_matrix
from fusion_style.data.video.probe import VideoError, alpha_decoder, main_stream, reason
from fusion_style.data.video.probe import probe as probe_video

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer

EARLIER = 2  # how long before the first frame to read, in seconds, decoding begins


class Missed(Exception):
    """Reading began too late in the file, and missed frames."""


class VideoReader:
    """Decode the frames of a video.

    Args:
        container: an open file.
        path: its name, for messages.
        start, end: which part to read, in seconds. Times of frames are ticks after `start`.
        max_frames: the largest number of frames to read.

    Attributes:
        probe: what the file declares.
        stream: the video stream that is decoded.
        zero: time of the file's first frame, in ticks.
        start, stop: which part to read, in ticks of the file, or None.
        begin: first tick to read, if it is not `start`.
        left: how many frames may still be read.
        size: (width, height) of the first frame, before it is turned; None before that.
        matrix: how players turn the video; known after the first frame.
        light: description of the screen of an HDR video; known after the first frame.
        damaged: times of the damaged frames read until now, in seconds.
        resized: number of frames that had another size than the first, and were resized.
        cut_short: why reading ended early, or None.

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
        if self.probe.codec == "ffv1":  # use its checksums to find damaged frames
            self.decoder.options = {"err_detect": "crccheck+explode"}
        self.has_times = container.format.name != "avi"  # AVI stores only their order
        self.colors = Colors.of(self.probe)
        self.matrix: Matrix = UPRIGHT
        self.light: dict[str, bytes] = {}
        self.damaged: list[float] = []
        self.resized = 0
        self.cut_short: str | None = None
        self.zero = self.stream.start_time or 0
        self.start = None if start is None else self.zero + self.ticks(start)
        self.stop = None if end is None else self.zero + self.ticks(end)
        self.begin: int | None = None
        self.after: int | None = None  # time of the last frame that was read before
        self.met = False  # whether that frame, or one before the start, was seen
        self.following: int | None = None  # time of the first frame after the end
        self.left = math.inf if max_frames is None else max_frames
        self.size: tuple[int, int] | None = None
        self.clock = Clock(self.has_times, self.usual)

    def ticks(self, seconds: float) -> int:
        """Return seconds in ticks of the video."""
        return round(Fraction(seconds) / self.probe.time_base)

    @property
    def shift(self) -> Fraction:
        """How much is cut off at the start, in seconds."""
        return Fraction(0) if self.start is None else self.start * self.probe.time_base

    @property
    def usual(self) -> int:
        """How long a frame is usually shown, in ticks."""
        return max(round(1 / (self.probe.rate * self.probe.time_base)), 1)

    def go_on_after(self, time: int, frames: int) -> None:
        """Skip `frames` frames that were read before; the last one is at `time`."""
        self.after = time + (self.start or 0)
        self.begin = self.after + 1
        self.left -= frames

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames in the order in which they are shown."""
        try:
            yield from self.read(self.seek())
        except Missed:
            yield from self.read(self.seek(first=True))
        self.notice_end()

    def seek(self, first: bool = False) -> bool:
        """Seek to a keyframe before those to read; return whether it is in the middle.

        Args:
            first: go to the first frame of the file.
        """
        import av

        begin = self.start if self.begin is None else self.begin
        self.clock.begin_anew()
        if begin is None or not self.has_times:
            return False
        # Frames directly after a keyframe may depend on frames before it.
        early = begin - self.ticks(EARLIER)
        if early <= self.zero and not first:
            return False
        begin = self.zero - self.ticks(60) if first else early
        try:
            self.container.seek(begin, stream=self.stream, backward=True)
            if first:
                self.decoder.flush_buffers()
        except av.error.FFmpegError as error:
            if not first:
                raise Missed from None
            raise VideoError(f"{self.path} has no index: {reason(error)}") from None
        return not first

    def read(self, middle: bool) -> Iterator[Frame]:
        """Yield frames from where the file is.

        Args:
            middle: whether reading begins in the middle of the file, perhaps too late.

        Raises:
            Missed: if it began too late.
        """
        held: Frame | None = None  # waits for the next frame, which gives its duration
        for frame in self.decoded():
            if held is not None:
                held.duration = frame.time - held.time
                yield held
            elif middle and not self.met:
                raise Missed
            held = frame
        if middle and not self.met:
            raise Missed
        if held is not None:
            if self.following is not None:
                held.duration = self.following - held.time
            yield held

    def decoded(self) -> Iterator[Frame]:
        """Yield frames until the end of the file or of the part to read."""
        import av

        packets = self.container.demux(self.stream)
        while self.left > 0 and not self.cut_short:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, ValueError) as error:
                self.cut_short = reason(error)
                packet = av.Packet()  # for which the decoder gives its last frames
                packet.stream = self.stream
            yield from self.decode(packet)

    def decode(self, packet: "Packet") -> Iterator[Frame]:
        """Give a packet to the decoder, and yield the frames that it returns."""
        import av

        if self.left <= 0:
            return
        clock, decoded = self.clock, []
        clock.comes(packet)
        try:
            decoded = self.decoder.decode(packet if packet.size else None)
        except (av.error.FFmpegError, ValueError):
            for time in clock.error():
                yield from self.emit(time, 0, None)
        for found in decoded:
            time = clock.time_of(found)
            for lost in clock.missing(time):
                yield from self.emit(lost, 0, None)
            yield from self.emit(time, found.duration or 0, found)
        if not packet.size and self.left > 0:
            for lost in clock.missing():
                yield from self.emit(lost, 0, None)

    def emit(self, time: int, duration: int, found: "VideoFrame | None") -> Iterator[Frame]:
        """Yield a frame if it is in the part that is read."""
        self.clock.shown(time)
        begin = self.start if self.begin is None else self.begin
        if self.after is not None:
            self.met = self.met or time == self.after
        elif begin is not None:
            self.met = self.met or time <= begin
        if begin is not None and time < begin:
            return
        if self.left <= 0 or (self.stop is not None and time >= self.stop):
            if self.left > 0:
                self.following = time - (self.start or 0)
            self.left = 0
            return
        damaged = found is None or found.is_corrupt
        if damaged:
            self.damaged.append(float(time * self.probe.time_base))
        if self.size is None:
            if found is None:  # there is no earlier frame to show instead
                return
            self.size = (found.width, found.height)
            self.matrix, self.light = display_matrix(found), light_of(found)
        pixels = alpha = None
        resized = found is not None and (found.width, found.height) != self.size
        if found is not None:
            self.resized += resized
            pixels, alpha = self.colors.to_pixels(found, self.matrix, self.size)
        self.left -= 1
        if not self.left:
            self.stop = time + max(duration, 1)
        second = float((time - self.zero) * self.probe.time_base)
        time -= self.start or 0
        yield Frame(pixels, alpha, time, duration, damaged, resized, second)

    def notice_end(self) -> None:
        """Set `cut_short` if the file ended earlier than it declares."""
        duration, last = self.probe.duration, self.clock.last
        if self.left <= 0 or duration is None or last is None or self.cut_short:
            return
        end = float((last - self.zero) * self.probe.time_base)
        if end < duration - max(0.5, 3 / float(self.probe.rate)):
            self.cut_short = f"frames end after {end:.1f} of {duration:.1f} s"
