"""Write files completely or not at all, and hash them. Every floor may use this file."""

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator

import platformdirs

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed
    fcntl = None  # type: ignore[assignment]

Path = str | os.PathLike[str]

# A temporary name: a hash of the name that it will take, a random number, an extension.
# Its length doesn't depend on the name's, which may be as long as the system allows.
LEFTOVER = re.compile(r"\.fusion-style-([0-9a-f]{8})-[0-9a-f]{16}(\.\w{1,15})?")
OLD = 3600  # seconds
searched: set[str] = set()  # folders


@contextlib.contextmanager
def replacing(path: Path, durable: bool = False) -> Iterator[str]:
    """Yield a temporary path; when the block succeeds, the file there replaces `path`.

    If the block raises an error, the file at `path` stays as it was. Old temporary files
    that killed processes left in the folder are removed.

    Args:
        path: the file to write.
        durable: wait until the file is on the disk. Then a power failure leaves the old
            file or the new one, never an empty one.

    Raises:
        OSError: if the folder cannot be made or written to.
    """
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    if folder not in searched:
        searched.add(folder)
        remove_old_leftovers(folder)
    temporary = temporary_path(path)
    lock = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
    try:
        if fcntl is None:
            os.close(lock)
        else:
            with contextlib.suppress(OSError):  # some file systems have no locks
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield temporary
        if durable:
            with open(temporary, "r+b") as file:  # Windows wants one that may be written
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise
    finally:
        if fcntl is not None:
            os.close(lock)


def write_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file completely or not at all.

    Some encoders do not notice a full disk when they write to a file. So encode to memory,
    and write the bytes with this function.

    Args:
        path: the file to write.
        data: its whole content.
        durable: see `replacing`.

    Raises:
        OSError: if the file cannot be written, or the disk took only a part of it.
    """
    with replacing(path, durable) as temporary:
        with open(temporary, "wb") as file:
            file.write(data)
        written = os.path.getsize(temporary)
        if written != len(data):
            raise OSError(
                errno.ENOSPC,
                f"only {written:,} of {len(data):,} bytes were written. Is the disk full?",
            )


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON, completely or not at all. Errors: see `write_bytes`."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())


def check_writable(path: Path) -> None:
    """Check, before long work begins, that a file can be written at its end.

    Raises:
        OSError: if it cannot; the message names the file.
    """
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from None


def sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def cache_folder() -> str:
    """Return the user's folder for the cache; $FUSION_STYLE_CACHE names another."""
    return os.environ.get("FUSION_STYLE_CACHE") or platformdirs.user_cache_dir(
        "fusion-style", appauthor=False
    )


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files that killed processes left for `path`, even new ones.

    Call it only when no other process writes to `path`.
    """
    folder, name = os.path.split(os.path.abspath(path))
    for file, of in leftovers(folder):
        if of == short_hash(name):
            remove(file)


def remove_old_leftovers(folder: Path) -> None:
    """Remove temporary files of `replacing` that are over an hour old and not in use.

    A file that is being written is not old, because it changes all the time. On systems
    with file locks it is also locked. The system frees the lock of a killed process.
    """
    for file, _ in leftovers(folder):
        with contextlib.suppress(OSError):
            if time.time() - os.path.getmtime(file) > OLD and not is_locked(file):
                remove(file)


def short_hash(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:8]


def temporary_path(path: str) -> str:
    """Return a new path in the same folder, with the same extension if it is short."""
    folder, name = os.path.split(path)
    extension = os.path.splitext(name)[1]
    temporary = f".fusion-style-{short_hash(name)}-{secrets.token_hex(8)}"
    if LEFTOVER.fullmatch(temporary + extension):
        temporary += extension
    return os.path.join(folder, temporary)


def leftovers(folder: Path) -> list[tuple[str, str]]:
    """Return (path, short hash of the name that it was for) of each temporary file."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = LEFTOVER.fullmatch(os.fsdecode(entry.name))
            if match:
                found.append((os.path.join(os.fsdecode(folder), entry.name), match[1]))
    return found


def is_locked(file: str) -> bool:
    """Return whether a running process holds the lock of a temporary file."""
    if fcntl is None:
        return False
    with open(file, "rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def remove(file: str) -> None:
    with contextlib.suppress(OSError):
        os.remove(file)
