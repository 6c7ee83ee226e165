"""The styles that come with Fusion Style, and where any style is."""

import os

from fusion_style.models.style_file import CHECKPOINT, StyleFileError

PRETRAINED = os.path.join(os.path.dirname(os.path.dirname(__file__)), "pretrained")


def shipped_styles():
    """{name: path} of the styles that come with Fusion Style."""
    files = sorted(os.listdir(PRETRAINED)) if os.path.isdir(PRETRAINED) else []
    return {
        file.removesuffix(".keras"): os.path.join(PRETRAINED, file)
        for file in files
        if file.endswith(".keras")
    }


def style_path(style):
    """The path of a style: a shipped style's name, a file, or a training's folder.

    The folder of a training that goes on stands for its checkpoint; that of one that
    is done, for the style file beside it.

    Raises:
        StyleFileError: if there is none of these.
    """
    shipped = shipped_styles()
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
    return style
