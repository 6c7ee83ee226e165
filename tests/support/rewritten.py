"""Videos that are read and written again, without painting."""

import os

from fusion_style.data.video.copies import choose_copies, copied_packets
from fusion_style.data.video.encoders import choose_encoding
from fusion_style.data.video.probe import open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.data.video.writer import VideoWriter
from fusion_style.tests.support.clips import KINDS, write_clip


def rewrite(source, target, crf=None, bitrate=None, **options):
    """Writes what is read; returns the reader, the encoding and what was refused."""
    with open_video(source) as container:
        reader = VideoReader(container, source, **options)
        extension = os.path.splitext(target)[1]
        encoding = choose_encoding(reader.probe, extension, crf, bitrate)
        frames, good = list(reader), None
    with open_video(source) as container:
        again = VideoReader(container, source, **options)
        again.size, again.matrix, again.light = reader.size, reader.matrix, reader.light
        again.stop = reader.stop
        copied, refused = choose_copies(again, encoding.container)
        writer = VideoWriter(target, encoding, again, frames[0].pixels.shape[:2], copied)
        for frame in frames:
            good = frame.pixels = good if frame.pixels is None else frame.pixels
            writer.write(frame)
        writer.copy(copied_packets(again, copied))
        writer.close()
    return reader, encoding, refused


def pair(tmp_path, kind, target=None, **options):
    source = write_clip(tmp_path / f"source{KINDS[kind][0]}", kind, **options)
    return source, str(tmp_path / (target or f"target{KINDS[kind][0]}"))
