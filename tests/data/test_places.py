"""Pictures on disk and in buckets, here one in memory."""

import subprocess
import sys

import pytest

from fusion_style.data import buckets
from fusion_style.data.buckets import BucketError, PlaceError, is_bucket, join, names_in
from fusion_style.data.opening import PictureError
from fusion_style.data.places import (
    exists,
    local_copy,
    local_target,
    read_bytes,
    write_bytes,
)
from fusion_style.tests.support.pictures import ROOT

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket():
    """The address of an empty bucket."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield "memory://bucket"
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.mark.parametrize(("path", "expected"), [
    ("s3://photos/a.jpg", True), ("gs://photos", True), ("memory://a", True),
    ("http://example.org/a.jpg", False), ("file:///a.jpg", False),
    ("data:image/png", False), ("C:\\a.jpg", False), ("a://", False),
    ("photos/s3://a.jpg", False),
])  # fmt: skip
def test_what_is_a_bucket(path, expected):
    assert is_bucket(path) is expected


def test_join():
    assert join("s3://a/b/", "c/d.jpg") == "s3://a/b/c/d.jpg"
    assert join("a", "b") in ("a/b", "a\\b")


@pytest.mark.parametrize("where", ["disk", "bucket"])
def test_what_is_written_is_read(where, bucket, tmp_path):
    path = join(str(tmp_path) if where == "disk" else bucket, "inside/a.bin")
    assert not exists(path)
    with pytest.raises(PictureError, match="a.bin does not exist"):
        read_bytes(path)
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert exists(path) and read_bytes(path) == b"two"
    with local_copy(path) as copy, open(copy, "rb") as file:
        assert file.read() == b"two"


def test_a_copy_appears_when_it_is_whole(bucket):
    path = join(bucket, "film.mp4")
    with pytest.raises(KeyError), local_target(path) as target:
        with open(target, "wb") as file:
            file.write(b"half")
        raise KeyError
    assert not exists(path)
    with local_target(path) as target, open(target, "wb") as file:
        file.write(b"whole")
    assert read_bytes(path) == b"whole"


def test_names(bucket):
    for name in ("b.jpg", "a/c.jpg", "a/b/d.jpg"):
        write_bytes(join(bucket, name), b"x")
    assert sorted(names_in(bucket)) == ["a/b/d.jpg", "a/c.jpg", "b.jpg"]
    assert sorted(names_in(bucket + "/a/")) == ["b/d.jpg", "c.jpg"]


class Pages:
    """What s3fs and gcsfs answer: a million names, a thousand a page."""

    def __init__(self):
        self.asked = 0

    def page(self, more):
        first = int(more or 0)
        self.asked += 1
        following = {"more": str(first + 1000)} if first + 1000 < 1_000_000 else {}
        return [f"in/{i:07}.jpg" for i in range(first, first + 1000)], following

    def call_s3(self, method, Bucket, Prefix, ContinuationToken=None):
        assert (method, Bucket, Prefix) == ("list_objects_v2", "photos", "in/")
        names, more = self.page(ContinuationToken)
        found = {"Contents": [{"Key": name} for name in names], "IsTruncated": bool(more)}
        return found | ({"NextContinuationToken": more["more"]} if more else {})

    def call(self, method, path, bucket, prefix, json_out, pageToken=None):
        assert (method, path, bucket, prefix) == ("GET", "b/{}/o", "photos", "in/")
        names, more = self.page(pageToken)
        found = {"items": [{"name": name} for name in names]}
        return found | ({"nextPageToken": more["more"]} if more else {})

    def _strip_protocol(self, path):
        return path.partition("://")[2]


@pytest.mark.parametrize("protocol", ["s3", "gs"])
def test_a_million_names_are_listed_as_they_are_asked_for(protocol, monkeypatch):
    pages = Pages()
    monkeypatch.setattr(buckets, "file_system", lambda protocol: pages)
    names = names_in(f"{protocol}://photos/in")
    assert next(names) == "0000000.jpg" and pages.asked == 1
    assert sum(1 for _ in names) == 999_999 and pages.asked == 1000


def test_a_protocol_that_is_not_there():
    with pytest.raises(PlaceError, match="no buckets of nosuch://"):
        read_bytes("nosuch://a/b.jpg")


def test_a_package_that_is_missing(monkeypatch):
    def missing(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    buckets.file_system.cache_clear()
    with pytest.raises(PlaceError, match="pip install s3fs"):
        read_bytes("s3://a/b.jpg")
    with pytest.raises(PlaceError, match="Install s3fs to access S3"):
        read_bytes("other://a/b.jpg")


class NoCredentialsError(Exception):
    """Called as botocore's, which is no OSError."""


@pytest.mark.parametrize(("raised", "said"), [
    (FileNotFoundError("The specified bucket does not exist"), "b.jpg does not exist"),
    (PermissionError("Access Denied"), "may not be used .no permission.: Access Denied"),
    (NoCredentialsError("Unable to locate credentials"), "without credentials: Unable"),
    (OSError("Slow down"), "cannot be used: Slow down"),
    (KeyError("x"), "cannot be used: KeyError: 'x'"),
])  # fmt: skip
def test_what_a_client_raises_is_said(raised, said, monkeypatch):
    class Broken:
        def refuse(self, *_):
            raise raised

        pipe_file = cat_file = exists = refuse

    monkeypatch.setattr(buckets, "file_system", lambda protocol: Broken())
    for use in (exists, lambda path: write_bytes(path, b"")):
        with pytest.raises(BucketError, match=said):
            use("s3://a/b.jpg")
    with pytest.raises(PictureError, match=said):
        read_bytes("s3://a/b.jpg")


def test_paths_on_disk_need_no_fsspec(tmp_path):
    program = (
        "import sys; from fusion_style.data.places import *;"
        f"write_bytes({str(tmp_path / 'a')!r}, b'a');"
        f"assert read_bytes({str(tmp_path / 'a')!r}) == b'a';"
        "import fusion_style.inference.cluster.paint;"
        "sys.exit(bool({'fsspec', 'ray', 'pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
