"""Videos that are damaged, cut off or of a changing size, and files that are no videos."""

import os
import pathlib

import av
import pytest

from fusion_style.data.video.probe import VideoError, open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.rewritten import pair, rewrite


def test_a_changing_size(tmp_path):
    source = str(tmp_path / "source.ts")
    with open(source, "wb") as file:
        for i, size in enumerate([(24, 32), (48, 64)]):
            part = write_clip(tmp_path / f"{i}.ts", "ts-h264", size=size, audio=False)
            file.write(pathlib.Path(part).read_bytes())
    reader, _, _ = rewrite(source, str(tmp_path / "target.ts"))
    assert reader.resized == 10
    assert {pixels.shape[:2] for pixels in contents(tmp_path / "target.ts").pixels} == {
        (24, 32)
    }


def damage(source, at):
    """Overwrites the data of a packet of the video."""
    with av.open(source) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    position, size = packets[at].pos, packets[at].size
    with open(source, "r+b") as file:
        file.seek(position + 12)  # Matroska's position is that of the block's header
        file.write(b"\xff" * (size - 12))


@pytest.mark.parametrize("kind", ["mp4-h264", "mkv-ffv1", "mov-prores"])
def test_a_damaged_frame(tmp_path, kind):
    options = {"slicecrc": "1", "level": "3"} if "ffv1" in kind else {"g": "1"}
    source, target = pair(tmp_path, kind, options=options)
    before = contents(source)
    damage(source, 4)
    reader, _, _ = rewrite(source, target)
    assert len(reader.damaged) >= 1
    after = contents(target)
    assert [f[0] for f in after.frames] == [f[0] for f in before.frames]


def test_a_truncated_file(tmp_path):
    source, target = pair(tmp_path, "mkv-h264", options={"g": "1"}, frames=40)
    size = os.path.getsize(source)
    os.truncate(source, size * 6 // 10)
    reader, _, _ = rewrite(source, target)
    assert reader.cut_short
    assert 2 <= len(contents(target).frames) < 40


@pytest.mark.parametrize("what, message", [
    ("nothing", "does not exist"), ("empty", "empty"), ("text", "not a video"),
    ("folder", "directory"), ("cut", "incomplete"),
])  # fmt: skip
def test_what_is_no_video(tmp_path, what, message):
    path = tmp_path / "clip.mp4"
    if what == "folder":
        path.mkdir()
    elif what != "nothing":
        path.write_bytes(b"" if what == "empty" else b"hello there " * 50)
    if what == "cut":
        write_clip(path)
        os.truncate(path, 400)
    with pytest.raises(VideoError, match=message), open_video(path):
        pass


def test_sound_alone(tmp_path):
    path = str(tmp_path / "sound.mp4")
    source = write_clip(tmp_path / "source.mp4")
    with av.open(source) as container, av.open(path, "w") as out:
        stream = container.streams.audio[0]
        copy = out.add_stream_from_template(stream)
        for packet in container.demux(stream):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    with (
        open_video(path) as container,
        pytest.raises(VideoError, match=r"no video. It contains audio \(aac\)"),
    ):
        VideoReader(container, path)
