"""The styles that come with Fusion Style, and where any style is."""

import os

from fusion_style.models.style_file import CHECKPOINT, StyleFileError

PRETRAINED = os.path.join(os.path.dirname(os.path.dirname(__file__)), "pretrained")


def shipped_styles() -> dict[str, str]:
    """Return {name: path} of the styles that come with Fusion Style, sorted by name."""
    files = sorted(os.listdir(PRETRAINED)) if os.path.isdir(PRETRAINED) else []
    return {
        file.removesuffix(".keras"): os.path.join(PRETRAINED, file)
        for file in files
        if file.endswith(".keras")
    }


def style_path(style: str | os.PathLike[str]) -> str:
    """Return the path of a style's file.

    Args:
        style: a shipped style's name, the path of a file, or a training's folder. The
            folder of a training that is not done stands for its checkpoint; that of one
            that is done, for the style file beside it.

    Raises:
        StyleFileError: if there is none of these.
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
            f"{style} is a directory without a {CHECKPOINT}: not the folder of a "
            "training, or of one that has not begun"
        )
    if not os.path.exists(style):
        raise StyleFileError(
            f"There is no style {style}: it is neither a file nor one of the shipped "
            f"styles ({', '.join(shipped) or 'none are here'})"
        )
    if not os.path.isfile(style):  # opening a pipe would wait for ever
        raise StyleFileError(f"{style} is neither a file nor a training's folder")
    return style
