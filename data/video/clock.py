"""The times at which frames are shown, also of frames lost by decoder errors."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import Packet, VideoFrame


class Clock:
    """Determine the times of a video's frames, in ticks.

    Args:
        has_times: whether the file stores times, not only the order of frames.
        usual: how long a frame is usually shown, in ticks.

    Attributes:
        last: time of the last frame, or None.
    """

    def __init__(self, has_times: bool, usual: int) -> None:
        self.has_times, self.usual = has_times, usual
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything, because reading continues elsewhere in the file."""
        self.last: int | None = None
        self.errors = 0
        self.expected: set[int] = set()  # times of packets whose frames must still come

    def comes(self, packet: "Packet") -> None:
        """Note that a packet's frame is expected."""
        if packet.size and self.has_times and not packet.is_discard:
            if packet.pts is not None:
                self.expected.add(packet.pts)

    def time_of(self, found: "VideoFrame") -> int:
        """Return the time of a frame, always later than that of the frame before."""
        time = found.pts if self.has_times else None
        if self.last is None:
            return 0 if time is None else time
        if time is None:
            return self.last + self.usual
        return max(time, self.last + 1)

    def error(self) -> Iterator[int]:
        """Note a decoder error; without times in the file, yield the time of its frame."""
        self.errors += 1
        if not self.has_times and self.last is not None:
            yield self.last + self.usual

    def missing(self, until: int | None = None) -> Iterator[int]:
        """Yield the times of frames lost by errors, before the time `until`."""
        if not self.errors:
            return
        for time in sorted(t for t in self.expected if until is None or t < until):
            if self.last is None or time > self.last:
                self.errors = max(self.errors - 1, 0)
                yield time

    def shown(self, time: int) -> None:
        """Note that the frame of this time has come, or is lost."""
        self.last = time
        self.expected = {t for t in self.expected if t > time}
