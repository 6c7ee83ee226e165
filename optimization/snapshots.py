"""Write the intermediate pictures and checkpoints of an optimization; show its progress."""

import contextlib
import json
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tqdm

from fusion_style.data.images import Picture, resize, to_bytes, write_picture
from fusion_style.files import replacing, sha256
from fusion_style.losses.features.identity import known_by
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.optimization.minimize import Step
from fusion_style.settings import changed, flatten

ADVICE = "Use the same as before, or start another picture with another --out"


class Snapshots:
    """Keep the latest step of `minimize`, as its callback, and write pictures of it.

    Args:
        config: the settings; they are stored in the checkpoint.
        files: what `files_of(config)` returned; stored in the checkpoint too.
        photograph: `data.images.Picture`, whose alpha and EXIF the written pictures get.
        finish: function from pixels to pixels, applied to every picture that is written.
        seconds: the least time between two checkpoints.
    """

    def __init__(
        self,
        config: OptimizeConfig,
        files: dict[str, Any],
        photograph: Picture,
        finish: Callable[[np.ndarray], np.ndarray],
        seconds: float = 60,
    ) -> None:
        self.config, self.files, self.photograph = config, files, photograph
        self.out, self.every = config.out, config.every
        self.finish, self.seconds = finish, seconds
        self.scale, self.saved_at = 0, time.monotonic()
        self.latest: Step | None = None
        self.bar: tqdm.tqdm = tqdm.tqdm(disable=True)

    def begin(self, scale: int, step: Step, iterations: int) -> None:
        """Begin, or continue, scale number `scale` (from 0) at `step`.

        Before the first iteration of the first scale there is nothing worth writing.
        """
        self.scale, self.iterations = scale, iterations
        self.latest = step if scale or step.iteration else None
        height, width = step.pixels.shape[:2]
        self.bar = tqdm.tqdm(
            total=iterations,
            initial=step.iteration,
            desc=f"{width}×{height}",
            unit="iteration",
            dynamic_ncols=True,
        )

    def __call__(self, step: Step) -> None:
        """Show a step, and write a picture or a checkpoint if it is time."""
        self.latest = step
        self.bar.set_postfix_str(
            ", ".join(f"{name} {value:.4g}" for name, value in step.terms.items()),
            refresh=False,
        )
        self.bar.update()
        number = self.scale * self.iterations + step.iteration
        if self.every and number % self.every == 0:
            stem, extension = os.path.splitext(self.out)
            try:
                self.write(f"{stem}-{number:06}{extension}", step.pixels)
            except OSError as error:
                tqdm.tqdm.write(f"An intermediate picture could not be written: {error}")
        if time.monotonic() - self.saved_at > self.seconds:
            self.save_or_warn()

    def close(self) -> None:
        """End the progress bar."""
        self.bar.close()

    def write(self, path: str, pixels: np.ndarray) -> None:
        """Write pixels, float32 RGB (height, width, 3), 0-255, as a picture."""
        alpha = self.photograph.alpha
        if alpha is not None:
            alpha = to_bytes(resize(alpha, *pixels.shape[:2]))
        write_picture(path, Picture(self.finish(pixels), alpha, self.photograph.exif))

    def save(self) -> None:
        """Write the checkpoint of the latest step, if there is one; may raise OSError."""
        if self.latest is not None:
            path, settings = checkpoint_path(self.out), flatten(self.config)
            save_checkpoint(path, settings, self.files, self.scale, self.latest)
        self.saved_at = time.monotonic()

    def save_or_warn(self) -> None:
        """Write the checkpoint, or print a warning: a full disk must not end the run."""
        try:
            self.save()
        except OSError as error:
            self.saved_at = time.monotonic()
            tqdm.tqdm.write(
                f"The checkpoint could not be written: {error}. The optimization goes on, "
                "but --resume would continue from the checkpoint before, if there is one"
            )

    def stop(self) -> bool:
        """Write the latest picture and a checkpoint; return False if there is no step."""
        if self.latest is None:
            return False
        self.save_or_warn()
        self.write(self.out, self.latest.pixels)
        return True


def checkpoint_path(out: str) -> str:
    """Return the path of the checkpoint for the picture `out`."""
    return os.path.splitext(out)[0] + ".checkpoint.npz"


def save_checkpoint(
    path: str, settings: dict[str, Any], files: dict[str, Any], scale: int, step: Step
) -> None:
    """Write a checkpoint, completely or not at all; may raise OSError.

    Args:
        path: of the checkpoint.
        settings, files: from `settings.flatten` and `files_of`.
        scale, step: number of the scale, from 0, and the latest `Step` there.
    """
    state = {f"state/{name}": value for name, value in step.state.items()}
    with replacing(path) as temporary:
        np.savez(
            temporary,
            settings=json.dumps(settings),
            files=json.dumps(files),
            scale=scale,
            iteration=step.iteration,
            pixels=step.pixels,
            **state,
        )


def files_of(config: OptimizeConfig) -> dict[str, Any]:
    """Return {kind: sha256} of the pictures and weights that the objective depends on."""
    return {
        "content": sha256(config.content),
        "style": [sha256(path) for path in config.style],
        "loss_weights": known_by(config.loss_weights, config.loss_network),
    }


def read_checkpoint(path: str) -> dict[str, Any]:
    """Read a checkpoint.

    Returns:
        {"settings", "files", "scale", "iteration", "pixels", "state"}: see
        `save_checkpoint` and `Step`.

    Raises:
        FileNotFoundError: if there is no checkpoint.
        ValueError: if the file is not a checkpoint.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"There is nothing to resume: {path} does not exist. Leave out --resume, or "
            "give the --out of the picture that was stopped"
        )
    try:
        with np.load(path) as arrays:
            return {
                "settings": json.loads(str(arrays["settings"])),
                "files": json.loads(str(arrays["files"])),
                "scale": int(arrays["scale"]),
                "iteration": int(arrays["iteration"]),
                "pixels": arrays["pixels"],
                "state": {
                    name.removeprefix("state/"): arrays[name]
                    for name in arrays.files
                    if name.startswith("state/")
                },
            }
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is damaged, from another version, or not a checkpoint of a picture. "
            "Start again with --overwrite"
        ) from error


def check_same(path: str, before: dict[str, Any], config: OptimizeConfig) -> None:
    """Raise ValueError if a setting that may not change differs from the checkpoint's."""
    now = flatten(config)
    for name, was in changed(before, now, OptimizeConfig):
        raise ValueError(
            f"The picture in {path} has {name} = {was}. Received: {now[name]}. {ADVICE}"
        )


def check_files(path: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise ValueError if what `files_of` returned before the checkpoint differs now."""
    for name, was in before.items():
        if now[name] != was:
            raise ValueError(f"The picture in {path} was begun with other {name}. {ADVICE}")


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt in the block, as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    previous = None
    with contextlib.suppress(ValueError):  # only the main thread may set handlers
        previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)
