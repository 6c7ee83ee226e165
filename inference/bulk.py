"""List what to paint in bulk while it is painted; a bucket's names are never all held.

The name of a painting follows from its photograph's name alone. On disk, where all names
are known, `inference.jobs` gives the shorter ones.
"""

import os
from collections.abc import Iterator, Sequence

from fusion_style.data.buckets import BucketError, PlaceError, is_bucket, join, names_in
from fusion_style.data.folders import pictures_in
from fusion_style.data.images import PictureError
from fusion_style.inference.jobs import (
    SEARCHED,
    Found,
    Job,
    check_out,
    destination,
    find_pictures,
    is_file,
    loses_extension,
    place,
    plan,
)
from fusion_style.inference.video.config import VideoConfig


def in_buckets(inputs: Sequence[str], out: str) -> bool:
    """Return whether an input or the output is in a bucket."""
    return any(is_bucket(path) for path in (*inputs, out))


def check_places(inputs: Sequence[str], out: str, styles: Sequence[str]) -> None:
    """Complain of inputs and an output that cannot be painted in bulk.

    Each bucket is asked for a name, so that one that isn't there is told at once.

    Raises:
        ValueError: the message says what to do.
    """
    check_out(out)
    for path in (*inputs, out):
        if is_bucket(path):
            check_bucket(path)
    if not in_buckets(inputs, out):
        return
    if is_file(out) and not (len(inputs) == len(styles) == 1 and is_single(inputs[0])):
        raise ValueError(f"--out {out} is one file. Give a folder for many pictures")
    for path in inputs:
        # Else its paintings would be painted the next time.
        if not is_single(path) and (same(path) + "/").startswith(same(out) + "/"):
            raise ValueError(
                f"--out {out} holds the input {path}. Give a folder beside the input, or "
                "one in it"
            )


def check_video(config: VideoConfig) -> None:
    """Complain of what can't be done with videos in bulk.

    Raises:
        ValueError: the message says what to do.
    """
    if config.join or any(
        given is not None for given in (config.part, config.preview, config.morph)
    ):
        raise ValueError(
            "--part, --join, --preview and --morph are for videos on a disk, without "
            "--cluster, which splits long videos itself: see --seconds_per_part. Copy a "
            "video there first"
        )


def check_bucket(path: str) -> None:
    """Complain of a bucket that isn't there or can't be used.

    Raises:
        PlaceError: the message says why.
    """
    try:
        next(names_in(path), None)
    except BucketError as error:
        # Who may not list a bucket may be allowed to write to it.
        if not isinstance(error.__cause__, PermissionError):
            raise PlaceError(str(error)) from None


def is_single(path: str) -> bool:
    """Return whether an input is one picture or video, and not a folder of them."""
    if is_bucket(path):
        return path.lower().endswith((*SEARCHED, ".ts"))
    return not os.path.isdir(path)


def same(path: str) -> str:
    """Return a path or an address that is the same for all that mean the same place."""
    return path.rstrip("/") if is_bucket(path) else place(path)


def list_jobs(
    inputs: Sequence[str], out: str, styles: Sequence[str]
) -> Iterator[Job | str]:
    """Yield what to paint, and messages of what can't be painted.

    Args:
        inputs, out, styles: what `check_places` has nothing to say about.
    """
    if not in_buckets(inputs, out):
        pictures, missing = find_pictures(inputs, out, styles)
        jobs, refused = plan(pictures, styles, out)
        yield from missing
        yield from refused
        yield from jobs
        return
    # With several inputs two pictures may be called the same: hashes are compared.
    taken: dict[int, int] | None = {} if len(inputs) > 1 else None
    for path in inputs:
        try:
            for picture in found_in(path, out):
                yield from named(picture, out, styles, taken)
        except (BucketError, PictureError) as error:
            yield str(error)


def found_in(path: str, out: str) -> Iterator[Found]:
    """Yield the pictures and videos of one input, but not those in `out`.

    Raises:
        PictureError: if there are none.
        BucketError: if a bucket can't be listed.
    """
    if is_single(path):
        yield Found(path, os.path.basename(path))
        return
    if is_bucket(path):
        names = (name for name in names_in(path) if is_wanted(name))
    else:
        names = (os.path.relpath(p, path) for p in pictures_in(path, extensions=SEARCHED))
    inside, found = same(out) + "/", False
    for name in names:
        picture = join(path, name)
        if not same(picture).startswith(inside):
            found = True
            yield Found(picture, name)
    if not found:
        raise PictureError(f"{path} has no pictures in it ({', '.join(SEARCHED)})")


def is_wanted(name: str) -> bool:
    """Return whether an object is a picture or a video that isn't hidden."""
    *folders, file = name.split("/")
    return file.lower().endswith(SEARCHED) and not any(
        part.startswith(".") or part.endswith(".training") for part in (*folders, file)
    )


def named(
    picture: Found, out: str, styles: Sequence[str], taken: dict[int, int] | None
) -> Iterator[Job | str]:
    """Yield the job of a picture; a message if another's paintings have its names.

    A painting's name has the picture's extension if the painting has another format, or if
    the rest of the name ends in an extension too (star.gif.png). So two pictures in a
    folder never get the same painting's name.
    """
    if is_file(out):
        yield Job(picture.path, [(styles[0], out)])
        return
    stem = os.path.splitext(picture.name)[0]
    whole = loses_extension(picture) or stem.lower().endswith((*SEARCHED, ".ts"))
    paintings = [(s, destination(picture.name, s, out, whole)) for s in styles]
    if taken is not None:
        source, places = hash(same(picture.path)), [hash(path) for _, path in paintings]
        others = {taken[one] for one in places if one in taken}
        if others == {source}:
            return  # it was given twice
        if others:
            yield (
                f"{picture.path} and a picture of another input would both become "
                f"{paintings[0][1]}. Paint it into another folder"
            )
            return
        taken.update(dict.fromkeys(places, source))
    yield Job(picture.path, paintings)
