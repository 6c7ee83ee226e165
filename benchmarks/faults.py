"""Make full disks, and find the files that killed runs leave, for `soak.py`."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator

from fusion_style.files import LEFTOVER, OLD

SMALL_DISK = 2_000_000  # bytes
FILLING = "filling"  # the file that fills the small disk


def files_in(folder: str) -> set[str]:
    """Return the relative paths of all files in a folder and in the folders inside it."""
    return {
        os.path.relpath(os.path.join(root, name), folder)
        for root, _, names in os.walk(folder)
        for name in names
    }


def is_leftover(path: str) -> bool:
    """Return whether a path is that of a temporary file."""
    return LEFTOVER.fullmatch(os.path.basename(path)) is not None


def painted_in(folder: str) -> list[str]:
    """Return the sorted relative paths of the files in a folder that are not temporary."""
    found = files_in(folder) - {FILLING}
    return sorted(path for path in found if not is_leftover(path))


def leftovers_in(folder: str) -> list[str]:
    """Return the paths of the temporary files in a folder."""
    return [os.path.join(folder, path) for path in files_in(folder) if is_leftover(path)]


def age_leftovers(folder: str) -> int:
    """Make temporary files so old that the next run removes them; return their number."""
    found = leftovers_in(folder)
    then = time.time() - 2 * OLD
    for path in found:
        os.utime(path, (then, then))
    return len(found)


@contextlib.contextmanager
def small_disk(folder: str) -> Iterator[bool]:
    """Mount a small file system at a folder, if allowed; yield whether it is mounted."""
    os.makedirs(folder, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", folder]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


def fill_disk(folder: str, share: float) -> None:
    """Fill a share of a small file system, so that it is full soon."""
    with open(os.path.join(folder, FILLING), "wb") as file:
        file.write(bytes(int(SMALL_DISK * share)))
