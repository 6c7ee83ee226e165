"""Videos painted in parts, on several machines, and joined."""

import os

import av
import pytest
from absl.testing import flagsaver
from PIL import Image

from fusion_style.data.video import parts as parts_module
from fusion_style.data.video.parts import PartWriter, read_part
from fusion_style.data.video.probe import VideoError
from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.join import join
from fusion_style.inference.video.paint import numbers_of, paint_part
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.painted_videos import with_a_cut
from fusion_style.tests.support.painters import Negative
from fusion_style.tests.support.pictures import import_script


@pytest.mark.parametrize("count", [1, 3])
def test_parts_are_joined(tmp_path, count):
    source = write_clip(tmp_path / "source.mp4", frames=30, make_frame=with_a_cut,
                        options={"crf": "10", "g": "4"})  # fmt: skip
    out = str(tmp_path / "out.mp4")
    parts = [
        paint_part(source, out, [Negative()], VideoConfig(part=f"{i + 1}/{count}", crf=10),
                   progress=False)
        for i in range(count)
    ]  # fmt: skip
    assert [os.path.basename(p) for p in parts] == [
        f"out.mp4.{i + 1}-of-{count}.part" for i in range(count)
    ]
    report = join(parts[::-1], out)
    painted, before = contents(out), contents(source)
    assert report.frames == 30
    assert [f[0] for f in painted.frames] == [f[0] for f in before.frames]
    assert painted.frames[:-1] == before.frames[:-1]
    for name in ("streams", "packets", "chapters"):
        assert getattr(painted, name) == getattr(before, name)
    if count == 3:  # one part begins at the cut
        firsts = [next(read_part(p).packets()).pts for p in parts]
        assert float(before.frames[12][0]) in [f / 16000 for f in firsts]


def test_a_part_without_frames(tmp_path):
    source = write_clip(tmp_path / "source.mkv", "mkv-h264", 3)
    out = str(tmp_path / "out.mkv")
    parts = [
        paint_part(source, out, [Negative()], VideoConfig(part=f"{i}/8"), progress=False)
        for i in range(1, 9)
    ]
    assert join(parts, out).frames == 3
    assert contents(out).packets == contents(source).packets


def test_what_cannot_be_joined(tmp_path):
    source = write_clip(tmp_path / "source.mp4", frames=12)
    out = str(tmp_path / "out.mp4")

    def part(text, **settings):
        config = VideoConfig(part=text, **settings)
        return paint_part(source, out, [Negative()], config, progress=False)

    one, three = part("1/3"), part("3/3")
    with pytest.raises(VideoError, match="part 2 of 3 is missing"):
        join([one, three], out)
    other = part("2/3", steady=0.5)
    with pytest.raises(VideoError, match="steady 1.0. Received: 0.5"):
        join([one, other, three], out)
    os.remove(other)
    two = part("2/3")
    with pytest.raises(VideoError, match="twice"):
        join([one, two, two, three], out)
    with pytest.raises(VideoError, match="painted for a .mp4 file"):
        join([one, two, three], str(tmp_path / "out.mkv"))
    with pytest.raises(VideoError, match="not a complete part"):
        join([one, source, three], out)
    os.truncate(two, os.path.getsize(two) - 3)
    with pytest.raises(VideoError, match="not a complete part"):
        join([one, two, three], out)
    os.rename(source, tmp_path / "moved.mp4")
    os.remove(two)
    with pytest.raises(VideoError, match="does not exist"):
        join([part_of(one, "1/1")], out)
    assert not os.path.exists(out)


def part_of(path, text):
    """The same part, as if it were another one of another number."""
    part = read_part(path)
    number, count = numbers_of(text)
    new = path.replace("1-of-3", "1-of-1")
    writer = PartWriter(new, part.header | {"part": [number, count]})
    writer.write(part.packets())
    writer.close(part.trailer)
    return new


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/", "1/2/3"])
def test_numbers_of_parts(text):
    with pytest.raises(ValueError, match="part must be"):
        numbers_of(text)


def test_packets_are_as_they_were(tmp_path):
    source = write_clip(tmp_path / "source.webm", "webm-vp9-alpha")
    with av.open(source) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        expected = [described(p) for p in packets]
        writer = PartWriter(str(tmp_path / "a.part"), {"it": 1})
        writer.write(packets)
        writer.close({"end": 2})
    part = read_part(str(tmp_path / "a.part"))
    assert [described(p) for p in part.packets()] == expected
    assert part.header == {"it": 1} and part.trailer["end"] == 2
    assert parts_module.MAGIC


def described(packet):
    more = [(data.data_type, bytes(data)) for data in packet.iter_sidedata()]
    return packet.pts, packet.dts, packet.duration, packet.is_keyframe, bytes(packet), more


def test_the_commands(tmp_path, style, monkeypatch, capsys):
    stylize = import_script("fusion_style.stylize")
    monkeypatch.chdir(tmp_path)
    write_clip("clip.mp4")

    def run(*arguments):
        with flagsaver.flagsaver():
            return stylize.main(stylize.FLAGS(["stylize.py", *arguments]))

    given = ["clip.mp4", "--style", style, "--preview", "now.jpg"]
    assert run(*given, "--part", "1/2") == 0 and run(*given, "--part", "2/2") == 0
    parts = [f"stylized/clip-narrow.mp4.{i}-of-2.part" for i in (1, 2)]
    assert sorted(os.listdir("stylized")) == [os.path.basename(part) for part in parts]
    with Image.open("now.jpg") as picture:
        assert picture.size == (32, 24)
    os.rename("clip.mp4", "moved.mp4")
    assert run("--join", *parts, "--out", "film.mp4") == 1
    assert "clip.mp4, from which sound is copied, does not" in capsys.readouterr().err
    assert run("--join", "moved.mp4", *parts, "--out", "film.mp4") == 0
    assert "3 files -> film.mp4" in capsys.readouterr().out
    assert contents("film.mp4").packets == contents("moved.mp4").packets
    for wrong in (["moved.mp4", "--out", "film.mp4"], [*parts], [*parts, "a", "b"]):
        assert run("--join", *wrong) == 1
    assert run(*given[:3], "--part", "3/2") == 1
    assert run("moved.mp4", *given[1:3], "--preview", "now.txt") == 1
    printed = capsys.readouterr().err
    assert "--join takes all .part files" in printed and "--out FILE" in printed
    assert "part must be like 2/5" in printed
    assert "--preview must be a picture" in printed
