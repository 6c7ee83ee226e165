"""Made-up videos, written with PyAV itself, and what is in a file."""

import dataclasses
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags

from fusion_style.data.video.hdr import light_of
from fusion_style.data.video.priority import usual_priority

# (container's extension, encoder, pixel format, encoder of sound, subtitles) of each.
KINDS = {
    "mp4-h264": (".mp4", "libx264", "yuv420p", "aac", "mov_text"),
    "mp4-hevc10": (".mp4", "libx265", "yuv420p10le", "aac", None),
    "mov-prores": (".mov", "prores_ks", "yuv422p10le", "pcm_s16le", None),
    "mov-prores4444": (".mov", "prores_ks", "yuva444p10le", None, None),
    "mkv-h264": (".mkv", "libx264", "yuv444p", "libopus", "subrip"),
    "mkv-ffv1": (".mkv", "ffv1", "yuva420p", "flac", "subrip"),
    "mkv-ffv1-rgb": (".mkv", "ffv1", "gbrp10le", None, None),
    "webm-vp9": (".webm", "libvpx-vp9", "yuv420p", "libopus", None),
    "webm-vp9-alpha": (".webm", "libvpx-vp9", "yuva420p", None, None),
    "webm-vp8": (".webm", "libvpx", "yuv420p", "libopus", None),
    "mp4-av1": (".mp4", "libsvtav1", "yuv420p10le", "aac", None),
    "ts-h264": (".ts", "libx264", "yuv420p", "aac", None),
    "avi-h264": (".avi", "libx264", "yuv420p", "libmp3lame", None),
}
RGB = {3: "rgb24", 4: "rgba"}  # by channels
TICKS = (40, 40, 20, 60, 41, 39, 80, 40, 20, 30)  # milliseconds of each frame


def made_up_frame(i: int, height: int = 24, width: int = 32) -> np.ndarray:
    """Return uint8 (height, width, 3): a slope of colors, and a bar that moves."""
    down, across = np.mgrid[:height, :width]
    frame = np.stack([across * 6, down * 8, 200 - across * 5], axis=-1)
    frame = np.clip(frame, 0, 255).astype(np.uint8)
    frame[:, (3 * i) % width : (3 * i) % width + 4] = (230, 220, 40)
    return frame


