"""Write matplotlib's figures to files; check before long work that this is possible."""

import importlib.util
import os

from fusion_style.files import check_writable, replacing


def figure_format(path):
    """Return the format that a figure's name asks for; png if it has no extension."""
    return os.path.splitext(path)[1].lstrip(".").lower() or "png"


def check_figure(path):
    """Check, before long work begins, that a figure can be written at its end.

    Raises:
        ValueError: if matplotlib is not installed, or cannot write the format.
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
    """Write a `matplotlib.figure.Figure`, completely or not at all."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format=figure_format(path))
