"""Painting on a cluster: settings, the painter of a worker, what is in a folder."""

import hashlib
import os
import pathlib

import numpy as np

from fusion_style.inference.cluster.manifest import NAME
from fusion_style.inference.cluster.worker import (
    Painter,
    style_files,
)
from fusion_style.inference.config import PaintConfig
from fusion_style.models.choice import choices
from fusion_style.settings import build


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
