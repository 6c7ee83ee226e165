"""Figures in files: matplotlib's, checked before the work, written whole."""

import importlib.util
import os

from fusion_style.files import check_writable, replacing


def figure_format(path):
    """What a figure's name asks for: png, where it doesn't say."""
    return os.path.splitext(path)[1].lstrip(".").lower() or "png"


def check_figure(path):
    """Complains at once of what could not be drawn hours later.

    Raises:
        ValueError: without matplotlib, or for a format that it doesn't write.
        OSError: if the file cannot be written.
    """
    if not importlib.util.find_spec("matplotlib"):
        raise ValueError("curves are drawn with matplotlib: pip install -e '.[plots]'")
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    if figure_format(path) not in known:
        raise ValueError(
            f"a figure's name ends in one of {', '.join(f'.{name}' for name in known)}. "
            f"Received: {path}"
        )
    check_writable(path)


def save_figure(figure, path):
    """Writes a `matplotlib.figure.Figure`, whole or not at all."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format=figure_format(path))