def write_clip(
    path, kind="mp4-h264", frames=10, size=(24, 32), even_times=None, audio=True,
    tags=(2, 2, 2, 1), matrix=None, options=None, make_frame=made_up_frame, codec=None,
):  # fmt: skip
    """Writes a clip of one of `KINDS` to `path`; returns the path as text."""
    _, encoder, pixel_format, sound, subtitles = KINDS[kind]
    encoder = codec or encoder
    path = str(path)
    options = options or default_options(encoder)
    unit = Fraction(1, 90000) if path.endswith(".ts") else Fraction(1, 1000)
    even_times = path.endswith((".avi", ".ts")) if even_times is None else even_times
    as_they_are = {"avoid_negative_ts": "disabled"}
    with usual_priority(), av.open(path, "w", container_options=as_they_are) as out:
        video = out.add_stream(
            encoder, rate=25, options=options or default_options(encoder)
        )
        video.height, video.width, video.pix_fmt = *size, pixel_format
        context = video.codec_context
        context.time_base = Fraction(1, 25) if path.endswith(".avi") else unit
        context.flags |= Flags.frame_duration
        context.sample_aspect_ratio = Fraction(4, 3)
        context.color_primaries, context.color_trc, context.colorspace = tags[:3]
        context.color_range = tags[3]
        if matrix:
            video.set_display_matrix(matrix)
        video.metadata["language"] = "deu"
        out.metadata["title"] = "A made-up clip"
        streams = {}
        if sound and audio:
            streams["audio"] = out.add_stream(sound, rate=48000, layout="stereo")
            streams["audio"].metadata["language"] = "fra"
        if subtitles:
            streams["subtitle"] = out.add_mux_stream(subtitles)
            streams["subtitle"].metadata["language"] = "jpn"
        if path.endswith((".mp4", ".mov", ".mkv")):
            out.set_chapters([
                {"id": i + 1, "start": 200 * i, "end": 200 * i + 200,
                 "time_base": Fraction(1, 1000), "metadata": {"title": f"part {i}"}}
                for i in range(2)
            ])  # fmt: skip
        out.start_encoding()
        time = 0
        for i in range(frames):
            pixels = make_frame(i, *size)
            if "a" in pixel_format:  # half of it is transparent
                alpha = np.where(np.arange(size[1]) < size[1] // 2, 255, 60)
                alpha = np.broadcast_to(alpha[:, None], (*size, 1)).astype(np.uint8)
                pixels = np.concatenate([pixels, alpha], axis=-1)
            frame = av.VideoFrame.from_ndarray(pixels, RGB[pixels.shape[2]])
            frame = frame.reformat(format=pixel_format)
            step = 40 if even_times else TICKS[i % len(TICKS)]
            frame.time_base = context.time_base
            frame.pts = round(Fraction(time, 1000) / context.time_base)
            frame.duration = round(Fraction(step, 1000) / context.time_base)
            time += step
            out.mux(video.encode(frame))
        if "audio" in streams:
            write_sound(out, streams["audio"], time)
        if "subtitle" in streams:
            for i in range(2):
                text = f"line {i}".encode()
                length = len(text).to_bytes(2, "big") if subtitles == "mov_text" else b""
                packet = av.Packet(length + text)
                packet.stream, packet.time_base = streams["subtitle"], Fraction(1, 1000)
                packet.pts = packet.dts = 150 * i
                packet.duration = 100
                out.mux(packet)
        out.mux([packet for packet in video.encode(None) if packet.size])
    return path


def default_options(encoder):
    return {
        "libx265": {"x265-params": "log-level=none", "crf": "10"},
        "libx264": {"crf": "10"},
        "libsvtav1": {"preset": "10", "crf": "20"},
        "ffv1": {"level": "3", "slicecrc": "1"},
        "libvpx-vp9": {"crf": "15", "cpu-used": "8"},
    }.get(encoder, {})


def write_sound(out, stream, milliseconds):
    """A second of a tone, as long as the frames."""
    context = stream.codec_context
    size = context.frame_size or 1024
    for start in range(0, milliseconds * 48, size):
        tone = np.sin(np.arange(start, start + size) / 20)
        wave = (tone * 8000).astype(np.int16)
        samples = av.AudioFrame.from_ndarray(
            np.repeat(wave, 2)[None], format="s16", layout="stereo"
        )
        samples.rate, samples.pts, samples.time_base = 48000, start, Fraction(1, 48000)
        resampler = av.AudioResampler(context.format.name, "stereo", 48000)
        for frame in resampler.resample(samples):
            frame.pts, frame.time_base = start, Fraction(1, 48000)
            out.mux(stream.encode(frame))
    out.mux([packet for packet in stream.encode(None) if packet.size])


@dataclasses.dataclass
class Contents:
    """What a player sees of a file."""

    container: dict
    streams: list[dict]
    chapters: list
    frames: list[tuple]  # (time, duration) in seconds, fractions
    packets: dict[int, list[tuple]]  # of the other streams: (time, duration, bytes)
    pixels: list[np.ndarray]  # uint16 RGBA
    light: dict  # what the first frame says of an HDR screen


def contents(path) -> Contents:
    """Reads all of a file, stream by stream."""
    with av.open(str(path)) as container:
        main = container.streams.video[0]
        streams = [describe(stream) for stream in container.streams]
        chapters = [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"])
            for c in container.chapters()
        ]
        metadata = {k: v for k, v in container.metadata.items() if k.lower() == "title"}
        frames, pixels, packets, light = [], [], {}, {}
        decoder = main.codec_context
        if "alpha_mode" in {key.lower() for key in main.metadata}:
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in container.demux():
            if packet.stream == main:
                for frame in decoder.decode(packet if packet.size else None):
                    unit = main.time_base
                    frames.append((frame.pts * unit, frame.duration * unit, frame.rotation))
                    light = light if pixels else light_of(frame)
                    pixels.append(frame.to_ndarray(format="rgba64le"))
            elif packet.size:
                unit = packet.time_base
                packets.setdefault(packet.stream.index, []).append(
                    (packet.pts * unit, (packet.duration or 0) * unit, bytes(packet))
                )
    # Frames are shown until the next one is; what decoders say of durations is less sure.
    times = [time for time, _, _ in frames]
    frames = [
        (time, after - time, turned)
        for (time, _, turned), after in zip(frames, times[1:], strict=False)
    ] + frames[-1:]
    if container.format.name == "avi":  # which knows an order, and no times
        one = Fraction(1, 25)
        frames = [(i * one, one, turned) for i, (_, _, turned) in enumerate(frames)]
    return Contents(metadata, streams, chapters, frames, packets, pixels, light)


def describe(stream) -> dict:
    found = {
        "type": stream.type, "name": stream.name,
        "language": stream.metadata.get("language"), "disposition": int(stream.disposition),
    }  # fmt: skip
    if stream.type == "video":
        context = stream.codec_context
        found |= {
            "name": context.codec.canonical_name, "tag": context.codec_tag,
            "pixels": stream.pix_fmt, "size": (stream.width, stream.height),
            "aspect": stream.sample_aspect_ratio,
            "colors": (context.color_primaries, context.color_trc, context.colorspace),
            "range": context.color_range,
        }  # fmt: skip
    return found
