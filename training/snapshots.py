"""What the optimisation of a picture leaves behind: pictures, checkpoints, progress."""

import json
import os
import time
import zipfile

import numpy as np
import tqdm

from data.images import Picture, resize, to_bytes, write_picture
from files import replacing

# What a continuation may be told differently.
FREE_TO_CHANGE = {"content", "style", "loss_weights", "out", "every", "resume", "overwrite"}


class Snapshots:
    """The callback of `minimise`: the latest step, in files when it is time.

    Args:
        out: path of the result.
        settings: what the picture was asked for with; goes into the checkpoint.
        photograph: `data.images.Picture`; its alpha and EXIF are the results' too.
        finish: function from pixels to pixels, for every picture that is written.
        every: iterations between two pictures; 0 for none on the way.
        seconds: between two checkpoints, at least.
    """

    def __init__(self, out, settings, photograph, finish, every=0, seconds=60):
        self.out, self.settings, self.photograph = out, settings, photograph
        self.finish, self.every, self.seconds = finish, every, seconds
        self.scale, self.latest, self.saved_at = 0, None, time.monotonic()
        self.bar = None

    def begin(self, scale, step, iterations):
        """Begins the scale of number `scale`, or goes on with it, at `step`.

        At the very beginning there is nothing yet that would be worth leaving behind.
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

    def __call__(self, step):
        self.latest = step
        self.bar.set_postfix_str(
            ", ".join(f"{name} {value:.4g}" for name, value in step.terms.items()),
            refresh=False,
        )
        self.bar.update()
        number = self.scale * self.iterations + step.iteration
        if self.every and number % self.every == 0:
            stem, extension = os.path.splitext(self.out)
            self.write(f"{stem}-{number:06}{extension}", step.pixels)
        if time.monotonic() - self.saved_at > self.seconds:
            self.save()

    def close(self):
        if self.bar:
            self.bar.close()

    def write(self, path, pixels):
        """Writes a picture of what the pixels are, at their size."""
        alpha = self.photograph.alpha
        if alpha is not None:
            alpha = to_bytes(resize(alpha, *pixels.shape[:2]))
        write_picture(path, Picture(self.finish(pixels), alpha, self.photograph.exif))

    def save(self):
        """Writes the checkpoint of the latest step."""
        save_checkpoint(checkpoint_path(self.out), self.settings, self.scale, self.latest)
        self.saved_at = time.monotonic()

    def stop(self):
        """Leaves the latest picture and its checkpoint; False if there is none yet."""
        if self.latest is None:
            return False
        self.save()
        self.write(self.out, self.latest.pixels)
        return True


def checkpoint_path(out):
    return os.path.splitext(out)[0] + ".checkpoint.npz"


def save_checkpoint(path, settings, scale, step):
    """Writes settings, scale and `training.pixels.Step`, whole or not at all."""
    state = {f"state/{name}": value for name, value in step.state.items()}
    with replacing(path) as temporary:
        np.savez(
            temporary,
            settings=json.dumps(settings),
            scale=scale,
            iteration=step.iteration,
            pixels=step.pixels,
            **state,
        )


def read_checkpoint(path):
    """{"settings", "scale", "iteration", "pixels", "state"} of a checkpoint.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if the file is no checkpoint.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"There is nothing to resume: {path} does not exist. Optimise without "
            "--resume, or give the --out of the picture that was stopped"
        )
    try:
        with np.load(path) as arrays:
            return {
                "settings": json.loads(str(arrays["settings"])),
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
        raise ValueError(f"{path} is no checkpoint of a picture: {error}") from None


def check_same(path, before, now):
    """Raises ValueError where settings differ from those of the checkpoint at `path`."""
    for name, was in before.items():
        if name not in FREE_TO_CHANGE and now[name] != was:
            raise ValueError(
                f"The picture in {path} has {name} = {was}. Received: {now[name]}. Go on "
                "with what it has, or begin another picture with another --out"
            )
