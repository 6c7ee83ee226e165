"""Plan which pictures to paint and where to write them, before anything is read."""

import dataclasses
import os
import unicodedata
from collections.abc import Iterator, Sequence

from fusion_style.data.buckets import is_bucket, join
from fusion_style.data.folders import pictures_in
from fusion_style.data.images import EXTENSIONS, WRITABLE, PictureError
from fusion_style.data.kinds import is_address
from fusion_style.data.video.animation import is_animated
from fusion_style.data.video.encoders import output_extension
from fusion_style.data.video.probe import CONTAINERS, VIDEO_EXTENSIONS, is_video

LONGEST_NAME = 255  # bytes, on nearly every file system
# In folders, .ts files are more often TypeScript. A .ts file that is named is a video.
SEARCHED = EXTENSIONS + tuple(name for name in VIDEO_EXTENSIONS if name != ".ts")


@dataclasses.dataclass(frozen=True)
class Found:
    """A picture or a video to paint.

    Attributes:
        path: its path.
        name: its path relative to the input in which it was found.
        moves: whether it is a GIF of several frames; then the painted picture is one too.
    """

    path: str
    name: str
    moves: bool = False


@dataclasses.dataclass(frozen=True)
class Job:
    """A picture or a video, and the painted pictures to make from it.

    Attributes:
        path: of the picture.
        paintings: (name of the style, path to write) of each.
    """

    path: str
    paintings: list[tuple[str, str]]


def find_pictures(
    inputs: Sequence[str], out: str, styles: Sequence[str]
) -> tuple[list[Found], list[str]]:
    """Find pictures and videos in files and folders.

    Painted pictures that are in an input are left out: those in the folder `out`, if it is
    inside the input, and those with the names that this call would write.

    Args:
        inputs: paths of files and folders.
        out: the output file or folder.
        styles: names or paths of the styles.

    Returns:
        (what was found, messages about what cannot be read).
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
    """Return a path that is the same for all paths of a file, joined with `more`."""
    return os.path.join(os.path.normcase(os.path.realpath(path)), *more)


def destination(
    name: str, style: str, out: str, whole: bool = False, moves: bool = False
) -> str:
    """Return where to write a painted picture: out/its folder/its name-style.extension.

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
    return join(out, f"{stem}-{style}{extension}")


def is_file(out: str) -> bool:
    """Return whether --out is a picture or a video, and not a folder for many."""
    return os.path.splitext(out)[1].lower() in (*WRITABLE, *CONTAINERS, ".gif")


def check_out(out: str) -> None:
    """Check that --out is a file or a folder.

    Raises:
        ValueError: if not; the message says what to give.
    """
    if out == "-":
        raise ValueError(
            "--out - would be standard output, to which nothing is written. Give a folder "
            "or a file. For a folder with the name -, give --out ./-"
        )
    if not out or (is_address(out) and not is_bucket(out)):
        raise ValueError(f"--out must be a folder or a file. Received: {out!r}")


def plan(
    pictures: Sequence[Found], styles: Sequence[str], out: str
) -> tuple[list[Job], list[str]]:
    """Plan the jobs for pictures.

    star.png and star.gif would both become star-wave.png. The picture that keeps its
    extension gets this name, or else the first one. The other becomes star.gif-wave.png. A
    file that is given twice is painted once.

    Args:
        pictures: from `find_pictures`.
        styles: names or paths of the styles.
        out: the output file or folder.

    Returns:
        (jobs, messages about pictures that cannot be painted).

    Raises:
        ValueError: if `out` is one file for several painted pictures.
    """
    check_out(out)
    if is_file(out):
        if len(pictures) * len(styles) > 1:
            raise ValueError(
                f"--out {out} is one file, but there are {len(pictures)} pictures in "
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
    """Return [(style, path to write)] for a picture; [] if it is planned already.

    Args:
        picture, styles, out: see `plan`.
        taken: {`painted_place` of a path: path of the picture that is painted there}.

    Raises:
        ValueError: if no name is free, or the name would be too long.
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
    """Check that file systems allow the names of the painted pictures.

    Raises:
        ValueError: if a name is too long; the message says what to do.
    """
    length = max((len(os.fsencode(os.path.basename(path))) for path in paths), default=0)
    if length > LONGEST_NAME:
        raise ValueError(
            f"{picture.path}: the name of the painted picture would have {length} bytes. "
            f"At most {LONGEST_NAME} are allowed. Paint it alone, with --out FILE"
        )


def loses_extension(picture: Found) -> bool:
    """Return whether the painted picture gets another format than the picture."""
    extension = os.path.splitext(picture.name)[1].lower()
    return extension not in (*WRITABLE, *CONTAINERS) and not picture.moves


def painted_place(path: str) -> str:
    """Return a text that must be different for each painted picture.

    On some file systems, names that differ only in case or in the encoding of accents are
    the same.
    """
    return unicodedata.normalize("NFC", os.path.abspath(path)).casefold()
