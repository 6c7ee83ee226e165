"""Read what a video file declares, before any frame is decoded."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# {extension that we write: FFmpeg's name of the container}
CONTAINERS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm",
    ".avi": "avi", ".ts": "mpegts", ".mts": "mpegts", ".m2ts": "mpegts",
}  # fmt: skip
# Extensions that we read. Videos in the other containers become an .mp4.
VIDEO_EXTENSIONS = (
    *CONTAINERS, ".mpg", ".mpeg", ".vob", ".wmv", ".asf", ".flv", ".3gp", ".ogv", ".mxf",
)  # fmt: skip


class VideoError(ValueError):
    """The error for a file that cannot be read or written as a video."""


@dataclasses.dataclass(frozen=True)
class Probe:
    """A video stream, as its file declares it.

    Attributes:
        path: of the file.
        codec: FFmpeg's name, such as "h264", "hevc" or "vp9".
        profile: the four letters of the codec tag, which name the profile of ProRes; or "".
        pixel_format: FFmpeg's name, such as "yuv420p10le".
        width, height: in pixels, before rotation.
        time_base: length of a tick, in seconds.
        rate: average number of frames per second.
        duration: in seconds; None if the file does not say.
        frames: expected number of frames; None if the file does not say.
        bitrate: of the video, in bits per second; None if the file does not say.
        aspect: width of a pixel divided by its height.
        range, primaries, transfer, matrix: FFmpeg's numbers of the color tags.
    """

    path: str
    codec: str
    profile: str
    pixel_format: str
    width: int
    height: int
    time_base: Fraction
    rate: Fraction
    duration: float | None
    frames: int | None
    bitrate: int | None
    aspect: Fraction
    range: int
    primaries: int
    transfer: int
    matrix: int


def is_video(path: str | os.PathLike[str]) -> bool:
    """Return whether a file's extension is a video's."""
    return os.path.splitext(os.fspath(path))[1].lower() in VIDEO_EXTENSIONS


@contextlib.contextmanager
def open_video(path: str | os.PathLike[str]) -> Iterator["InputContainer"]:
    """Open a file with PyAV.

    Args:
        path: of the file.

    Raises:
        VideoError: if it cannot be opened; the message says why.
    """
    import av  # takes a quarter of a second, and pictures do not need it

    name = os.fspath(path)
    if os.path.isdir(name):
        raise VideoError(f"{name} is a directory, not a video")
    if os.path.exists(name) and os.path.getsize(name) == 0:
        raise VideoError(f"{name} is empty (0 bytes)")
    av.logging.set_level(None)  # our own messages say what is wrong
    try:
        # A colon in a relative path would be taken for a protocol.
        container = av.open(os.path.abspath(name), metadata_errors="replace")
    except FileNotFoundError:
        raise VideoError(f"{name} does not exist") from None
    except PermissionError:
        raise VideoError(f"{name} may not be read (no permission)") from None
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(
            f"{name} is damaged, incomplete or not a video: {reason(error)}"
        ) from None
    with container:
        yield container


def reason(error: Exception) -> str:
    """Return FFmpeg's description of an error, without path and number."""
    return getattr(error, "strerror", None) or str(error)


def main_stream(container: "InputContainer", path: str) -> "VideoStream":
    """Return the video stream to paint: the first one that is not a cover picture.

    Raises:
        VideoError: if there is none; the message names the streams in the file.
    """
    from av.stream import Disposition

    for stream in container.streams.video:
        covers = Disposition.attached_pic | Disposition.timed_thumbnails
        if not Disposition(stream.disposition) & covers and stream.codec_context:
            return stream
    others = [f"{s.type} ({s.name or 'unknown'})" for s in container.streams]
    raise VideoError(
        f"{path} contains no video. It contains {', '.join(others) or 'nothing'}"
    )


def probe(container: "InputContainer", path: str) -> Probe:
    """Return what a file declares about the video to paint.

    Raises:
        VideoError: if the file contains no video.
    """
    stream = main_stream(container, path)
    context = stream.codec_context
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    duration = None
    if stream.duration and stream.time_base:
        duration = float(stream.duration * stream.time_base)
    elif "DURATION" in stream.metadata:  # Matroska's, hours:minutes:seconds
        parts = stream.metadata["DURATION"].split(":")
        duration = sum(float(n) * 60**i for i, n in enumerate(reversed(parts)))
    elif container.duration:
        duration = container.duration / 1_000_000
    frames = stream.frames or (duration and round(duration * rate))
    return Probe(
        path=path,
        codec=context.codec.canonical_name,
        profile=str(context.codec_tag or ""),
        pixel_format=pixel_format(stream),
        width=stream.width,
        height=stream.height,
        time_base=stream.time_base or Fraction(1, 1000),
        rate=rate if 0 < rate <= 1000 else Fraction(25),
        duration=duration,
        frames=frames or None,
        bitrate=bitrate_of(container, stream),
        aspect=stream.sample_aspect_ratio or Fraction(1),
        range=context.color_range,
        primaries=context.color_primaries,
        transfer=context.color_trc,
        matrix=context.colorspace,
    )


def bitrate_of(container: "InputContainer", stream: "VideoStream") -> int | None:
    """Return a video's bits per second, or None if they cannot be found.

    Matroska, WebM, AVI and MPEG-TS do not store it for the video alone. For them it is the
    bitrate of the file, minus the known bitrates of its other streams.
    """
    others = sum(getattr(s, "bit_rate", None) or 0 for s in container.streams)
    found = stream.bit_rate or (container.bit_rate or 0) - others
    return found if found > 0 else None


def pixel_format(stream: "VideoStream") -> str:
    """Return FFmpeg's name of a stream's pixel format, with the alpha of VP8 and VP9."""
    return "yuva420p" if alpha_decoder(stream) else stream.pix_fmt or "yuv420p"


def alpha_decoder(stream: "VideoStream") -> str | None:
    """Return a decoder that reads a stream's alpha, which FFmpeg's own drops, or None."""
    import av

    names = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
    name = names.get(stream.codec_context.codec.canonical_name)
    metadata = {key.lower(): value for key, value in stream.metadata.items()}
    if name is None or metadata.get("alpha_mode") != "1":
        return None
    try:
        av.codec.Codec(name, "r")
    except ValueError:
        return None
    return name
