"""What to paint and where it goes, before anything is read or painted."""

import dataclasses
import os
import unicodedata
from collections.abc import Iterator, Sequence

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import EXTENSIONS, WRITABLE, PictureError
from fusion_style.data.kinds import is_address
from fusion_style.data.video.animation import is_animated
from fusion_style.data.video.encoders import output_extension
from fusion_style.data.video.probe import CONTAINERS, VIDEO_EXTENSIONS, is_video

LONGEST_NAME = 255  # bytes, on nearly every file system
# In folders an extension .ts is more often TypeScript's; a file that is named is a video.
SEARCHED = EXTENSIONS + tuple(name for name in VIDEO_EXTENSIONS if name != ".ts")


@dataclasses.dataclass(frozen=True)
class Found:
    """A picture or a video to paint.

    Attributes:
        path: where it is.
        name: its path relative to the input that it was found in.
        moves: whether it is a GIF of several frames, whose painting is one too.
    """

    path: str
    name: str
    moves: bool = False


@dataclasses.dataclass(frozen=True)
class Job:
    """A picture or a video, and the paintings to make of it.

    Attributes:
        path: of the picture.
        paintings: (name of the style, path to write) of each.
    """

    path: str
    paintings: list[tuple[str, str]]


def find_pictures(
    inputs: Sequence[str], out: str, styles: Sequence[str]
) -> tuple[list[Found], list[str]]:
    """Return pictures and videos, of files and folders, and messages of what can't be read.

    Paintings of an earlier call are not painted again because they are in an input:
    those in the folder `out`, if it is in the input; those that this call will make.
    """
    found: list[Found] = []
    failed: list[str] = []

    def unreadable(error: OSError) -> None:
        failed.append(f"{error.filename} may not be read: {error.strerror}")

    for path in inputs:
        if not os.path.isdir(path):
            found.append(Found(path, os.path.basename(path), moves(path)))
            continue
        try:
            files = pictures_in(path, unreadable, SEARCHED)
        except PictureError as error:
            failed.append(str(error))
            continue
        inside = [Found(f, os.path.relpath(f, path), moves(f)) for f in files]
        found += without_paintings(inside, path, out, styles)
    return found, failed


def without_paintings(
    pictures: Sequence[Found], folder: str, out: str, styles: Sequence[str]
) -> Iterator[Found]:
    """Yield the pictures of a folder that no call with `out` and `styles` made."""
    made = {
        place(destination(picture.name, style, out, whole, moving))
        for picture in pictures
        for style in styles
        for whole in (False, True)
        for moving in {False, picture.moves}
    }
    inside = place(out, "").startswith(place(folder, "")) and place(out) != place(folder)
    for picture in pictures:
        painted = inside and place(picture.path).startswith(place(out, ""))
        if not painted and place(picture.path) not in made:
            yield picture


def moves(path: str) -> bool:
    """Return whether a file is a GIF of several frames."""
    return path.lower().endswith(".gif") and is_animated(path)


def place(path: str, *more: str) -> str:
    """Return a path that is the same for all paths of a file, and what is to follow."""
    return os.path.join(os.path.normcase(os.path.realpath(path)), *more)


def destination(
    name: str, style: str, out: str, whole: bool = False, moves: bool = False
) -> str:
    """Return where a painting goes: out/its folder/its name-style.extension.

    Args:
        name: of the picture, relative to the input that it was found in.
        style: its name, of `StyleChoice`.
        out: the folder for all.
        whole: keep the picture's extension in the name: star.gif-wave.png.
        moves: see `Found`.
    """
    stem, extension = os.path.splitext(name)
    stem = name if whole else stem
    if is_video(name):
        extension = output_extension(extension)
    elif extension.lower() not in WRITABLE and not moves:
        extension = ".png"
    return os.path.join(out, f"{stem}-{style}{extension}")


def is_file(out: str) -> bool:
    """Return whether --out is a picture or a video, and not a folder for many."""
    return os.path.splitext(out)[1].lower() in (*WRITABLE, *CONTAINERS, ".gif")


def check_out(out: str) -> None:
    """Complain of an --out that is neither a file nor a folder.

    Raises:
        ValueError: the message says what to give.
    """
    if out == "-":
        raise ValueError(
            "--out - would be standard output, where nothing is written. Give a folder or "
            "a file; for a folder that is called so: --out ./-"
        )
    if not out or is_address(out):
        raise ValueError(f"--out must be a folder or a file. Received: {out!r}")


def plan(
    pictures: Sequence[Found], styles: Sequence[str], out: str
) -> tuple[list[Job], list[str]]:
    """Return what to do with each of `find_pictures`, and messages of what can't be done.

    Of star.png and star.gif, which would both become star-wave.png, the one that keeps
    its extension has the name, or else the first; the other becomes star.gif-wave.png.
    The same file is painted once.

    Raises:
        ValueError: if `out` is one file for many pictures.
    """
    check_out(out)
    if is_file(out):
        if len(pictures) * len(styles) > 1:
            raise ValueError(
                f"--out {out} is one file, for {len(pictures)} pictures in "
                f"{len(styles)} styles. Give a folder"
            )
        return [Job(picture.path, [(styles[0], out)]) for picture in pictures], []
    jobs: dict[int, Job] = {}
    taken: dict[str, str] = {}  # {place of a painting: path of its picture}
    failed: list[str] = []
    for i in sorted(range(len(pictures)), key=lambda i: loses_extension(pictures[i])):
        picture = pictures[i]
        try:
            paintings = choose_names(picture, styles, out, taken)
        except ValueError as error:
            failed.append(str(error))
            continue
        if paintings:
            jobs[i] = Job(picture.path, paintings)
            taken |= {painted_place(path): picture.path for _, path in paintings}
    return [jobs[i] for i in sorted(jobs)], failed


def choose_names(
    picture: Found, styles: Sequence[str], out: str, taken: dict[str, str]
) -> list[tuple[str, str]]:
    """Return (style, path to write) of each painting; none if they are planned already.

    Raises:
        ValueError: if no name is free, or it would be too long.
    """
    for whole in (False, True):
        paintings = [
            (s, destination(picture.name, s, out, whole, picture.moves)) for s in styles
        ]
        others = [taken.get(painted_place(path)) for _, path in paintings]
        if not any(others):
            check_length(picture, [path for _, path in paintings])
            return paintings
        if all(other and place(other) == place(picture.path) for other in others):
            return []
    other, (_, path) = next(pair for pair in zip(others, paintings, strict=True) if pair[0])
    raise ValueError(f"{other} and {picture.path} would both become {path}")


def check_length(picture: Found, paths: Sequence[str]) -> None:
    """Complain of a painting whose name is longer than file systems allow.

    Raises:
        ValueError: the message says what to do.
    """
    length = max((len(os.fsencode(os.path.basename(path))) for path in paths), default=0)
    if length > LONGEST_NAME:
        raise ValueError(
            f"{picture.path}: its painting's name would have {length} bytes, more than "
            f"the {LONGEST_NAME} that there may be. Paint it alone, with --out FILE"
        )


def loses_extension(picture: Found) -> bool:
    """Return whether the painting has another format than the picture."""
    extension = os.path.splitext(picture.name)[1].lower()
    return extension not in (*WRITABLE, *CONTAINERS) and not picture.moves


def painted_place(path: str) -> str:
    """Return what two paintings must not share, on any file system: neither case, nor
    how accents are encoded, tells names apart everywhere."""
    return unicodedata.normalize("NFC", os.path.abspath(path)).casefold()
