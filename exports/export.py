"""export_style: write a style for another runtime, with a model card."""

import os
import re
import tempfile
from typing import Any

from fusion_style.exports.card import as_markdown, below, model_card
from fusion_style.exports.config import PAGE, ExportConfig, check_export, parse_size
from fusion_style.exports.formats import FORMATS
from fusion_style.exports.source import read_source
from fusion_style.files import write_json
from fusion_style.models.choice import ALL, is_style, parse_style
from fusion_style.models.shipped import shipped_styles


def export_style(config: ExportConfig) -> dict[str, Any]:
    """Write a style in another format, with a model card: all files or none.

    Args:
        config: what to export, and where to.

    Returns:
        The model card. Its "files" are in `config.out`, and existing files are replaced.
        The card is written beside them, as .json and .md. For the format web, only
        {"name", "files"}.

    Raises:
        ValueError: if the export is not possible, or two styles of a page have the same
            name; `StyleFileError` if a style cannot be read.
        OSError: if the folder cannot be written to.
    """
    check_export(config)
    if config.format == PAGE:
        return export_page(config)
    source, kind = read_source(parse_style(config.style)), FORMATS[config.format]
    name = source.name + kind.suffix
    os.makedirs(config.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export.", dir=config.out) as folder:
        model = os.path.join(folder, name)
        size = parse_size(config.size)
        operations = kind.write(source.graph, model, config.precision, size, config.pixels)
        card = model_card(config, source, folder, name, operations)
        write_json(f"{model}.json", card)
        with open(f"{model}.md", "w", encoding="utf-8") as file:
            file.write(as_markdown(card))
        for made in os.listdir(folder):
            move(made, folder, config.out)
    return card


def export_page(config: ExportConfig) -> dict[str, Any]:
    """Write a page that paints in the browser; see `export_style`."""
    FORMATS["onnx"].check_installed()
    from fusion_style.exports.web.page import write_page

    given = list(shipped_styles()) if config.style == ALL else config.style.split(",")
    if mixes := [text for text in given if "=" in text and not is_style(text)]:
        raise ValueError(
            "a page mixes paintings itself: give it their file, or the paintings one by "
            f"one. Received: {', '.join(mixes)}"
        )
    sources = [read_source(parse_style(text.strip())) for text in given]
    styles = {re.sub(r"[^\w-]", "_", source.name): source for source in sources}
    if len(styles) < len(given):
        raise ValueError(
            f"the styles of a page must have different names. Received: {config.style}"
        )
    os.makedirs(config.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export.", dir=config.out) as folder:
        write_page(styles, folder, config.precision)
        files = below(folder)
        for made in os.listdir(folder):
            move(made, folder, config.out)
    return {"name": "index.html", "files": files}


def move(name: str, source: str, target: str) -> None:
    """Move a file or a folder to another folder, and replace what is there."""
    old, new = os.path.join(source, name), os.path.join(target, name)
    if os.path.isdir(new):
        os.replace(new, os.path.join(source, f"{name}.replaced"))
    os.replace(old, new)
