"""The model card beside an exported file: what it is and how to call it."""

import os
import string
from collections.abc import Mapping
from typing import Any

from fusion_style import __version__
from fusion_style.exports.config import ExportConfig, parse_size
from fusion_style.exports.formats import FORMATS
from fusion_style.exports.snippets import SNIPPETS
from fusion_style.files import sha256
from fusion_style.models.graph import Graph
from fusion_style.models.style_file import photographs_seen

TITLES = {
    "python": "Python",
    "javascript": "JavaScript",
    "kotlin": "Kotlin",
    "swift": "Swift",
}


def model_card(
    config: ExportConfig, graph: Graph, recipe: Mapping[str, Any],
    folder: str, name: str, operations: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Return a model card, as JSON can hold it.

    Args:
        config: what was exported.
        graph: of the style.
        recipe: of the style file.
        folder, name: where the first of the files is, and its name.
        operations: {operation: how many there are}.
    """
    kind, size = FORMATS[config.format], parse_size(config.size)
    if size is None and not kind.any_size:
        from fusion_style.exports.litert import SIZE as size
    height, width = size or ("any", "any")
    rgb = {
        "dtype": "float32",
        "shape": [1, height, width, 3],
        "range": [0, 255],
        "layout": "batch, height, width, RGB",
    }
    inputs = {"picture": rgb}
    folded = all("mean" in norm.weights for norm in graph.norms)
    if kind.style and not folded:
        inputs["style"] = {
            "dtype": "float32",
            "shape": list(graph.style().shape),
            "layout": "gamma and beta of all norms, one after the other",
            "optional": f"by default the file's own; {kind.style}",
        }
    settings = recipe.get("settings", {})
    started = "photographs" in recipe
    return {
        "name": name,
        "format": kind.what,
        "made_by": f"fusion-style {__version__}",
        "style": {
            "painting": recipe.get("painting", {}).get("file"),
            "network": settings.get("network"),
            "norm": "batch" if folded else "instance",
            "photographs_seen": photographs_seen(recipe) if started else None,
        },
        "precision": config.precision,
        "inputs": inputs,
        "outputs": {"painting": rgb},
        "files": files_of(folder, name, kind.more_suffixes),
        "operations": dict(sorted(operations.items())),
        "usage": {
            language: snippet(config.format, language, name, size)
            for language in kind.languages
        },
    }


def files_of(
    folder: str, name: str, more_suffixes: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Return {name: its size and hash} of all files of an export."""
    names = [name, *(os.path.splitext(name)[0] + suffix for suffix in more_suffixes)]
    if os.path.isdir(os.path.join(folder, name)):
        names = [
            os.path.relpath(os.path.join(place, file), folder)
            for place, _, files in os.walk(os.path.join(folder, name))
            for file in sorted(files)
        ]
    paths = {file.replace(os.sep, "/"): os.path.join(folder, file) for file in names}
    return {
        file: {"bytes": os.path.getsize(path), "sha256": sha256(path)}
        for file, path in paths.items()
    }


def snippet(format: str, language: str, name: str, size: tuple[int, int] | None) -> str:
    """Return how to call a file in a language."""
    height, width = size or ("", "")
    values = {"file": name, "height": height, "width": width}
    values["resized"] = f".resize(({width}, {height}))" if size else ""
    return string.Template(SNIPPETS[format, language]).substitute(values)


def as_markdown(card: Mapping[str, Any]) -> str:
    """Return a model card as a page."""
    style, total = card["style"], sum(card["operations"].values())
    lines = [
        f"# {card['name']}",
        "",
        f"{card['format']}, weights in {card['precision']}. Made by {card['made_by']}.",
        "",
        f"Paints a photograph like {style['painting'] or 'its painting'}: the "
        f"{style['network'] or ''} network with {style['norm']} norm. The whole function "
        "is in the file: feed pixels as they are, and show what comes out.",
        "",
        "| | name | type | shape | range |",
        "|---|---|---|---|---|",
    ]
    for way, key in (("in", "inputs"), ("out", "outputs")):
        for name, one in card[key].items():
            shape = " × ".join(map(str, one["shape"]))
            limits = "{} to {}".format(*one["range"]) if "range" in one else "any"
            lines.append(
                f"| {way} | `{name}` | {one['dtype']} | {shape}: {one['layout']} "
                f"| {limits} |"
            )
    for name, one in card["inputs"].items():
        if "optional" in one:
            lines += ["", f"`{name}` is optional: {one['optional']}."]
    lines += ["", "| file | bytes | sha256 |", "|---|---|---|"]
    for file, facts in card["files"].items():
        lines.append(f"| {file} | {facts['bytes']:,} | `{facts['sha256']}` |")
    counts = ", ".join(f"{count} {op}" for op, count in card["operations"].items())
    lines += ["", f"{total} operations: {counts}.", "", "## How to call it"]
    for language, code in card["usage"].items():
        lines += ["", f"### {TITLES[language]}", "", f"```{language}", code.rstrip(), "```"]
    return "\n".join(lines) + "\n"
