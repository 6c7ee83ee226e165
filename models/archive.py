"""Read members of zip archives that may be damaged or forged, with limits and checks.

An archive of ours has a member `SHA256SUMS`, in the format of `sha256sum --check`.
Archives of earlier versions have only the CRC-32 of the zip format. The folder of the
shipped styles has a file `SHA256SUMS`, because these are older.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, NoReturn

SUMS = "SHA256SUMS"
LARGEST = 256 * 10**6  # bytes of a member: a hundred times the usual size
LARGEST_TEXT = 16 * 10**6  # bytes of a JSON member, whose objects take much more memory
ENCRYPTED = 1  # in a member's flags
# Other methods decompress without a limit.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The errors that reading damaged or forged archives, JSON and HDF5 can raise.
DAMAGE = (
    OSError, EOFError, KeyError, IndexError, ValueError, TypeError, AttributeError,
    RuntimeError, OverflowError, MemoryError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def printable(text: object, most: int | None = None) -> str:
    """Return text as one line without control characters, of at most `most` characters."""
    line = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in str(text)[:most]
    )
    return line if most is None or len(line) < most else f"{line[: most - 1]}…"


def member(archive: zipfile.ZipFile, name: str, most: int = LARGEST) -> bytes:
    """Return the content of a member.

    Args:
        archive: an open archive.
        name: the member's name.
        most: how many bytes it may have.

    Raises:
        ValueError: if the member is missing or there twice, has more bytes, is encrypted,
            or does not match the archive's `SHA256SUMS`. Damaged archives can raise
            every error in `DAMAGE`.
    """
    content = unchecked(archive, name, most)
    if SUMS in archive.namelist():
        sums = unchecked(archive, SUMS, LARGEST_TEXT).decode()
        if line(content, name) not in sums.splitlines(keepends=True):
            raise ValueError(f"its {name} is not the one that its {SUMS} lists")
    return content


def unchecked(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return the content of a member; check its CRC-32, but not its SHA-256.

    Raises:
        ValueError: if the member is missing, there twice, encrypted, compressed by another
            method, too large or cut short.
    """
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise ValueError(f"it has {len(found) or 'no'} members called {name}, not one")
    (info,) = found
    if info.flag_bits & ENCRYPTED:
        raise ValueError(f"its {name} is encrypted")
    if info.compress_type not in METHODS:
        raise ValueError(f"its {name} is neither stored nor deflated")
    if info.file_size > most:
        raise ValueError(f"its {name} has more than {most:,} bytes")
    with archive.open(info) as file:
        content = file.read(info.file_size)  # decompresses no more than this
    if len(content) != info.file_size:
        raise ValueError(f"its {name} ends after {len(content):,} bytes")
    return content


def line(content: bytes, name: str) -> str:
    """Return the line of `SHA256SUMS` for a member."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def add_sums(archive: zipfile.ZipFile) -> None:
    """Add `SHA256SUMS` to an archive that has all its other members."""
    lines = [line(archive.read(name), name) for name in archive.namelist()]
    archive.writestr(SUMS, "".join(lines))


def json_object(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """Return the JSON object in a member.

    Raises:
        ValueError: as `member`; if the content is not JSON (which has neither NaN nor
            infinity) or not an object; or if an object has a key twice. Damaged archives
            can raise every error in `DAMAGE`.
    """
    content = member(archive, name, LARGEST_TEXT)
    try:
        found = json.loads(content, parse_constant=no_json, object_pairs_hook=object_of)
    except RecursionError:
        raise ValueError(f"its {name} is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"its {name} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"its {name} is not a JSON object")
    return found


def no_json(constant: str) -> NoReturn:
    """Reject NaN and infinity, which Python's reader accepts.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{constant} is not a number in JSON")


def object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the dict of these pairs; reject keys that are there twice.

    Readers disagree about which of the two values counts.

    Raises:
        ValueError: if a key is there twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found
