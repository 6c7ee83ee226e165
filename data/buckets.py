"""Buckets: open them with fsspec, list their names page by page, explain errors.

fsspec is imported when the first address in a bucket is used, and not before.
"""

import contextlib
import functools
import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

BUCKET = re.compile(r"([a-z][a-z0-9+.-]+)://(?=[^/])")
NO_BUCKETS = ("http", "https", "ftp", "ftps", "file", "local", "rtsp", "rtmp")
# What `pip install` brings for the protocols that most people have.
PACKAGES = {
    "s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs",
}  # fmt: skip


class PlaceError(ValueError):
    """A bucket that cannot be used; the message says why."""


class BucketError(OSError):
    """An object that cannot be read or written; the message names it and says why."""


def protocol(path: str) -> str | None:
    """Return a bucket's protocol, such as "s3", or None for a path on disk."""
    match = BUCKET.match(path)
    return match[1] if match and match[1] not in NO_BUCKETS else None


def is_bucket(path: str) -> bool:
    """Return whether a path is an address in a bucket."""
    return protocol(path) is not None


def join(folder: str, name: str) -> str:
    """Return the path of a name in a folder, on disk or in a bucket."""
    if not is_bucket(folder):
        return os.path.join(folder, name)
    return f"{folder.rstrip('/')}/{name.replace(os.sep, '/')}"


@functools.cache
def file_system(protocol: str) -> "AbstractFileSystem":
    """Return what reads and writes the buckets of a protocol.

    Raises:
        PlaceError: if there is no such protocol, or its package isn't installed.
    """
    try:
        import fsspec
    except ImportError:
        raise PlaceError(f"{protocol}:// needs fsspec: pip install fsspec") from None
    for client in ("botocore", "aiobotocore", "google"):  # they tell what they found
        logging.getLogger(client).setLevel(logging.WARNING)
    try:
        # A listing that is kept would hold a million names, and be out of date.
        return fsspec.filesystem(protocol, use_listings_cache=False)
    except ImportError as error:
        needed = PACKAGES.get(protocol)
        said = f"pip install {needed}" if needed else str(error)
        raise PlaceError(f"{protocol}:// needs a package of its own: {said}") from None
    except ValueError:
        raise PlaceError(
            f"There are no buckets of {protocol}://. Give a path, or an address as "
            "s3://BUCKET/NAME or gs://BUCKET/NAME"
        ) from None
    except Exception as error:
        raise PlaceError(f"{protocol}:// {reason(error)}") from None


def bucket_of(path: str) -> "AbstractFileSystem":
    """Return what reads and writes the bucket of an address; `file_system`'s errors."""
    return file_system(protocol(path) or "")


def reason(error: Exception) -> str:
    """Return in words why a bucket couldn't be used, whatever its client raised."""
    name, said = type(error).__name__, str(error) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, PermissionError):
        return f"may not be used (no permission): {said}"
    if "Credential" in name or "credential" in said:
        return f"cannot be used without credentials: {said}"
    known = isinstance(error, (OSError, ValueError))
    return f"cannot be used: {said if known else f'{name}: {said}'}"


@contextlib.contextmanager
def clients_errors(path: str) -> Iterator[None]:
    """Turn what a bucket's client raises into a `BucketError` that says it in words."""
    try:
        yield
    except PlaceError:
        raise
    except Exception as error:  # clients have no type of error in common
        raise BucketError(f"{path} {reason(error)}") from error


def names_in(folder: str) -> Iterator[str]:
    """Yield the names of all objects below an address, in depth, relative to it.

    S3 and Google's storage are asked for a thousand names at a time, and never more are
    held. Other buckets are asked for one folder at a time.

    Raises:
        BucketError: if the bucket can't be listed.
    """
    with clients_errors(folder):
        fs = bucket_of(folder)
        inside = str(fs._strip_protocol(folder)).rstrip("/") + "/"
        list_pages = PAGES.get(protocol(folder) or "", walk)
        for name in list_pages(fs, inside):
            yield name.removeprefix(inside)


def walk(fs: "AbstractFileSystem", inside: str) -> Iterator[str]:
    """Yield the paths of all objects below a path that ends in /, folder by folder."""
    # A bucket has no folders: one without objects is none, and no error.
    with contextlib.suppress(FileNotFoundError):
        for root, _, names in fs.walk(inside.rstrip("/"), on_error="raise"):
            yield from (f"{root.rstrip('/')}/{name}" for name in sorted(names))


def s3_pages(fs: "AbstractFileSystem", inside: str) -> Iterator[str]:
    """Do as `walk`, with S3's own requests, in the order of the names."""
    bucket, _, prefix = inside.partition("/")
    more: dict[str, str] = {}
    while True:
        page = fs.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
        yield from (f"{bucket}/{one['Key']}" for one in page.get("Contents", []))
        if not page.get("IsTruncated"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def google_pages(fs: "AbstractFileSystem", inside: str) -> Iterator[str]:
    """Do as `walk`, with Google Cloud Storage's own requests, in the order of the names."""
    bucket, _, prefix = inside.partition("/")
    more: dict[str, str] = {}
    while True:
        page = fs.call("GET", "b/{}/o", bucket, prefix=prefix, json_out=True, **more)
        yield from (f"{bucket}/{one['name']}" for one in page.get("items", []))
        if not page.get("nextPageToken"):
            return
        more = {"pageToken": page["nextPageToken"]}


PAGES: dict[str, Callable[["AbstractFileSystem", str], Iterator[str]]] = {
    "s3": s3_pages, "s3a": s3_pages, "gs": google_pages, "gcs": google_pages,
}  # fmt: skip
