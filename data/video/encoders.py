"""Choose encoder, pixel format and quality, to write a video like its source."""

import dataclasses
import math
from collections.abc import Sequence

from fusion_style.data.video.hdr import light_options
from fusion_style.data.video.probe import CONTAINERS, Probe, VideoError

# {codec: its encoders, the best first}
ENCODERS = {
    "h264": ("libx264",), "hevc": ("libx265",), "vp9": ("libvpx-vp9",),
    "vp8": ("libvpx",), "av1": ("libsvtav1", "libaom-av1"), "prores": ("prores_ks",),
    "ffv1": ("ffv1",),
}  # fmt: skip
FALLBACK = {"webm": "vp9"}  # for other containers: h264
# Qualities at which no loss is visible. Each encoder has its own scale; smaller is better.
# They are used for sources of high quality; see `crf_like`.
CRF = {"libx264": 18, "libx265": 20, "libvpx-vp9": 24, "libvpx": 8, "libsvtav1": 26,
       "libaom-av1": 24}  # fmt: skip
# What half the bits per pixel add to each quality: 6 on scales to 51, more on those to 63.
HALF = {"libx264": 6, "libx265": 6, "libvpx-vp9": 7, "libvpx": 7, "libsvtav1": 7,
        "libaom-av1": 7}  # fmt: skip
# Bits that a codec needs where H.264 needs one, by rule of thumb. Sources in codecs that
# are not here, such as ProRes, count as sources of high quality.
BITS = {"h264": 1.0, "hevc": 0.65, "vp9": 0.65, "av1": 0.5, "vp8": 1.1, "mpeg4": 1.5,
        "mpeg2video": 2.0, "wmv3": 1.5, "vc1": 1.1, "flv1": 1.7, "h263": 1.7,
        "theora": 1.5}  # fmt: skip
HIGH = 0.15  # bits per pixel of H.264 from which on a source is of high quality
WORSE = 10.0  # at most so much is added to a quality
PRORES = {"apco": "proxy", "apcs": "lt", "apcn": "standard", "apch": "hq",
          "ap4h": "4444", "ap4x": "4444xq"}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How to write a video.

    Attributes:
        container: FFmpeg's name of the container.
        encoder: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the pixel format.
        even: whether both sides must be even.
        options: {name: value} for the encoder.
        bitrate: bits per second, or None for a constant quality.
        notes: messages for the user about what differs from the source.
    """

    container: str
    encoder: str
    pixel_format: str
    even: bool
    options: dict[str, str]
    bitrate: int | None = None
    notes: tuple[str, ...] = ()


def output_extension(extension: str) -> str:
    """Return the extension of the painted video: the same if we can write it, else .mp4."""
    return extension if extension.lower() in CONTAINERS else ".mp4"


def choose_encoding(
    source: Probe, extension: str, crf: float | None = None, bitrate: int | None = None
) -> Encoding:
    """Return how to write a video like `source`.

    Args:
        source: the video that is painted.
        extension: of the file to write; it decides the container.
        crf: quality on the encoder's scale; by default that of `crf_like`.
        bitrate: bits per second, instead of a constant quality.

    Raises:
        VideoError: if the extension cannot be written, or there is no encoder.
    """
    container = CONTAINERS.get(extension.lower())
    if container is None:
        raise VideoError(
            f"videos are written as {', '.join(CONTAINERS)}. "
            f"Received: {extension or 'no extension'}"
        )
    notes = []
    fallback = FALLBACK.get(container, "h264")
    encoder = encoder_of(source.codec, container)
    if encoder is None:
        encoder = encoder_of(fallback, container)
        notes.append(
            f"{source.codec} cannot be written in {container} here: it becomes {fallback}"
        )
    if encoder is None:
        raise VideoError(f"this build of PyAV has no encoder for {fallback}")
    pixel_format = choose_pixel_format(source.pixel_format, formats_of(encoder))
    if has_alpha(source.pixel_format) and not has_alpha(pixel_format):
        notes.append(f"{encoder} cannot write transparency: it is left out")
    if bits(source.pixel_format) > bits(pixel_format):
        notes.append(
            f"{encoder} writes {bits(pixel_format)} bits a color, the source has "
            f"{bits(source.pixel_format)}"
        )
    # x264 and x265 refuse odd sides if neighboring pixels share a color.
    even = encoder in ("libx264", "libx265") and subsampling(pixel_format) > (1, 1)
    return Encoding(
        container, encoder, pixel_format, even,
        encoder_options(encoder, container, source, crf, bitrate), bitrate, tuple(notes),
    )  # fmt: skip


def encoder_of(codec: str, container: str) -> str | None:
    """Return an encoder for a codec that this build has and the container can hold."""
    import io

    import av

    for name in ENCODERS.get(codec, ()):
        try:
            av.codec.Codec(name, "w")
            with av.open(io.BytesIO(), "w", format=container) as trial:
                trial.add_stream(name, rate=25)
            return name
        except ValueError:  # av.error.FFmpegError, UnknownCodecError are ValueErrors
            continue
    return None


def formats_of(encoder: str) -> list[str]:
    """Return the names of the pixel formats that an encoder takes."""
    import av

    return [f.name for f in av.codec.Codec(encoder, "w").video_formats or ()]


def bits(name: str) -> int:
    """Return the bits of one color value in a pixel format."""
    import av

    return max(c.bits for c in av.VideoFormat(name).components)


def has_alpha(name: str) -> bool:
    """Return whether a pixel format has transparency."""
    import av

    return any(c.is_alpha for c in av.VideoFormat(name).components)


def subsampling(name: str) -> tuple[int, int]:
    """Return how many pixels share one color, horizontally and vertically."""
    import av

    pixels = av.VideoFormat(name, 64, 64)
    if pixels.is_rgb or len(pixels.components) < 3:
        return 1, 1
    return 64 // pixels.chroma_width(), 64 // pixels.chroma_height()


def choose_pixel_format(source: str, offered: Sequence[str]) -> str:
    """Return the pixel format of those offered that loses least of the source's."""
    import av

    def loss(name: str) -> tuple[int, ...]:
        ours, theirs = av.VideoFormat(source), av.VideoFormat(name)
        if name == source:
            return ()
        wanted, given = subsampling(source), subsampling(name)
        return (
            int(len(ours.components) >= 3 > len(theirs.components)),
            int(theirs.has_palette),
            int(has_alpha(source) and not has_alpha(name)),
            max(bits(source) - bits(name), 0),
            max(given[0] - wanted[0], 0) + max(given[1] - wanted[1], 0),
            int(ours.is_rgb != theirs.is_rgb),
            int(name.startswith("yuvj") != source.startswith("yuvj")),
            theirs.padded_bits_per_pixel,
        )

    return min(offered, key=loss)


