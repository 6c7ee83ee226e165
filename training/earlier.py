"""Read the records of earlier trainings, and their settings for a new training."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from fusion_style.files import sha256
from fusion_style.losses.features.identity import WORDS
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import StyleFileError, read_recipe
from fusion_style.training.paintings import as_tuple, in_folder


def read_record(path: str) -> dict[str, Any]:
    """Read a run record. Needs neither Keras nor a backend.

    Args:
        path: of a run record (JSON), or of a style file or a training's folder, which
            contain one.

    Raises:
        FileNotFoundError: if the path does not exist.
        ValueError: if there is no run record in it.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"The run record does not exist: {path}")
    try:
        if path.endswith(".keras") or os.path.isdir(path):
            record = read_recipe(style_path(path))
        else:
            with open(path, encoding="utf-8") as file:
                record = json.load(file)
        missing = {"settings", "painting", "steps", "history"} - record.keys()
        if missing - ({"painting"} if "paintings" in record else set()):
            raise ValueError(f"it has no {', '.join(sorted(missing))}")
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a run record of a training: {error}") from None
    return record


def read_settings(path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the training in a run record, to repeat the training.

    Args:
        path: see `read_record`.
        settings: {name: value} of settings that should be different.

    Raises:
        FileNotFoundError: if the record, or a file that the training used, does not exist.
        ValueError: if it is not a run record; or if a painting, the weights of the loss
            network or the style that the training started from have another sha256 now.
    """
    record = read_record(path)
    now = record["settings"] | {"resume": False} | dict(settings)
    if "epochs" in settings and "steps" not in settings:
        now["steps"] = None
    check_paintings(path, paintings_of(record), now["style"])
    made_with: dict[str, tuple[str, str]] = {}
    for network, name in (
        ("loss_network", "loss_weights"),
        ("finish_with", "finish_weights"),
    ):
        weights = record.get(name, "random")  # missing in older records
        if network not in settings and not {weights, now.get(name)} & WORDS:
            made_with[name] = ("loss network's file", weights)
    if record.get("started_from"):
        name = "add_to" if now.get("add_to") else "init_from"
        made_with[name] = ("style to begin with", record["started_from"]["sha256"])
    for name, (kind, was) in made_with.items():
        file = style_path(now[name]) if name in ("init_from", "add_to") else now[name]
        check_file(path, file, kind, name, was)
    return now


def check_file(path: str, file: str, kind: str, name: str, was: str) -> None:
    """Check that a file is the one that an earlier training used.

    Args:
        path: of the record.
        file: path of the file now.
        kind, name: what the file is, and the name of its flag.
        was: sha256 of the file in the record.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it has another sha256.
    """
    if not os.path.exists(file):
        raise FileNotFoundError(
            f"The {kind} of {path} does not exist: {file}. Say where it is with --{name}"
        )
    if sha256(file) != was:
        raise ValueError(
            f"{file} is not the {kind} that {path} was made with: its sha256 is "
            f"{sha256(file)}, the record's {was}"
        )


def check_paintings(
    path: str, were: Sequence[Mapping[str, str]], style: str | Sequence[str]
) -> None:
    """Check that the paintings are those that an earlier training used.

    Args:
        path: of the record.
        were: [{"file", "sha256"}] of the paintings in the record.
        style: path of a painting, of a folder, or several.

    Raises:
        FileNotFoundError: if a painting does not exist.
        ValueError: if their number or a sha256 differs.
    """
    files = [file for one in as_tuple(style) for file in in_folder(one)]
    if len(files) != len(were):
        raise ValueError(
            f"{path} was made with {len(were)} paintings: "
            f"{', '.join(painting['file'] for painting in were)}. Received: {len(files)}"
        )
    for file, painting in zip(files, were, strict=True):
        check_file(path, file, "painting", "style", painting["sha256"])


def paintings_of(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return [{"file", "sha256"}] of the paintings in a run record."""
    return record["paintings"] if "paintings" in record else [record["painting"]]


def read_checkpoint(checkpoint: str) -> dict[str, Any]:
    """Read the run record in a checkpoint.

    Raises:
        FileNotFoundError: if there is no checkpoint.
        StyleFileError: if the file is not a checkpoint.
    """
    if not os.path.exists(checkpoint):
        raise FileNotFoundError(
            f"There is nothing to resume: {checkpoint} does not exist. Leave out --resume, "
            "or give the --out or --log_dir of the training that was stopped"
        )
    recipe = read_recipe(checkpoint)
    if "history" not in recipe:
        raise StyleFileError(f"{checkpoint} is not the checkpoint of a training")
    return recipe
