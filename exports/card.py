"""Write the model card beside an exported file: what it is and how to call it."""

import dataclasses
import os
import string
from collections.abc import Mapping
from typing import Any

from fusion_style import __version__
from fusion_style.exports.config import ExportConfig, parse_size
from fusion_style.exports.formats import FORMATS
from fusion_style.exports.snippets import BYTES, MIXED, SNIPPETS
from fusion_style.exports.source import Source
from fusion_style.files import sha256
from fusion_style.models.style_file import photographs_seen

TITLES = {
    "python": "Python",
    "javascript": "JavaScript",
    "kotlin": "Kotlin",
    "swift": "Swift",
}


def model_card(
    config: ExportConfig, source: Source, folder: str, name: str,
    operations: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Return a model card as a dict for JSON.

    Args:
        config: the settings of the export.
        source: the style.
        folder, name: folder and name of the first file of the export.
        operations: {operation: how often it is in the model}.
    """
    graph, recipe = source.graph, source.recipe
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
    inputs: dict[str, dict[str, Any]] = {"picture": rgb | {"dtype": config.pixels}}
    batch = all("mean" in norm.weights for norm in graph.norms)
    if graph.conditions > 1:
        inputs["mix"] = {
            "dtype": "float32",
            "shape": [graph.conditions],
            "layout": "how much of each style, in their order; sums to 1",
            "range": [0, 1],
            "note": kind.mix,
        }
    elif kind.style and not batch:
        inputs["style"] = {
            "dtype": "float32",
            "shape": list(graph.style().shape),
            "layout": "gamma and beta of all norms, one after the other",
            "note": f"{kind.style}; by default the file's own",
        }
    settings = recipe.get("settings", {})
    started = "photographs" in recipe
    return {
        "name": name,
        "format": kind.what,
        "made_by": f"fusion-style {__version__}",
        "style": {
            "painting": source.conditions[0].file if graph.conditions == 1 else None,
            "network": settings.get("network"),
            "norm": "batch" if batch else "instance",
            "photographs_seen": photographs_seen(recipe) if started else None,
        },
        "styles": [dataclasses.asdict(condition) for condition in source.conditions],
        "precision": config.precision,
        "inputs": inputs,
        "outputs": {"painting": rgb},
        "files": files_of(folder, name, kind.more_suffixes),
        "operations": dict(sorted(operations.items())),
        "usage": {
            language: snippet(config, language, name, size, graph.conditions)
            for language in kind.languages
        },
    }


def files_of(
    folder: str, name: str, more_suffixes: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Return {name: {"bytes", "sha256"}} of all files of an export."""
    if os.path.isdir(os.path.join(folder, name)):
        return {
            f"{name}/{file}": facts for file, facts in below(f"{folder}/{name}").items()
        }
    names = [name, *(os.path.splitext(name)[0] + suffix for suffix in more_suffixes)]
    return {file: facts_of(os.path.join(folder, file)) for file in names}


def below(folder: str) -> dict[str, dict[str, Any]]:
    """Return {path: its size and hash} of all files below a folder, sorted."""
    paths = [
        os.path.join(place, file) for place, _, files in os.walk(folder) for file in files
    ]
    names = {os.path.relpath(path, folder).replace(os.sep, "/"): path for path in paths}
    return {name: facts_of(names[name]) for name in sorted(names)}


def facts_of(path: str) -> dict[str, Any]:
    """Return a file's size and hash."""
    return {"bytes": os.path.getsize(path), "sha256": sha256(path)}


def snippet(
    config: ExportConfig, language: str, name: str, size: tuple[int, int] | None,
    styles: int = 1,
) -> str:  # fmt: skip
    """Return the code that calls a file of `styles` styles in a programming language."""
    key = config.format, language
    height, width = size or ("", "")
    values = {"file": name, "height": height, "width": width}
    values["resized"] = f".resize(({width}, {height}))" if size else ""
    mix = ", ".join(["1", *["0"] * (styles - 1)])
    values |= {"styles": styles, "mix": mix, "floats": mix.replace(",", "f,") + "f"}
    template = SNIPPETS[key]
    changes = BYTES[language] if config.pixels == "uint8" else {}
    for one, other in (changes | (MIXED[key] if styles > 1 else {})).items():
        template = template.replace(one, other)
    return string.Template(template).substitute(values)


def as_markdown(card: Mapping[str, Any]) -> str:
    """Return a model card as a Markdown page."""
    style, total = card["style"], sum(card["operations"].values())
    named = dict.fromkeys(one["title"] or one["painting"] for one in card["styles"])
    paintings = " or ".join(filter(None, named))
    lines = [
        f"# {card['name']}",
        "",
        f"{card['format']}, weights in {card['precision']}. Made by {card['made_by']}.",
        "",
        f"Paints a photograph in the style of {paintings or 'its painting'}, with the "
        f"{style['network'] or ''} network and {style['norm']} norm. The file contains "
        "the whole function: it takes the pixels of a photograph and gives painted pixels.",
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
        if "note" in one:
            lines += ["", f"`{name}`: {one['note']}."]
    if len(card["styles"]) > 1:
        lines += ["", "| | style | strokes, in pixels |", "|---|---|---|"]
        for i, style in enumerate(card["styles"]):
            said = ", ".join(filter(None, (style["title"], style["painter"])))
            lines.append(f"| {i} | {said or style['painting']} | {style['stroke'] or ''} |")
    lines += ["", "| file | bytes | sha256 |", "|---|---|---|"]
    for file, facts in card["files"].items():
        lines.append(f"| {file} | {facts['bytes']:,} | `{facts['sha256']}` |")
    counts = ", ".join(f"{count} {op}" for op, count in card["operations"].items())
    lines += ["", f"{total} operations: {counts}.", "", "## How to call it"]
    for language, code in card["usage"].items():
        lines += ["", f"### {TITLES[language]}", "", f"```{language}", code.rstrip(), "```"]
    return "\n".join(lines) + "\n"
