"""A cache, for each user, of data that is slow to prepare.

Files in it may be deleted at any time, and are then made again. So are damaged files, and
files that were made from other data.
"""

import hashlib
import os
from collections.abc import Callable

from fusion_style.files import cache_folder, replacing


def cached(
    key: str, make: Callable[[], bytes], folder: str = "", most: int | None = None
) -> bytes:
    """Return the bytes that `make()` returns, from the cache if they are there undamaged.

    Args:
        key: text that names everything on which the bytes depend.
        make: function without arguments, called if the cache does not have the bytes.
        folder: folder inside the cache that keeps the bytes. By default the cache itself.
        most: how many bytes the folder may hold. The oldest files are deleted.
    """
    name = hashlib.sha256(key.encode()).hexdigest()
    path = os.path.join(cache_folder(), folder, name)
    try:
        with open(path, "rb") as file:
            digest, data = file.read(32), file.read()
        if hashlib.sha256(data).digest() == digest:
            return data
    except OSError:
        pass
    data = make()
    try:
        with replacing(path) as temporary, open(temporary, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        if most is not None:
            delete_oldest(os.path.dirname(path), most)
    except OSError:
        pass  # painting must work with a full disk and a read-only home folder
    return data


def delete_oldest(folder: str, most: int) -> None:
    """Delete the oldest files of a folder until it holds at most so many bytes.

    Raises:
        OSError: if that cannot be done.
    """
    found = [(entry.stat(), entry.path) for entry in os.scandir(folder) if entry.is_file()]
    total = sum(stat.st_size for stat, _ in found)
    for stat, path in sorted(found, key=lambda pair: pair[0].st_mtime):
        if total <= most:
            break
        os.remove(path)
        total -= stat.st_size
