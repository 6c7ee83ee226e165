"""Painting on a cluster: settings, the painter of a worker, what is in a folder."""

import hashlib
import os
import pathlib

import numpy as np
from PIL import Image

from fusion_style.inference.cluster.manifest import NAME
from fusion_style.inference.cluster.worker import (
    Painter,
    style_files,
)
from fusion_style.inference.config import PaintConfig
from fusion_style.models.choice import choices
from fusion_style.settings import build
from fusion_style.tests.support.pictures import made_up_photograph

PICTURES, BROKEN = 40, (7, 23)  # one in twenty


def settings(style, out, **more):
    given = {"style": style, "out": str(out), "cluster": "auto"}
    return build(PaintConfig, given | more)


def painter_of(config, begin=None):
    styles = {choice.name: choice for choice in choices(config.style)}
    files = style_files(styles.values())
    return Painter(styles, files, config, np.array([], np.uint64), begin)


def hashes(folder):
    """{name: sha256} of paintings; a killed process may leave a hidden file behind."""
    paths = pathlib.Path(folder).rglob("[!.]*.png")
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def manifest_of(folder):
    """{name of a painting: its row}; that no painting has two."""
    import pyarrow.parquet as pq

    rows = pq.read_table(os.path.join(folder, NAME)).to_pylist()
    found = {os.path.basename(row["painting"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def write_archive(folder):
    """A folder of pictures, two of which are broken."""
    for i in range(PICTURES):
        path = folder / f"{i:02}.png"
        Image.fromarray(made_up_photograph(40, 50, i)).save(path)
        if i in BROKEN:
            path.write_bytes(path.read_bytes()[:200])
    return str(folder)


def check_all(folder, archive, expected):
    """That each painting is there once and right, and the manifest says so."""
    assert hashes(folder) == expected and len(expected) == PICTURES - len(BROKEN)
    there = {name for name in os.listdir(folder) if not name.startswith(".")}
    assert there == {*expected, NAME}
    rows = manifest_of(folder)
    assert len(rows) == PICTURES
    for i in range(PICTURES):
        row, path = rows[f"{i:02}-narrow.png"], os.path.join(archive, f"{i:02}.png")
        with open(path, "rb") as file:
            data = file.read()
        assert row["path"] == path and row["style"] == "narrow"
        assert row["sha256"] == hashlib.sha256(data).hexdigest()
        assert row["size"] == len(data)
        assert ("damaged" in (row["error"] or "")) == (i in BROKEN)
    return rows
