"""The run record: the settings of a training, and what happened in it."""

import datetime
import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from fusion_style.files import sha256
from fusion_style.losses.features.identity import WORDS, known_by
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import FORMAT, StyleFileError, read_recipe
from fusion_style.settings import changed, flatten

PACKAGES = ("tensorflow", "torch", "jax", "keras", "numpy", "pillow")


class RunRecord:
    """Record settings, versions, losses, photographs seen and skipped, and duration.

    The record is the recipe in the checkpoint and in the style file, and a JSON file.

    Args:
        config: the settings, a `training.config.TrainConfig`.
        steps: length of the whole training.
        every: how many steps are averaged for one entry of the history.

    Attributes:
        history: [{"step", "loss", "content", …}].
        resumed: the steps after which the training was stopped or killed, and resumed.
        rollbacks: [{"step", "to", "learning_rate"}] of the finite-loss guard.
        skipped: {photograph: why it could not be read}.
        left_out: [{"step", "to", "photographs"}]: photographs that made a step fail twice.
    """

    def __init__(self, config: Any, steps: int, every: int = 10) -> None:
        self.config_class = type(config)
        self.settings = flatten(config) | {"steps": steps}
        self.painting = {
            "file": os.path.basename(config.style),
            "sha256": sha256(config.style),
        }
        self.loss_weights = known_by(config.loss.loss_weights, config.loss.loss_network)
        self.every = every
        self.history: list[dict[str, float]] = []
        self.recent: list[dict[str, float]] = []
        self.skipped: dict[str, str] = {}
        self.resumed: list[int] = []
        self.rollbacks: list[dict[str, float]] = []
        self.left_out: list[dict[str, Any]] = []
        self.earlier_seconds = 0.0
        self.started_from: dict[str, Any] | None = None
        self.started = time.monotonic()

    def go_on_from(self, checkpoint: str) -> None:
        """Continue the record of the training in a checkpoint.

        Raises:
            FileNotFoundError: if there is no checkpoint.
            ValueError: if that training has other settings, another painting or other
                weights of the loss network.
        """
        recipe = read_checkpoint(checkpoint)
        for name, was in changed(recipe["settings"], self.settings, self.config_class):
            raise ValueError(
                f"The training in {checkpoint} has {name} = {was}. Received: "
                f"{self.settings[name]}. Use the same value, or start another training "
                "with another --out"
            )
        if recipe["painting"]["sha256"] != self.painting["sha256"]:
            raise ValueError(
                f"The training in {checkpoint} learns another painting than "
                f"{self.settings['style']}: {recipe['painting']['file']}"
            )
        if recipe.get("loss_weights", self.loss_weights) != self.loss_weights:
            raise ValueError(
                f"The training in {checkpoint} has other weights of the loss network than "
                f"{self.settings['loss_weights']}: {recipe['settings']['loss_weights']}, "
                f"{recipe['loss_weights']}. Use the same weights"
            )
        self.go_back_to(recipe)
        self.resumed = [*recipe.get("resumed", ()), recipe["steps"]]
        self.rollbacks = recipe.get("rollbacks", [])
        self.left_out = recipe.get("left_out", [])
        self.skipped.update(recipe["skipped"])
        self.earlier_seconds = recipe["seconds"]
        self.started_from = recipe["started_from"]

    def go_back_to(self, recipe: Mapping[str, Any]) -> None:
        """Go back to the losses of an earlier record. `skipped` stays as it is."""
        self.history = list(recipe["history"])
        self.recent = list(recipe.get("recent", []))

    def add(self, step: int, losses: dict[str, float]) -> dict[str, float] | None:
        """Add the losses of a step.

        Returns:
            If an entry of the history ends with this step: the means since the last entry.
            Otherwise None.
        """
        self.recent.append(losses)
        if step % self.every and step != self.settings["steps"]:
            return None
        means = {
            name: float(np.mean([losses[name] for losses in self.recent]))
            for name in losses
        }
        self.history.append({"step": step, **means})
        self.recent = []
        return means

    def learning_rate(self) -> float:
        """Return Adam's learning rate at the start, halved once for each rollback."""
        return self.settings["learning_rate"] / 2 ** len(self.rollbacks)

    def start_from(self, path: str) -> None:
        """Record the recipe of the style file from which the weights come."""
        recipe = read_recipe(path)
        self.started_from = {
            name: recipe.get(name)
            for name in (
                "settings", "painting", "loss_weights", "steps", "photographs",
                "started_from",
            )
        } | {"sha256": sha256(path)}  # fmt: skip

    def at(self, step: int) -> dict[str, Any]:
        """Return the record after `step` steps, as a dict that JSON can hold."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            "format": FORMAT,
            "settings": self.settings,
            "painting": self.painting,
            "loss_weights": self.loss_weights,
            "versions": versions(),
            "finished": step == self.settings["steps"],
            "steps": step,
            "photographs": step * self.settings["batch"],
            "started_from": self.started_from,
            "skipped": dict(self.skipped),  # a copy: threads still add to it
            "seconds": round(self.earlier_seconds + time.monotonic() - self.started, 1),
            "ended": now.isoformat(timespec="seconds"),
            "resumed": list(self.resumed),
            "rollbacks": list(self.rollbacks),
            "left_out": list(self.left_out),
            "history": list(self.history),
            "recent": list(self.recent),  # steps that are not in the history yet
        }


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
        if missing:
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
        ValueError: if it is not a run record; or if the painting, the weights of the loss
            network or the style that the training started from have another sha256 now.
    """
    record = read_record(path)
    now = record["settings"] | {"resume": False} | dict(settings)
    if "epochs" in settings and "steps" not in settings:
        now["steps"] = None
    made_with = {"style": ("painting", record["painting"]["sha256"])}
    weights = record.get("loss_weights", "random")  # missing in older records
    if "loss_network" not in settings and not {weights, now["loss_weights"]} & WORDS:
        made_with["loss_weights"] = ("loss network's file", weights)
    if record.get("started_from"):
        made_with["init_from"] = ("style to begin with", record["started_from"]["sha256"])
    for name, (kind, was) in made_with.items():
        file = style_path(now[name]) if name == "init_from" else now[name]
        if not os.path.exists(file):
            raise FileNotFoundError(
                f"The {kind} of {path} does not exist: {file}. Say where it is with "
                f"--{name}"
            )
        if sha256(file) != was:
            raise ValueError(
                f"{file} is not the {kind} that {path} was made with: its sha256 is "
                f"{sha256(file)}, the record's {was}"
            )
    return now


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


def versions() -> dict[str, str | None]:
    """Return {package: version} of the packages that affect the results."""
    import keras

    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found
