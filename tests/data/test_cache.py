"""The cache of decoded photographs: the same crops, its limit, damage, faults."""

import shutil

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.photos.cache import DiskCache, MemoryCache, make_cache
from fusion_style.data.photos.sources import Folder
from fusion_style.data.photos.stream import PhotoStream

EPOCHS = 3


def crops(folder, cache, start=0):
    """EPOCHS passes over a folder; what was skipped."""
    photographs = Folder(str(folder))
    stream = PhotoStream(photographs, 24, seed=3, cache=cache)
    positions = range(start, EPOCHS * len(photographs))
    return np.stack([stream.crop(p) for p in positions]), stream.skipped


@pytest.fixture(params=["memory", "disk"])
def make(request, tmp_path):
    """A function of gigabytes that makes a cache; on disk always the same one."""
    return lambda gigabytes=1.0: make_cache(
        request.param, gigabytes, str(tmp_path / "kept")
    )


@pytest.fixture
def some(photographs, tmp_path):
    """A copy of the folder of eight photographs, to be spoiled."""
    return shutil.copytree(photographs, tmp_path / "some")


def test_crops_are_the_same_with_a_cache_and_without(photographs, make):
    plain, _ = crops(photographs, None)
    cache = make()
    np.testing.assert_array_equal(crops(photographs, cache)[0], plain)
    np.testing.assert_array_equal(crops(photographs, cache, start=5)[0], plain[5:])


def test_later_passes_decode_nothing(photographs, make, monkeypatch):
    cache = make()
    plain, _ = crops(photographs, cache)
    monkeypatch.setattr(Image, "open", lambda *_: pytest.fail("decoded again"))
    np.testing.assert_array_equal(crops(photographs, cache)[0], plain)


def test_the_limit_is_respected(photographs, make, tmp_path):
    plain, _ = crops(photographs, None)
    cache = make(30_000 / 1e9)  # of about 8 times 9,000 bytes
    np.testing.assert_array_equal(crops(photographs, cache)[0], plain)
    if isinstance(cache, DiskCache):
        sizes = [file.stat().st_size for file in (tmp_path / "kept").iterdir()]
        crops(photographs, make(30_000 / 1e9))  # what is there counts
        assert sizes == [file.stat().st_size for file in (tmp_path / "kept").iterdir()]
    else:
        sizes = [pixels.nbytes for pixels in cache.kept.values()]
    assert 1 <= len(sizes) < 8 and 15_000 < sum(sizes) <= 30_000


def test_another_seed_or_size_has_entries_of_its_own(photographs, make):
    cache = make()
    crops(photographs, cache)
    for size, seed in ((16, 3), (24, 4)):
        streams = [
            PhotoStream(Folder(photographs), size, seed, cache=c) for c in (None, cache)
        ]
        for position in range(16):
            np.testing.assert_array_equal(*(s.crop(position) for s in streams))


def test_broken_photographs_are_skipped_and_counted(some, make):
    (some / "1.jpg").write_bytes((some / "1.jpg").read_bytes()[:300])
    (some / "2.jpg").write_text("text")
    plain, skipped = crops(some, None)
    for _ in range(2):
        pixels, also = crops(some, make())
        np.testing.assert_array_equal(pixels, plain)
        assert also == skipped and set(skipped) == {"1.jpg", "2.jpg"}


def test_a_photograph_that_disappears_is_no_longer_seen(some, make):
    cache = make()
    crops(some, cache)
    streams = [PhotoStream(Folder(str(some)), 24, 3, cache=c) for c in (None, cache)]
    (some / "4.jpg").unlink()
    for position in range(24):
        np.testing.assert_array_equal(*(s.crop(position) for s in streams))
    assert all(set(s.skipped) == {"4.jpg"} for s in streams)
    assert all("4.jpg" in s.skipped["4.jpg"] for s in streams)


def test_a_photograph_that_changes_is_decoded_again(some, make):
    cache = make()
    before, _ = crops(some, cache)
    shutil.copy(some / "2.jpg", some / "1.jpg")
    plain, _ = crops(some, None)
    assert (plain != before).any()
    np.testing.assert_array_equal(crops(some, cache)[0], plain)


@pytest.mark.parametrize("damage", [
    lambda content: b"",
    lambda content: content[:10],
    lambda content: content[:-100],
    lambda content: content + b"more",
    lambda content: content[:999] + bytes([content[999] ^ 1]) + content[1000:],
    lambda content: b"other" + content[5:],
])  # fmt: skip
def test_damaged_entries_are_written_again(damage, photographs, tmp_path):
    folder = tmp_path / "kept"
    plain, _ = crops(photographs, DiskCache(1.0, str(folder)))
    good = {file: file.read_bytes() for file in folder.iterdir()}
    assert len(good) == 8
    for file in list(good)[:4]:
        file.write_bytes(damage(good[file]))
    np.testing.assert_array_equal(crops(photographs, DiskCache(1.0, str(folder)))[0], plain)
    assert {file: file.read_bytes() for file in folder.iterdir()} == good


def test_the_folder_may_be_deleted_at_any_time(photographs, tmp_path):
    cache = DiskCache(1.0, str(tmp_path / "kept"))
    plain, _ = crops(photographs, cache)
    shutil.rmtree(tmp_path / "kept")
    np.testing.assert_array_equal(crops(photographs, cache)[0], plain)
    assert len(list((tmp_path / "kept").iterdir())) == 8


def test_a_full_disk_ends_the_keeping_and_nothing_else(photographs, tmp_path, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fusion_style.data.photos.cache.replacing", full)
    cache = DiskCache(1.0, str(tmp_path / "kept"))
    np.testing.assert_array_equal(crops(photographs, cache)[0], crops(photographs, None)[0])
    assert cache.free == 0


def test_what_is_too_large_is_not_kept():
    cache = MemoryCache(1e-6)
    assert cache.fits(1000) and not cache.fits(1001)
    cache.put("a", np.zeros((10, 10, 3), np.uint8))
    cache.put("b", np.zeros((20, 20, 3), np.uint8))
    assert cache.get("a").shape == (10, 10, 3) and cache.get("b") is None
    assert not MemoryCache(100).fits(2**27)  # a strip thousands of pixels long


def test_bad_caches_are_refused():
    with pytest.raises(ValueError, match="cache must be one of none, memory, disk"):
        make_cache("ram")
    with pytest.raises(ValueError, match="cache_gb must be more than 0. Received: -1"):
        make_cache("memory", -1)
    assert make_cache("none") is None