def encoder_options(
    encoder: str, container: str, source: Probe, crf: float | None, bitrate: int | None
) -> dict[str, str]:
    """Return {name: value} of the options for an encoder."""
    options = {}
    if encoder in CRF and bitrate is None:
        options["crf"] = f"{crf_like(source, encoder) if crf is None else crf:g}"
    if container == "avi":  # it has no frame times, so frames must not be reordered
        options["bf"] = "0"
    if encoder == "libx264":
        # Without this, x264 writes different bytes every time on processors with AVX-512,
        # and a resumed video would not be the same. It costs 2% of the encoder's time.
        options["x264-params"] = "cpu-independent=1"
    elif encoder == "libx265":
        options["x265-params"] = "log-level=none"
    elif encoder.startswith("libvpx"):
        options |= {"deadline": "good", "cpu-used": "4", "row-mt": "1"}
        options |= {"auto-alt-ref": "0"} if has_alpha(source.pixel_format) else {}
    elif encoder == "libsvtav1":
        options["preset"] = "8"
    elif encoder == "prores_ks":
        alpha = has_alpha(source.pixel_format) or subsampling(source.pixel_format) == (1, 1)
        options["profile"] = PRORES.get(source.profile, "4444" if alpha else "hq")
        options["vendor"] = "apl0"
    elif encoder == "ffv1":
        options |= {"level": "3", "slicecrc": "1"}
    return options


def crf_like(source: Probe, encoder: str) -> int:
    """Return the quality (CRF) for a source: the fewer bits per pixel it has, the higher.

    It is `CRF[encoder]` if the source has `HIGH` bits per pixel or more, or if its bitrate
    is not known. Each halving of the bits adds `HALF[encoder]`, up to `WORSE`. Bits of
    other codecs are converted with `BITS`.
    """
    if source.bitrate is None or source.codec not in BITS:
        return CRF[encoder]
    per_pixel = source.bitrate / float(source.width * source.height * source.rate)
    halves = math.log2(HIGH * BITS[source.codec] / per_pixel)
    return round(CRF[encoder] + min(max(HALF[encoder] * halves, 0.0), WORSE))


def with_light(encoding: Encoding, light: dict[str, bytes]) -> dict[str, str]:
    """Return an encoding's options, with those that describe an HDR video's screen."""
    more = light_options(encoding.encoder, light)
    options = dict(encoding.options)
    if more:
        name = {"libx265": "x265-params", "libsvtav1": "svtav1-params"}[encoding.encoder]
        said = [options[name]] if name in options else []
        options[name] = ":".join([*said, *(f"{k}={v}" for k, v in more.items())])
    return options
