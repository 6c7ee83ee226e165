"""Videos read and written: everything but the pixels is as it was."""

import dataclasses
import os
from fractions import Fraction

import numpy as np
import pytest

from fusion_style.data.video.encoders import crf_like
from fusion_style.data.video.hdr import HLG, PQ, from_paintable, light_options, to_paintable
from fusion_style.data.video.pixels import turn, turn_back
from fusion_style.data.video.probe import open_video
from fusion_style.data.video.reader import VideoReader
from fusion_style.tests.support.clips import KINDS, contents, made_up_frame, write_clip
from fusion_style.tests.support.rewritten import pair, rewrite

QUARTER = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_but_the_pixels_is_kept(tmp_path, kind):
    source, target = pair(tmp_path, kind)
    _, encoding, refused = rewrite(source, target, crf=5)
    assert not refused
    if kind != "mov-prores4444":  # 12 bits, of which the encoder writes 10
        assert not encoding.notes
    before, after = contents(source), contents(target)
    assert after.container == before.container
    assert after.streams == before.streams
    assert after.chapters == before.chapters
    assert after.frames == before.frames and len(after.frames) == 10
    assert after.packets == before.packets
    for old, new in zip(before.pixels, after.pixels, strict=True):
        if "a" in KINDS[kind][2]:
            assert old[..., 3].min() < 20_000 < 60_000 < old[..., 3].max()
            assert np.abs(old[..., 3].astype(float) - new[..., 3]).mean() < 3 * 257
        difference = np.abs(old.astype(float) - new).mean() / 257
        assert difference < (0.01 if "rgb" in kind else 4)


def test_rotation_and_color_tags(tmp_path):
    source, target = pair(tmp_path, "mp4-h264", matrix=QUARTER, tags=(9, 16, 9, 1))
    reader, _, _ = rewrite(source, target)
    assert reader.matrix == QUARTER
    before, after = contents(source), contents(target)
    assert before.streams == after.streams and before.frames == after.frames
    assert after.frames[0][2] == -90
    assert after.streams[0]["colors"] == (9, 16, 9)


SCREEN = (
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
    "L(10000000,50):max-cll=1000,400"
)


@pytest.mark.parametrize("kind", ["mp4-hevc10", "mp4-av1"])
def test_the_screen_of_hdr_is_kept(tmp_path, kind):
    options = {"x265-params": f"log-level=none:{SCREEN}"}
    if kind == "mp4-av1":
        options = {"preset": "10", "svtav1-params": (
            "mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)"
            "L(1000,0.005):content-light=1000,400"
        )}  # fmt: skip
    source, target = pair(tmp_path, kind, options=options, tags=(9, 16, 9, 1))
    rewrite(source, target)
    before, after = contents(source), contents(target)
    assert len(before.light) == 2
    assert light_options("libx265", after.light) == light_options("libx265", before.light)
    assert light_options("libx265", after.light)["max-cll"] == "1000,400"
    assert after.streams[0]["colors"] == (9, 16, 9)


def test_frames_are_upright(tmp_path):
    source, _ = pair(tmp_path, "mov-prores4444", matrix=QUARTER)
    with open_video(source) as container:
        reader = VideoReader(container, source)
        frame = next(iter(reader))
    assert reader.matrix == QUARTER  # a quarter turn with the clock
    expected = np.rot90(made_up_frame(0), -1)
    assert np.abs(frame.pixels - expected).mean() < 1.5


@pytest.mark.parametrize("matrix", [
    (1, 0, 0, 1), (-1, 0, 0, -1), (0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, 1), (0, 1, 1, 0),
])  # fmt: skip
def test_turning_follows_the_matrix(matrix):
    a, b, c, d = matrix
    pixels = np.arange(6).reshape(2, 3)
    turned = turn(pixels, [65536 * n for n in (a, b, 0, c, d, 0, 0, 0)])
    at = {(a * x + c * y, b * x + d * y): pixels[y, x] for y in range(2) for x in range(3)}
    left, top = (min(place[i] for place in at) for i in range(2))
    for (x, y), value in at.items():
        assert turned[y - top, x - left] == value
    numbers = [65536 * n for n in (a, b, 0, c, d, 0, 0, 0)]
    np.testing.assert_array_equal(turn_back(turned, numbers), pixels)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_high_dynamic_range_there_and_back(transfer):
    signal = np.linspace(0, 180, 200, dtype=np.float32)
    paintable = to_paintable(signal, transfer)
    assert np.all(np.diff(paintable) > 0) and paintable.max() <= 255
    np.testing.assert_allclose(from_paintable(paintable, transfer), signal, atol=0.5)


def test_paper_white_of_pq_is_where_the_standard_says():
    # ITU-R BT.2408: 203 cd/m² is a signal of 58%.
    white = to_paintable(np.float32([0.58 * 255]), PQ)
    assert white == pytest.approx(255 * 0.52 ** (1 / 2.2), abs=3)


def test_a_codec_without_encoder_becomes_h264(tmp_path):
    source = write_clip(tmp_path / "source.avi", "avi-h264", codec="mpeg4")
    reader, encoding, _ = rewrite(source, str(tmp_path / "target.avi"))
    assert encoding.encoder == "libx264" and "becomes h264" in encoding.notes[0]
    assert reader.probe.codec == "mpeg4"


