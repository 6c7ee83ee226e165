"""Videos whose painting was interrupted: they go on as if nothing had happened."""

import os
import subprocess
import sys

import av
import numpy as np
import pytest

from fusion_style.data.video.parts import PartWriter, read_part
from fusion_style.data.video.probe import VideoError
from fusion_style.inference.masked import MaskedStylizer
from fusion_style.inference.masks import Mask
from fusion_style.inference.video import segments, steady
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.tests.support import painters
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.painted_videos import paint, same, with_a_cut
from fusion_style.tests.support.painters import Negative


@pytest.fixture
def short_parts(monkeypatch):
    monkeypatch.setattr(segments, "SHORTEST", 3)
    monkeypatch.setattr(segments, "LONGEST", 5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_film_that_is_killed_ten_times(tmp_path, short_parts):
    # All ten together paint fewer frames than the film has, so that none of them ends.
    frames, kills = 200, [4, 21, 18, 25, 20, 23, 17, 26, 19, 22]
    assert sum(kills) < frames
    source = write_clip(tmp_path / "source.mp4", frames=frames, make_frame=with_a_cut)
    log, out, expected = (tmp_path / name for name in ("log", "out.mp4", "expected.mp4"))
    done = subprocess.run(
        [sys.executable, painters.__file__, source, out, log,
         *map(str, [*kills, frames + 1])],
        capture_output=True, text=True,
    )  # fmt: skip
    ends = done.stdout.split()
    assert ends == ["-9"] * 10 + ["0"], done.stderr
    report = paint(source, expected)
    assert same(contents(out), contents(expected)) and report.shots == 2
    assert len(contents(out).frames) == frames
    # Nothing is painted twice but the part under way, and what waits behind it.
    painted = len(log.read_text().splitlines())
    assert painted <= frames + 10 * (segments.LONGEST + 5)
    assert sorted(os.listdir(tmp_path)) == [
        "expected.mp4", "log", "out.mp4", "source.mp4",
    ]  # fmt: skip


def interrupted(source, out, painter=None, **settings):
    """Paints until two parts are whole; what then happens is an error."""

    class Enough(Exception):
        pass

    painter = painter or Negative()
    paint_seen = painter.paint_seen

    def stop(*given, **more):
        if os.path.exists(f"{out}.unfinished/00001.part"):
            raise Enough
        return paint_seen(*given, **more)

    painter.paint_seen = stop
    config = VideoConfig(crf=10, **settings)
    with pytest.raises(Enough):
        paint_video(str(source), str(out), [painter], config, progress=False)


def test_an_unfinished_film_is_not_thrown_away(tmp_path, short_parts):
    source = write_clip(tmp_path / "source.mp4", frames=20)
    out = tmp_path / "out.mp4"
    interrupted(source, out)
    with pytest.raises(VideoError, match="--resume to continue"):
        paint(source, out)
    with pytest.raises(VideoError, match="painted with steady 1.0. Received: 0.5"):
        paint(source, out, resume=True, steady=0.5)
    other = write_clip(tmp_path / "other.mp4", frames=21)
    with pytest.raises(VideoError, match="painted with bytes"):
        paint(other, out, resume=True)
    report = paint(source, out, resume=True)
    assert report.frames == 20 and not os.path.exists(f"{out}.unfinished")
    interrupted(source, tmp_path / "new.mp4")
    config = VideoConfig(crf=10)
    paint_video(source, str(tmp_path / "new.mp4"), [Negative()], config, overwrite=True,
                progress=False)  # fmt: skip
    assert same(contents(tmp_path / "new.mp4"), contents(out))


def test_what_a_resume_compares(tmp_path, short_parts):
    """The mask's content and the style of its black parts count."""
    source, out = write_clip(tmp_path / "source.mp4", frames=20), tmp_path / "out.mp4"
    left = np.zeros((24, 32), np.uint8)
    left[:, :16] = 255
    other = Negative()
    other.name = "other"

    def painter(values=left, beside=None):
        return MaskedStylizer(Negative(), Mask(values), beside)

    def go_on(stylizer, resume=True):
        config = VideoConfig(crf=10, resume=resume)
        return paint_video(str(source), str(out), [stylizer], config, progress=False)

    interrupted(source, out, painter(beside=other))
    for given, name in (
        (painter(255 - left, other), "mask"), (painter(left[::2, ::2], other), "mask"),
        (painter(), "style2"), (painter(beside=Negative()), "style2"), (Negative(), "mask"),
    ):  # fmt: skip
        with pytest.raises(VideoError, match=f"was painted with {name} "):
            go_on(given)
    changed = Negative()
    changed.name, changed.chosen = "other", np.ones((2, 3), np.float32)
    with pytest.raises(VideoError, match="was painted with weights2 "):
        go_on(painter(beside=changed))
    assert go_on(painter(left.copy(), other)).frames == 20


def rewrite(path, **changes):
    """Rewrite a part with changes to its header."""
    part = read_part(path)
    packets = list(part.packets())
    writer = PartWriter(path, part.header | changes)
    writer.write(packets)
    writer.close(part.trailer)


def test_encodings_are_not_mixed(tmp_path, short_parts):
    """An older version, or another encoder, made the parts that are there."""
    source, out = write_clip(tmp_path / "source.mp4", frames=20), tmp_path / "out.mp4"
    interrupted(source, out)
    paths = [f"{out}.unfinished/0000{i}.part" for i in (0, 1)]
    header = read_part(paths[0]).header
    for changes, message in (
        ({"options": {"crf": "18"}}, "options {'crf': '18'}, and not {'crf': '10',"),
        ({"pixel_format": "yuv444p"}, "pixel_format 'yuv444p', and not 'yuv420p'"),
        ({"encoder": "libx265"}, "encoder 'libx265', and not 'libx264'"),
    ):
        rewrite(paths[1], encoding=header["encoding"] | changes)
        with pytest.raises(VideoError, match=f"was encoded with {message}"):
            paint(source, out, resume=True)
    notes = header["encoding"] | {"notes": ["said in other words"]}
    for path in paths:
        rewrite(path, encoding=notes, extradata="00")
    with pytest.raises(VideoError, match="with another version of libx264"):
        paint(source, out, resume=True)
    for path in paths:
        rewrite(path, encoding=notes, extradata=header["extradata"])
    assert paint(source, out, resume=True).frames == 20


@pytest.mark.parametrize("kind", ["avi-h264", "webm-vp9-alpha", "ts-h264", "mkv-ffv1"])
def test_every_container_goes_on(tmp_path, short_parts, kind):
    extension = "." + kind.split("-")[0]
    source = write_clip(tmp_path / f"source{extension}", kind, 20)
    names = [str(tmp_path / f"{name}{extension}") for name in ("one", "other")]
    paint(source, names[0], start=0.1)
    interrupted(source, names[1], start=0.1)
    paint(source, names[1], start=0.1, resume=True)
    assert same(*map(contents, names))


def test_flow_goes_on(tmp_path, short_parts):
    """What is moved along the flow is the same after an interruption, to the bit."""
    size, names = (64, 96), [str(tmp_path / name) for name in ("one.mkv", "other.mkv")]
    assert min(size) >= steady.SMALLEST
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb", 18, size)
    paint(source, names[0])
    interrupted(source, names[1])
    found = np.load(f"{names[1]}.unfinished/00002.npz")
    assert found["steady_painting"].shape == (*size, 3)
    paint(source, names[1], resume=True)
    assert same(*map(contents, names))
    alone = str(tmp_path / "alone.mkv")
    paint(source, alone, steady=0.0)
    for one, other in zip(*map(pixels_after_the_first, (names[0], alone)), strict=True):
        assert np.abs(one - other).mean() > 257  # so the frame before was used


def pixels_after_the_first(path):
    return [pixels.astype(float) for pixels in contents(path).pixels[1:]]


def test_a_damaged_frame_after_the_interruption(tmp_path, short_parts, monkeypatch):
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1", 20)
    with av.open(source) as container:
        packet = [p for p in container.demux(video=0) if p.size][10]
        place, size = packet.pos + 12, packet.size - 12
    with open(source, "r+b") as file:
        file.seek(place)
        file.write(b"\xff" * size)
    names = [str(tmp_path / name) for name in ("one.mkv", "other.mkv")]
    report = paint(source, names[0])
    interrupted(source, names[1])  # the second part ends before frame 10
    again = paint(source, names[1], resume=True)
    assert same(*map(contents, names)) and report.notes == again.notes
    assert "damaged frames: 1" in report.notes[0]
