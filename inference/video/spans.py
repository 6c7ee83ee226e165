"""Find where a part of a video begins and ends; all machines find the same places."""

from fusion_style.data.video.probe import VideoError, open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.inference.video.shots import CutFinder

SEARCHED = 10  # how long after a keyframe to look for a cut, in seconds


def span_of(reader: VideoReader, number: int, count: int) -> tuple[int | None, int | None]:
    """Return the ticks at which a part begins and ends; None for the ends of the video.

    A part begins at the first cut after a keyframe, because paintings on both sides of a
    cut are independent. Without a cut, it begins at the keyframe.

    Args:
        reader: of the whole video; nothing must have been read.
        number: number of the part, from 1.
        count: number of parts.

    Raises:
        VideoError: if the file does not say how long the video is.
    """
    duration, zero = reader.probe.duration, reader.zero
    if duration is None:
        raise VideoError(
            f"{reader.path} does not say how long it is. Paint it without --part"
        )
    first = zero if reader.start is None else reader.start
    end = zero + reader.ticks(duration)
    end = end if reader.stop is None else min(reader.stop, end)
    places = [first + (end - first) * i // count for i in (number - 1, number, number + 1)]
    begin = place_near(reader.path, *places[:2]) if number > 1 else reader.begin
    stop = place_near(reader.path, *places[1:]) if number < count else reader.stop
    return begin, stop


def place_near(path: str, place: int, limit: int) -> int:
    """Return the tick at which a part begins.

    Args:
        path: of the video.
        place: where it would begin if all parts had the same length, in ticks.
        limit: the same for the next part.
    """
    start, limit = key_before(path, place), key_before(path, limit)
    with open_video(path) as container:
        reader, is_cut = VideoReader(container, path), CutFinder()
        reader.begin, reader.stop = start, min(limit, start + reader.ticks(SEARCHED))
        for i, frame in enumerate(reader):
            if frame.pixels is not None and is_cut(frame.pixels) and i:
                return frame.time
    return start


def key_before(path: str, place: int) -> int:
    """Return the time of the last keyframe before a place, or the place, in ticks."""
    with open_video(path) as container:
        reader = VideoReader(container, path)
        if not reader.has_times:
            return place
        container.seek(place, stream=reader.stream, backward=True)
        packet = next(container.demux(reader.stream))
        if packet.pts is None or not packet.is_keyframe:
            return place
        return min(packet.pts, place)
