"""A cache, for each user, of data that is slow to prepare.

Files in it may be deleted at any time, and are then made again. So are damaged files, and
files that were made from other data.
"""

import hashlib
import os
from collections.abc import Callable

import platformdirs

from fusion_style.files import replacing


def cache_folder() -> str:
    """Return the folder of the cache: $FUSION_STYLE_CACHE, or the user's cache folder."""
    return os.environ.get("FUSION_STYLE_CACHE") or platformdirs.user_cache_dir(
        "fusion-style", appauthor=False
    )


def cached(key: str, make: Callable[[], bytes]) -> bytes:
    """Return the bytes that `make()` returns, from the cache if they are there undamaged.

    Args:
        key: text that names everything on which the bytes depend.
        make: function without arguments, called if the cache does not have the bytes.
    """
    name = hashlib.sha256(key.encode()).hexdigest()
    path = os.path.join(cache_folder(), name)
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
    except OSError:
        pass  # painting must work with a full disk and a read-only home folder
    return data
