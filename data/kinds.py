"""Say in words what a file is, if it is not a picture, for error messages."""

import os
import re
import stat

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:")
# (where, what stands there, what the file is): the first bytes of common files.
MARKS = (
    (0, b"ID3", "sound (MP3)"),
    (0, b"\xff\xfb", "sound (MP3)"),
    (0, b"\xff\xf3", "sound (MP3)"),
    (0, b"\xff\xf1", "sound (AAC)"),
    (0, b"\xff\xf9", "sound (AAC)"),
    (0, b"fLaC", "sound (FLAC)"),
    (0, b"#!AMR", "sound (AMR)"),
    (0, b"MThd", "music (MIDI)"),
    (0, b"OggS", "sound or video (Ogg)"),
    (8, b"WAVE", "sound (WAV)"),
    (8, b"AIF", "sound (AIFF)"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (0, b"\0\0\1\xba", "a video (MPEG)"),
    (0, b"\0\0\1\xb3", "a video (MPEG)"),
    (0, b"FLV\1", "a video (FLV)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "sound or video (Windows Media)"),
    (0, b"%PDF", "a document (PDF)"),
    (0, b"%!PS", "a document (PostScript)"),
    (0, b"PK\3\4", "an archive (zip)"),
    (0, b"\x1f\x8b", "an archive (gzip)"),
)  # fmt: skip
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
# Formats that Pillow recognizes, but cannot draw without another program.
FORMATS = {
    "EPS": "a document (PostScript)",
    "WMF": "a drawing (WMF or EMF)",
    "MPEG": "a video (MPEG)",
    "HDF5": "data (HDF5)",
    "GRIB": "data (GRIB)",
    "BUFR": "data (BUFR)",
}
HEAD = 64  # bytes that `kind_of` looks at


def kind_of(head: bytes) -> str | None:
    """Return what a file is, such as "sound (MP3)"; None if it may be a picture.

    Args:
        head: the file's first `HEAD` bytes.
    """
    if head[4:8] == b"ftyp":
        if b"avif" in head or b"avis" in head:
            return None
        if head[8:12] in HEIF_BRANDS:
            return "a photograph in HEIC"
        if head[8:12] == b"crx ":
            return "a camera's raw photograph"
        if head[8:12].startswith((b"M4A", b"M4B")):
            return "sound (MP4)"
        return "sound or video (MP4 or QuickTime)"
    for start, mark, kind in MARKS:
        if head.startswith(mark, start):
            return kind
    return None


def is_address(name: str) -> bool:
    """Return whether a name is an internet address, or a `data:` address."""
    return ADDRESS.match(name) is not None


def not_a_file(name: str) -> str | None:
    """Return what is wrong with a path, such as "is a directory"; None if it is a file.

    Raises:
        OSError: if the system cannot say what the path is.
    """
    try:
        found = os.stat(name)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        if name == "-":
            return "is standard input, which is not read. Give the path of a file"
        if is_address(name):
            return "is an address, not a file. Download it first"
        return "does not exist"
    if stat.S_ISDIR(found.st_mode):
        return "is a directory, not a picture"
    if stat.S_ISFIFO(found.st_mode) or stat.S_ISSOCK(found.st_mode):
        return "is a pipe, not a file. Save the picture as a file first"
    if not stat.S_ISREG(found.st_mode):
        return "is a device, not a file"
    return None if found.st_size else "is empty (0 bytes)"
