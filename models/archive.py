"""Members of zip archives that may be damaged or made up: bounded, and checked.

An archive that was written here carries `SHA256SUMS`, as `sha256sum --check` reads it.
Archives of earlier versions don't: theirs have the zip format's own CRC-32 alone.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, NoReturn

SUMS = "SHA256SUMS"
LARGEST = 256 * 10**6  # bytes of a member: a hundred times what there is
LARGEST_TEXT = 16 * 10**6  # bytes of a JSON member, which takes much more as objects
ENCRYPTED = 1  # in a member's flags
# The other methods inflate without a bound.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What damaged or made-up archives, JSON and HDF5 raise when they are read.
DAMAGE = (
    OSError, EOFError, KeyError, IndexError, ValueError, TypeError, AttributeError,
    RuntimeError, OverflowError, MemoryError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def printable(text: object, most: int | None = None) -> str:
    """Return text as one line without control characters, at most so many characters."""
    line = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in str(text)[:most]
    )
    return line if most is None or len(line) < most else f"{line[: most - 1]}…"


def member(archive: zipfile.ZipFile, name: str, most: int = LARGEST) -> bytes:
    """Return the content of a member.

    Args:
        archive: of which nothing else is read.
        name: of the member.
        most: bytes that it may have.

    Raises:
        ValueError: if it isn't there exactly once, has more bytes, is encrypted, or is
            not what the archive's `SHA256SUMS` says; also what is in `DAMAGE`.
    """
    content = unchecked(archive, name, most)
    if SUMS in archive.namelist():
        sums = unchecked(archive, SUMS, LARGEST_TEXT).decode()
        if line(content, name) not in sums.splitlines(keepends=True):
            raise ValueError(f"its {name} is not the one that its {SUMS} lists")
    return content


def unchecked(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return the content of a member, whose CRC-32 alone is checked."""
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
        content = file.read(info.file_size)  # inflates no more than this
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
        ValueError: as `member` does; if it is no JSON, which has neither NaN nor infinity,
            or no object; if a key stands twice in an object; also what is in `DAMAGE`.
    """
    content = member(archive, name, LARGEST_TEXT)
    try:
        found = json.loads(content, parse_constant=no_json, object_pairs_hook=object_of)
    except RecursionError:
        raise ValueError(f"its {name} is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"its {name} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"its {name} is no JSON object")
    return found


def no_json(constant: str) -> NoReturn:
    """Refuse NaN and infinity, which Python's reader would take."""
    raise ValueError(f"{constant} is no number")


def object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dict, unless a key stands twice, of which readers take either."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found
