"""What was prepared once and is kept for the next time, for each user.

Anything in it can be deleted at any time and is made again; what is damaged or was
made from other things than now is made again too.
"""

import hashlib
import os
from collections.abc import Callable

import platformdirs

from fusion_style.files import replacing


def cache_folder() -> str:
    """Return the user's folder for the cache; $FUSION_STYLE_CACHE names another."""
    return os.environ.get("FUSION_STYLE_CACHE") or platformdirs.user_cache_dir(
        "fusion-style", appauthor=False
    )


def cached(key: str, make: Callable[[], bytes]) -> bytes:
    """Return the bytes that `make()` returns, from the cache if they are there and whole.

    Args:
        key: text that names everything that the bytes depend on.
        make: a function without arguments, called when the cache has nothing.
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
        pass  # a full disk or a read-only home must not keep anyone from painting
    return data
