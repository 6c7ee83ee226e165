"""The pictures in a folder."""

import os
import sys
from collections.abc import Callable

from fusion_style.data.images import EXTENSIONS, PictureError


def left_out(error: OSError) -> None:
    """Say that a folder, of an OSError, is not searched."""
    print(
        f"{error.filename} may not be read: {error.strerror}. Its pictures are left out",
        file=sys.stderr,
    )


def pictures_in(
    folder: str, unreadable: Callable[[OSError], None] = left_out,
    extensions: tuple[str, ...] = EXTENSIONS,
) -> list[str]:  # fmt: skip
    """Return the paths of a folder's pictures, in depth, in order.

    Hidden ones are left out, and the previews in folders that trainings leave behind.

    Args:
        folder: a path.
        unreadable: called with the OSError of each folder in it that may not be read.
        extensions: of the files that are meant; by default those of pictures.

    Raises:
        PictureError: if there are none; if the folder may not be read.
    """
    errors: list[OSError] = []
    found: list[str] = []
    for root, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not name.endswith(".training")
        ]
        found += [
            os.path.join(root, name)
            for name in files
            if name.lower().endswith(extensions) and not name.startswith(".")
        ]
    if not found and errors:
        raise PictureError(f"{errors[0].filename} may not be read: {errors[0].strerror}")
    if not found:
        raise PictureError(f"{folder} has no pictures in it ({', '.join(extensions)})")
    for error in errors:
        unreadable(error)
    return sorted(found)
