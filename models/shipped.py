"""Find the shipped styles, and the files of all styles."""

import os

from fusion_style.files import sha256
from fusion_style.models.archive import SUMS
from fusion_style.models.style_file import CHECKPOINT, StyleFileError

PRETRAINED = os.path.join(os.path.dirname(os.path.dirname(__file__)), "pretrained")


def shipped_styles() -> dict[str, str]:
    """Return {name: path} of the shipped styles, sorted by name."""
    files = sorted(os.listdir(PRETRAINED)) if os.path.isdir(PRETRAINED) else []
    return {
        file.removesuffix(".keras"): os.path.join(PRETRAINED, file)
        for file in files
        if file.endswith(".keras")
    }


def is_shipped(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is, byte for byte, one of the shipped styles.

    Raises:
        ValueError: if it has the place of a shipped style, but other bytes.
    """
    sums = os.path.join(PRETRAINED, SUMS)
    if not os.path.isfile(sums):
        return False
    with open(sums, encoding="utf-8") as file:
        listed = {name: was for was, name in map(str.split, file)}
    found = sha256(path) in listed.values()
    folder, name = os.path.split(os.path.realpath(path))
    if not found and name in listed and folder == os.path.realpath(PRETRAINED):
        raise ValueError(f"it is not the one that {sums} lists. Install Fusion Style again")
    return found


def style_path(style: str | os.PathLike[str]) -> str:
    """Return the path of a style's file.

    Args:
        style: a shipped style's name, the path of a file, or a training's folder. For the
            folder of an unfinished training, the path is that of its checkpoint; for that
            of a finished one, it is that of the style file beside the folder.

    Raises:
        StyleFileError: if there is no such style.
    """
    style, shipped = os.fspath(style), shipped_styles()
    if style in shipped:
        return shipped[style]
    if os.path.isdir(style):
        checkpoint = os.path.join(style, CHECKPOINT)
        finished = os.path.normpath(style).removesuffix(".training") + ".keras"
        for path in (checkpoint, finished):
            if os.path.isfile(path):
                return path
        raise StyleFileError(
            f"{style} is a directory without a {CHECKPOINT}: it is not a training's "
            "folder, or the training has not begun"
        )
    if not os.path.exists(style):
        raise StyleFileError(
            f"There is no style {style}: it is neither a file nor one of the shipped "
            f"styles ({', '.join(shipped) or 'none are here'})"
        )
    if not os.path.isfile(style):  # opening a pipe could wait forever
        raise StyleFileError(f"{style} is neither a file nor a training's folder")
    return style
