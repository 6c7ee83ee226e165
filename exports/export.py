"""Export: a style file in, a file for another runtime and its model card out."""

import os
import tempfile
from typing import Any

from fusion_style.exports.card import as_markdown, model_card
from fusion_style.exports.config import ExportConfig, check_export, parse_size
from fusion_style.exports.formats import FORMATS
from fusion_style.files import write_json
from fusion_style.models.loading import load_graph
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import read_recipe


def export_style(config: ExportConfig) -> dict[str, Any]:
    """Write a style in another format, and a model card; all of it or nothing.

    Args:
        config: what to export, and where to.

    Returns:
        The model card, whose "files" are in `config.out`; what was there is replaced. The
        card itself is beside them, as .json and .md.

    Raises:
        ValueError: for what cannot be exported; `StyleFileError` for what is no style.
        OSError: if the folder cannot be written to.
    """
    check_export(config)
    path, kind = style_path(config.style), FORMATS[config.format]
    graph, recipe = load_graph(path), read_recipe(path)
    base = os.path.basename(os.path.normpath(config.style))
    name = base.removesuffix(".keras").removesuffix(".training") + kind.suffix
    os.makedirs(config.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export.", dir=config.out) as folder:
        model = os.path.join(folder, name)
        operations = kind.write(graph, model, config.precision, parse_size(config.size))
        card = model_card(config, graph, recipe, folder, name, operations)
        write_json(f"{model}.json", card)
        with open(f"{model}.md", "w", encoding="utf-8") as file:
            file.write(as_markdown(card))
        for made in os.listdir(folder):
            move(made, folder, config.out)
    return card


def move(name: str, source: str, target: str) -> None:
    """Move a file or a folder to another folder, in the place of what is there."""
    old, new = os.path.join(source, name), os.path.join(target, name)
    if os.path.isdir(new):
        os.replace(new, os.path.join(source, f"{name}.replaced"))
    os.replace(old, new)