def test_what_a_container_refuses_is_named(tmp_path):
    source, target = pair(tmp_path, "mp4-h264", "target.webm")
    _, encoding, refused = rewrite(source, target)
    assert encoding.encoder == "libvpx-vp9" and "becomes vp9" in encoding.notes[0]
    assert any("audio 1 (aac, fra)" in line for line in refused)
    assert [s["type"] for s in contents(target).streams] == ["video"]


def test_quality_and_bitrate(tmp_path):
    source, target = pair(tmp_path, "mp4-h264")
    sizes = {}
    for crf in (10, 40):
        rewrite(source, target, crf=crf)
        sizes[crf] = os.path.getsize(target)
    assert sizes[10] > sizes[40]
    _, encoding, _ = rewrite(source, target, bitrate=200_000)
    assert "crf" not in encoding.options


def test_a_part_starts_at_zero(tmp_path):
    source, target = pair(tmp_path, "mp4-h264", options={"crf": "10", "g": "3"})
    rewrite(source, target, start=0.1, end=0.3)
    before, after = contents(source), contents(target)
    start, end = Fraction(1, 10), Fraction(3, 10)
    wanted = [time - start for time, _, _ in before.frames if start <= time < end]
    assert [time for time, _, _ in after.frames] == wanted and len(wanted) == 4
    assert after.chapters[0][:2] == (0, start)
    assert 0.15 < sum(float(p[1]) for p in after.packets[1]) < 0.25


def test_a_part_of_an_avi(tmp_path):
    source, target = pair(tmp_path, "avi-h264", options={"crf": "5", "g": "3"})
    rewrite(source, target, start=0.16, end=0.32)
    before, after = contents(source), contents(target)
    assert len(after.frames) == 4
    for old, new in zip(before.pixels[4:8], after.pixels, strict=True):
        assert np.abs(old.astype(float) - new).mean() < 5 * 257


def test_the_first_frames(tmp_path):
    source, target = pair(tmp_path, "mkv-h264")
    rewrite(source, target, max_frames=4)
    assert contents(target).frames == contents(source).frames[:4]


@pytest.mark.parametrize("size", [(23, 31), (1, 1)])
@pytest.mark.parametrize("kind", ["mkv-ffv1", "webm-vp9"])
def test_odd_sides(tmp_path, kind, size):
    source, target = pair(tmp_path, kind, size=size)
    rewrite(source, target)
    assert contents(target).streams[0]["size"] == size[::-1]


def test_odd_sides_that_h264_refuses(tmp_path):
    source = write_clip(tmp_path / "source.avi", "avi-h264", codec="mpeg4", size=(23, 31))
    target = str(tmp_path / "target.mp4")
    rewrite(source, target)
    streams = contents(target).streams
    assert streams[0]["size"] == (32, 24) and streams[0]["name"] == "h264"


def test_the_quality_is_like_the_sources(tmp_path):
    """Two clips of a picture that moves, with few bits and with many."""
    found, sizes = {}, {}
    picture = np.random.default_rng(0).integers(0, 256, (128, 192, 3), np.uint8)

    def moved(i, height, width):
        return np.roll(picture, 2 * i, axis=1)

    for crf in (10, 51):
        source = write_clip(tmp_path / f"{crf}.mp4", size=(128, 192), audio=False,
                            make_frame=moved, options={"crf": f"{crf}"})  # fmt: skip
        rewritten = str(tmp_path / f"{crf}-again.mp4")
        _, encoding, _ = rewrite(source, rewritten)
        found[crf] = int(encoding.options["crf"])
        sizes[crf] = os.path.getsize(rewritten)
    assert found[10] == 18 < found[51] <= 28 and sizes[51] < sizes[10]


@pytest.mark.parametrize(("codec", "bitrate", "encoder", "crf"), [
    ("h264", 3_000_000, "libx264", 18), ("h264", 1_500_000, "libx264", 18),
    ("h264", 750_000, "libx264", 24), ("h264", 400, "libx264", 28),
    ("hevc", 975_000, "libx265", 20), ("hevc", 487_500, "libx265", 26),
    ("av1", 375_000, "libsvtav1", 33), ("mpeg4", 2_250_000, "libx264", 18),
    ("mpeg4", 1_125_000, "libx264", 24), ("vp9", 487_500, "libvpx-vp9", 31),
    ("prores", 9_000, "libx264", 18), ("h264", None, "libx264", 18),
])  # fmt: skip
def test_quality_by_bits_per_pixel(tmp_path, codec, bitrate, encoder, crf):
    """A source of 10^7 pixels per second: 1.5 Mbit/s of H.264 are high quality."""
    with open_video(write_clip(tmp_path / "a.mp4")) as container:
        source = VideoReader(container, "a.mp4").probe
    source = dataclasses.replace(
        source, codec=codec, bitrate=bitrate, width=1000, height=400, rate=Fraction(25)
    )
    assert crf_like(source, encoder) == crf
