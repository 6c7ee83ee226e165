"""The run record: the settings of a training, and what happened in it."""

import dataclasses
import datetime
import importlib.metadata
import os
import platform
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from fusion_style.files import sha256
from fusion_style.losses.features.identity import known_by
from fusion_style.models.conditions import read_conditions
from fusion_style.models.style_file import FORMAT, read_recipe
from fusion_style.settings import changed, flatten
from fusion_style.training.by_style import StyleLosses
from fusion_style.training.earlier import paintings_of, read_checkpoint
from fusion_style.training.paintings import lessons

WEIGHTS = ("loss_weights", "finish_weights")  # settings of the loss networks' weights
FINISHING = 10  # the last one in so many steps has the loss network `finish_with`
PACKAGES = ("tensorflow", "torch", "jax", "keras", "numpy", "pillow")


class RunRecord:
    """Record settings, versions, losses, photographs seen and skipped, and duration.

    The record is the recipe in the checkpoint and in the style file, and a JSON file.

    Args:
        config: the settings, a `training.config.TrainConfig`.
        steps: length of the whole training.
        every: how many steps are averaged for one entry of the history.

    Attributes:
        weights: {setting: what identifies the weights of that loss network}.
        paintings: [{"file", "sha256"}] of the paintings to learn.
        conditions: a dict for each row of the network's norms. This training learns the
            last ones.
        by_style: the losses of each style, if there are several.
        history: [{"step", "loss", "content", …}].
        resumed: the steps after which the training was stopped or killed, and resumed.
        rollbacks: [{"step", "to", "learning_rate"}] of the finite-loss guard.
        skipped: {photograph: why it could not be read}.
        left_out: [{"step", "to", "photographs"}]: photographs that made a step fail twice.
    """

    def __init__(self, config: Any, steps: int, every: int = 10) -> None:
        self.config_class = type(config)
        self.settings = flatten(config) | {"steps": steps}
        learned = lessons(config.style, config.style_size)
        sums = {lesson.path: sha256(lesson.path) for lesson in learned}
        self.paintings = [
            {"file": os.path.basename(path), "sha256": known}
            for path, known in sums.items()
        ]
        self.conditions: list[dict[str, Any]] = [
            {**dataclasses.asdict(lesson.condition), "sha256": sums[lesson.path]}
            for lesson in learned
        ]
        names = [f"{c['painting']} {c['stroke']}" for c in self.conditions]
        self.by_style = StyleLosses(names, steps, every)
        self.weights = {
            name: known_by(loss.loss_weights, loss.loss_network)
            for name, loss in zip(WEIGHTS, config.losses(), strict=False)
        }
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
        before = paintings_of(recipe)
        if [p["sha256"] for p in before] != [p["sha256"] for p in self.paintings]:
            other = "another painting" if len(before) == 1 else "other paintings"
            raise ValueError(
                f"The training in {checkpoint} learns {other} than "
                f"{self.settings['style']}: {', '.join(p['file'] for p in before)}"
            )
        for name, known in self.weights.items():
            if recipe.get(name, known) != known:
                raise ValueError(
                    f"The training in {checkpoint} has other weights of the loss network "
                    f"than {self.settings[name]}: {recipe['settings'][name]}, "
                    f"{recipe[name]}. Use the same weights"
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
        self.by_style.load(recipe)

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

    def finishing_at(self) -> int:
        """Return the number of steps before those with the loss network `finish_with`.

        There is at least one step with it, however short the training is.
        """
        steps = self.settings["steps"]
        return steps - max(1, steps // FINISHING)

    def learning_rate(self) -> float:
        """Return Adam's learning rate at the start, halved once for each rollback."""
        return self.settings["learning_rate"] / 2 ** len(self.rollbacks)

    def add_to(self, path: str) -> None:
        """Remember the style file whose rows come before those that are learned."""
        earlier = read_recipe(path).get("conditions")
        earlier = earlier or [dataclasses.asdict(one) for one in read_conditions(path)]
        known = {(one["painting"], one["stroke"]) for one in earlier}
        for one in self.conditions:
            if (one["painting"], one["stroke"]) in known:
                raise ValueError(
                    f"{path} has learned {one['painting']} {one['stroke']} already"
                )
        self.conditions = [*earlier, *self.conditions]

    def start_from(self, path: str) -> None:
        """Record the recipe of the style file from which the weights come."""
        recipe = read_recipe(path)
        self.started_from = {
            name: recipe.get(name)
            for name in (
                "settings", "painting", "paintings", "loss_weights", "steps",
                "photographs", "started_from",
            )
        } | {"sha256": sha256(path)}  # fmt: skip
        if "finish_weights" in recipe:
            self.started_from["finish_weights"] = recipe["finish_weights"]

    def at(self, step: int) -> dict[str, Any]:
        """Return the record after `step` steps, as a dict that JSON can hold."""
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            "format": FORMAT,
            "settings": self.settings,
            **({"painting": self.paintings[0]} if len(self.paintings) == 1 else {}),
            **({"paintings": self.paintings} if len(self.paintings) > 1 else {}),
            "conditions": self.conditions,
            **self.weights,
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
            **(self.by_style.saved() if len(self.by_style.names) > 1 else {}),
        }


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
