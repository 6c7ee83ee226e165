"""The run record: what a training was told and what it did."""

import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import time

import keras

from files import replacing
from models.checkpoint import StyleFileError, read_recipe

PACKAGES = ("tensorflow", "keras", "numpy", "pillow")
# What a continuation may be told differently; the painting is compared by content.
FREE_TO_CHANGE = {
    "style", "data", "out", "loss_weights", "devices", "preview", "log_dir", "resume",
    "cache", "cache_gb",
}  # fmt: skip


class RunRecord:
    """Settings, versions, losses, photographs seen and skipped, duration.

    It is the recipe in the checkpoint and in the style file, and a JSON file.

    Args:
        settings: the arguments of `learn_style`.
        steps: length of the whole training.
    """

    def __init__(self, settings, steps):
        self.settings = settings | {"steps": steps}
        self.painting = {
            "file": os.path.basename(settings["style"]),
            "sha256": sha256(settings["style"]),
        }
        self.history, self.skipped, self.earlier_seconds = [], {}, 0.0
        self.started_from = None
        self.started = time.monotonic()

    def go_on_from(self, checkpoint):
        """Takes over the history of the training in a checkpoint.

        Raises:
            FileNotFoundError: if there is no checkpoint.
            ValueError: if that training had other settings or another painting.
        """
        recipe = read_checkpoint(checkpoint)
        for name, was in recipe["settings"].items():
            if name not in FREE_TO_CHANGE and self.settings[name] != was:
                raise ValueError(
                    f"The training in {checkpoint} has {name} = {was}. Received: "
                    f"{self.settings[name]}. Go on with what it has, or start another "
                    "training with another --out"
                )
        if recipe["painting"]["sha256"] != self.painting["sha256"]:
            raise ValueError(
                f"The training in {checkpoint} learns another painting than "
                f"{self.settings['style']}: {recipe['painting']['file']}"
            )
        self.history[:] = recipe["history"]
        self.skipped.update(recipe["skipped"])
        self.earlier_seconds = recipe["seconds"]
        self.started_from = recipe["started_from"]

    def start_from(self, path):
        """Remembers the recipe of the style file that the weights come from."""
        recipe = read_recipe(path)
        self.started_from = {
            name: recipe.get(name)
            for name in ("settings", "painting", "steps", "photographs", "started_from")
        } | {"sha256": sha256(path)}

    def at(self, step):
        """The record after `step` steps, as a dict that JSON can hold."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            "format": "fusion-style 1",
            "settings": self.settings,
            "painting": self.painting,
            "versions": versions(),
            "finished": step == self.settings["steps"],
            "steps": step,
            "photographs": step * self.settings["batch"],
            "started_from": self.started_from,
            "skipped": dict(self.skipped),  # which threads add to meanwhile
            "seconds": round(self.earlier_seconds + time.monotonic() - self.started, 1),
            "ended": now.isoformat(timespec="seconds"),
            "history": self.history,
        }


def read_checkpoint(checkpoint):
    """The run record in a checkpoint.

    Raises:
        FileNotFoundError: if there is none.
        StyleFileError: if the file is no checkpoint.
    """
    if not os.path.exists(checkpoint):
        raise FileNotFoundError(
            f"There is nothing to resume: {checkpoint} does not exist. Train without "
            "--resume, or give the --out or --log_dir of the training that was stopped"
        )
    recipe = read_recipe(checkpoint)
    if "history" not in recipe:
        raise StyleFileError(f"{checkpoint} is not the checkpoint of a training")
    return recipe


def write_record(path, record):
    """Writes a record as JSON, whole or not at all."""
    with replacing(path) as temporary, open(temporary, "w") as file:
        json.dump(record, file, indent=2)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def versions():
    """{package: version} of what decides the numbers."""
    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found
