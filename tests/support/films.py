"""A video with keyframes, cuts and sound, and its parts, painted on one machine."""

import hashlib
import os
import pathlib

from fusion_style.data.video.probe import open_video, probe
from fusion_style.inference.cluster.manifest import NAME
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.join import join
from fusion_style.inference.video.paint import paint_part
from fusion_style.tests.support.clips import made_up_frame, write_clip
from fusion_style.tests.support.on_clusters import manifest_of

PARTS, FRAMES = 6, 90


def write_film(folder):
    """Write film.mp4 into a folder; return the folder as text."""
    options = {"crf": "10", "g": "8", "keyint_min": "8"}
    path = os.path.join(folder, "film.mp4")
    write_clip(path, frames=FRAMES, size=(48, 64), options=options, make_frame=with_cuts)
    return str(folder)


def with_cuts(i, height, width):
    frame = made_up_frame(i, height, width)
    return 255 - frame if i // 20 % 2 else frame


def part_length(folder):
    """How many seconds are a part, if there are to be `PARTS`."""
    with open_video(os.path.join(folder, "film.mp4")) as container:
        return probe(container, "").duration / PARTS


def paint_some(folder, out, stylizer, numbers):
    """Paint parts of film.mp4 on one machine; return (their paths, the video's path)."""
    source, path = os.path.join(folder, "film.mp4"), os.path.join(out, "film-narrow.mp4")
    configs = [VideoConfig(part=f"{number}/{PARTS}") for number in numbers]
    return [
        paint_part(source, path, [stylizer], config, progress=False) for config in configs
    ], path


def join_film(folder, out, stylizer):
    """Paint film.mp4 on one machine, in parts; return the joined file."""
    parts, path = paint_some(folder, out, stylizer, range(1, PARTS + 1))
    assert join(parts, path).frames == FRAMES
    return pathlib.Path(path)


def check_film(folder, film, joined):
    """That the painted video is as on one machine, nothing else is there, and its row."""
    assert set(os.listdir(folder)) == {"film-narrow.mp4", NAME}
    assert (folder / "film-narrow.mp4").read_bytes() == joined.read_bytes()
    (row,) = manifest_of(folder).values()
    data = pathlib.Path(film, "film.mp4").read_bytes()
    assert row["sha256"] == hashlib.sha256(data).hexdigest() and row["error"] is None
    assert row["size"] == len(data) and row["path"].endswith("film.mp4")
    return row


def parts_in(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".part"))
