"""Find the pictures in a folder."""

import os
import sys
from collections.abc import Callable

from fusion_style.data.images import EXTENSIONS, PictureError


def left_out(error: OSError) -> None:
    """Print that the folder of an OSError is not searched."""
    print(
        f"{error.filename} may not be read: {error.strerror}. Its pictures are left out",
        file=sys.stderr,
    )


def pictures_in(
    folder: str, unreadable: Callable[[OSError], None] = left_out,
    extensions: tuple[str, ...] = EXTENSIONS,
) -> list[str]:  # fmt: skip
    """Return the sorted paths of the pictures in a folder and in all folders inside it.

    Hidden files and folders are left out, and the folders of trainings (`.training`), which
    contain previews.

    Args:
        folder: a path.
        unreadable: called with the OSError of each inner folder that may not be read.
        extensions: extensions of the files to find; by default those of pictures.

    Raises:
        PictureError: if there are no pictures, or the folder may not be read.
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
