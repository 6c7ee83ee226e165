"""Write a page that paints in the browser, as files for any static host.

    python export.py --style all --format web --out site
    python -m http.server -d site

The code that a browser runs is copied from the folder browser/. This module adds the styles
as ONNX models, onnxruntime-web, thumbnails, and site.js, which lists them.
"""

import dataclasses
import hashlib
import json
import os
import shutil
from typing import Any

from fusion_style import __version__
from fusion_style.data.images import read_picture
from fusion_style.exports.card import below
from fusion_style.exports.source import Source
from fusion_style.exports.web import runtime
from fusion_style.exports.web.graphs import WEIGHTS, page_models
from fusion_style.exports.web.thumbnails import SIDE, as_icon, as_jpeg, painted, sample
from fusion_style.exports.whole import style_rows
from fusion_style.files import write_bytes
from fusion_style.models.config import MARGIN
from fusion_style.models.rewrites import painting

SOURCES = os.path.join(os.path.dirname(__file__), "browser")
EXAMPLE, ICONS = 512, (192, 512)  # lengths of sides, in pixels
LATER = ("styles/", "runtime/")  # folders from which a browser fetches files on demand


def write_page(styles: dict[str, Source], folder: str, precision: str) -> None:
    """Write the page.

    Args:
        styles: {name of its folder: style}.
        folder: the output folder.
        precision: of the kernels, one of `exports.weights.PRECISIONS`.

    Raises:
        ValueError: if onnxruntime-web cannot be fetched.
        OSError: if the folder cannot be written to.
    """
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    fetched = runtime.fetch()
    for name in runtime.FILES:
        shutil.copy(os.path.join(fetched, name), os.path.join(folder, "runtime"))
    write(folder, "example.jpg", as_jpeg(sample(EXAMPLE)))
    entries = [write_style(name, one, folder, precision) for name, one in styles.items()]
    first = os.path.join(folder, entries[0]["rows"][0]["thumbnail"])
    for side in ICONS:
        write(folder, f"icon-{side}.png", as_icon(read_picture(first).pixels, side))
    write(folder, "site.js", site(folder, entries))


def write_style(name: str, style: Source, folder: str, precision: str) -> dict[str, Any]:
    """Write a style's models and thumbnails; return its entry for site.js."""
    graph, place = style.graph, f"styles/{name}"
    fast = painting(graph)
    models, weights = page_models(graph, precision)
    for model, proto in models.items():
        write(folder, f"{place}/{model}.onnx", proto.SerializeToString())
    write(folder, f"{place}/{WEIGHTS}", weights)
    rows = style_rows(fast)
    write(folder, f"{place}/styles.bin", rows.astype("<f4").tobytes())
    entries = []
    pictures = painted(graph, rows, sample(SIDE))
    for i, one in enumerate(style.conditions):
        thumbnail = f"{place}/{i}.jpg"
        write(folder, thumbnail, as_jpeg(pictures[i]))
        title = one.title or one.painting.replace("_", " ").capitalize() or name
        said = {"painting": one.painting or name, "title": title, "thumbnail": thumbnail}
        entries.append({**dataclasses.asdict(one), **said})
    return {
        "folder": place,
        "norms": bool(fast.norms),
        "measured": fast.measured,
        "standardizes": fast.standardizes,
        "halo": fast.halo,
        "multiple": fast.multiple,
        "smallest": fast.smallest,
        "margin": MARGIN,
        "rows": entries,
    }


def site(folder: str, styles: list[dict[str, Any]]) -> bytes:
    """Return site.js, which tells the page and its service worker what is in the folder.

    Its version changes if any file changes. Browsers compare site.js to find new versions.
    """
    files = below(folder)
    digest = hashlib.sha256(json.dumps([styles, files]).encode())
    said = {
        "version": digest.hexdigest()[:16],
        "madeBy": f"Fusion Style {__version__}",
        "runtime": f"{runtime.PACKAGE} {runtime.version()}",
        "files": ["site.js", *(n for n in files if not n.startswith(LATER) or ".jpg" in n)],
        "styles": styles,
    }
    return f"self.SITE = {json.dumps(said, indent=1)};\n".encode()


def write(folder: str, name: str, data: bytes) -> None:
    """Write a file of the page."""
    write_bytes(os.path.join(folder, *name.split("/")), data, durable=False)
