"""Caches of decoded and scaled photographs, in memory or in a folder.

When a cache is full, it takes no more photographs: those are decoded again each time.
It never replaces old photographs with new ones. Every epoch sees every photograph once,
so the newest is the one that is needed last.
"""

import contextlib
import os
import struct
import threading
import zlib
from hashlib import sha256

import numpy as np

from fusion_style.files import replacing

GIGABYTE = 10**9
LARGEST = 2**26  # bytes: very long pictures are not worth the space
KINDS = ("none", "memory", "disk")


class MemoryCache:
    """Keep up to `gigabytes` of uint8 arrays (height, width, 3) in memory, by key.

    Args:
        gigabytes: in units of 10⁹ bytes.

    Attributes:
        free: how many more bytes fit.
        kept: {key: array}.
    """

    def __init__(self, gigabytes: float) -> None:
        self.free = int(gigabytes * GIGABYTE)
        self.kept: dict[str, np.ndarray] = {}
        self.lock = threading.Lock()

    def reserve(self, size: int) -> bool:
        """Reserve `size` bytes for an array; return whether there was room."""
        with self.lock:
            fits = self.fits(size)
            self.free -= size if fits else 0
        return fits

    def get(self, key: str) -> np.ndarray | None:
        """Return the array kept under a key, or None."""
        return self.kept.get(key)

    def put(self, key: str, pixels: np.ndarray) -> None:
        """Keep an array if it fits."""
        if key not in self.kept and self.reserve(pixels.nbytes):
            self.kept[key] = pixels

    def fits(self, size: int) -> bool:
        """Return whether an array of `size` bytes would be kept."""
        return size <= min(self.free, LARGEST)


class DiskCache(MemoryCache):
    """Keep arrays in a folder, with one file for each photograph.

    A file has a header (`MAGIC`, height, width and the CRC-32 of the pixels) and then the
    raw pixels. It is written completely or not at all. A damaged file is ignored and
    written again. The folder may be deleted at any time. If the disk is full or the folder
    may not be written to, photographs are not kept.

    Args:
        gigabytes: how much the folder may contain, including what is in it already, in
            units of 10⁹ bytes.
        folder: made when it is needed.
    """

    MAGIC = b"photo1\0\0"
    HEADER = struct.Struct("<8sIII")

    def __init__(self, gigabytes: float, folder: str) -> None:
        super().__init__(gigabytes)
        self.folder = folder
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            self.free -= sum(entry.stat().st_size for entry in entries)

    def path(self, key: str) -> str:
        """Return where the photograph called `key` is kept."""
        return os.path.join(self.folder, sha256(os.fsencode(key)).hexdigest() + ".pixels")

    def get(self, key: str) -> np.ndarray | None:
        """Return the array kept under a key, or None."""
        try:
            with open(self.path(key), "rb") as file:
                content = file.read()
            magic, height, width, checksum = self.HEADER.unpack_from(content)
            pixels = np.frombuffer(content, np.uint8, offset=self.HEADER.size)
            if magic != self.MAGIC or checksum != zlib.crc32(pixels.data):
                return None
            return pixels.reshape(height, width, 3)
        except (OSError, struct.error, ValueError):
            return None

    def put(self, key: str, pixels: np.ndarray) -> None:
        """Keep an array if it fits and the disk takes it."""
        path = self.path(key)
        header = self.HEADER.pack(self.MAGIC, *pixels.shape[:2], zlib.crc32(pixels.data))
        try:
            old = os.path.getsize(path) if os.path.exists(path) else 0
            if self.reserve(pixels.nbytes + len(header) - old):
                with replacing(path) as temporary, open(temporary, "wb") as file:
                    file.write(header)
                    file.write(pixels.data)
        except OSError:
            self.free = 0  # a full disk: what is there is still of use


def make_cache(
    cache: str = "none", gigabytes: float = 2.0, folder: str | None = None
) -> MemoryCache | None:
    """Return a cache of the given kind; None for "none".

    Args:
        cache: "none", "memory" or "disk".
        gigabytes: of decoded pictures, in units of 10⁹ bytes.
        folder: needed for "disk".

    Raises:
        ValueError: for another kind, or a limit that is not more than 0.
    """
    if cache not in KINDS:
        raise ValueError(f"cache must be one of {', '.join(KINDS)}. Received: {cache!r}")
    if not gigabytes > 0:
        raise ValueError(f"cache_gb must be more than 0. Received: {gigabytes}")
    if cache == "none":
        return None
    if cache == "memory":
        return MemoryCache(gigabytes)
    if folder is None:
        raise ValueError("A cache on disk needs a folder. Received: none")
    return DiskCache(gigabytes, folder)
