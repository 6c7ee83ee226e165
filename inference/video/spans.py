"""Where a part of a video begins and ends, so that every machine finds the same places."""

from fusion_style.data.video.probe import VideoError, open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.inference.video.shots import CutFinder

SEARCHED = 10  # seconds behind a keyframe in which a cut is looked for


def span_of(reader: VideoReader, number: int, count: int) -> tuple[int | None, int | None]:
    """Return the ticks at which a part begins and ends; None for the video's own ends.

    A part begins at the first cut behind a keyframe, or else at the keyframe: there,
    nothing holds paintings together that lie in two parts.

    Args:
        reader: of the whole video; nothing has been read.
        number: of the part, from 1.
        count: of all parts.

    Raises:
        VideoError: if the video's length isn't known.
    """
    duration, zero = reader.probe.duration, reader.zero
    if duration is None:
        raise VideoError(f"{reader.path} doesn't say how long it is. Paint it whole")
    first = zero if reader.start is None else reader.start
    end = zero + reader.ticks(duration)
    end = end if reader.stop is None else min(reader.stop, end)
    places = [first + (end - first) * i // count for i in (number - 1, number, number + 1)]
    begin = place_near(reader.path, *places[:2]) if number > 1 else reader.begin
    stop = place_near(reader.path, *places[1:]) if number < count else reader.stop
    return begin, stop


def place_near(path: str, place: int, limit: int) -> int:
    """Return where a part begins, for a place of an even share and that of the next."""
    start, limit = key_before(path, place), key_before(path, limit)
    with open_video(path) as container:
        reader, is_cut = VideoReader(container, path), CutFinder()
        reader.begin, reader.stop = start, min(limit, start + reader.ticks(SEARCHED))
        for i, frame in enumerate(reader):
            if frame.pixels is not None and is_cut(frame.pixels) and i:
                return frame.time
    return start


def key_before(path: str, place: int) -> int:
    """Return when the keyframe is shown that lies before a place, or the place itself."""
    with open_video(path) as container:
        reader = VideoReader(container, path)
        if not reader.has_times:
            return place
        container.seek(place, stream=reader.stream, backward=True)
        packet = next(container.demux(reader.stream))
        if packet.pts is None or not packet.is_keyframe:
            return place
        return min(packet.pts, place)
