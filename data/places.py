"""Where pictures are: paths on disk, and addresses in buckets, as s3://photos/one.jpg.

A file or an object appears whole or not at all; an object is written with one request.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from fusion_style import files
from fusion_style.data.buckets import BucketError, bucket_of, clients_errors, is_bucket
from fusion_style.data.kinds import not_a_file
from fusion_style.data.opening import PictureError

BLOCK = 1 << 22  # bytes of a file that are hashed at a time


def read_bytes(path: str) -> bytes:
    """Return a picture's file, from a disk or a bucket.

    Raises:
        PictureError: if it can't be read.
    """
    if is_bucket(path):
        try:
            with clients_errors(path):
                return bucket_of(path).cat_file(path)
        except BucketError as error:
            raise PictureError(str(error)) from None
    with readable(path) as file:
        return file.read()


def fingerprint(path: str) -> tuple[str, int]:
    """Return a file's or an object's SHA-256, in hexadecimal, and its size in bytes.

    It is read in blocks, because it may be a long video.

    Raises:
        PictureError: if it can't be read.
    """
    digest, size = hashlib.sha256(), 0
    with readable(path) as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


@contextlib.contextmanager
def readable(path: str) -> Iterator[IO[bytes]]:
    """Open a file or an object to read it.

    Raises:
        PictureError: if it can't be opened, or not be read in the block.
    """
    if is_bucket(path):
        try:
            with clients_errors(path), bucket_of(path).open(path, "rb") as file:
                yield file
        except BucketError as error:
            raise PictureError(str(error)) from None
        return
    try:
        wrong = not_a_file(path)
        if not wrong:
            with open(path, "rb") as file:
                yield file
                return
    except PermissionError:
        wrong = "may not be read (no permission)"
    except FileNotFoundError:  # it disappeared between one line and the next
        wrong = "does not exist"
    except OSError as error:
        wrong = f"is damaged or incomplete: {error}"
    raise PictureError(f"{path} {wrong}")


def write_bytes(path: str, data: bytes) -> None:
    """Write a file or an object, whole or not at all.

    Raises:
        OSError: if it can't be written.
    """
    if not is_bucket(path):
        return files.write_bytes(path, data)
    with clients_errors(path):
        bucket_of(path).pipe_file(path, data)


def exists(path: str) -> bool:
    """Return whether there is a file or an object.

    Raises:
        BucketError: if the bucket doesn't say.
    """
    if not is_bucket(path):
        return os.path.exists(path)
    with clients_errors(path):
        return bool(bucket_of(path).exists(path))


@contextlib.contextmanager
def local_copy(path: str) -> Iterator[str]:
    """Give a path on disk with what is in a file or an object, as FFmpeg needs it.

    Raises:
        OSError: if it can't be read.
    """
    if not is_bucket(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="fusion-style-") as folder:
        copy = os.path.join(folder, os.path.basename(path))
        with clients_errors(path):
            bucket_of(path).get_file(path, copy)
        yield copy


@contextlib.contextmanager
def local_target(path: str) -> Iterator[str]:
    """Give a path on disk; what is there when the block succeeds goes to `path`.

    Raises:
        OSError: if it can't be written.
    """
    if not is_bucket(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="fusion-style-") as folder:
        target = os.path.join(folder, os.path.basename(path))
        yield target
        with clients_errors(path):
            bucket_of(path).put_file(target, path)


def remove(paths: Sequence[str]) -> None:
    """Remove files, or objects of one bucket, which are removed a thousand at a time.

    Raises:
        OSError: if one can't be removed.
    """
    if paths and is_bucket(paths[0]):
        with clients_errors(paths[0]):
            bucket_of(paths[0]).rm(list(paths))
        return
    for path in paths:
        os.remove(path)
