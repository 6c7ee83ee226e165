"""optimize_picture: one photograph, painted or dreamed over by changing its pixels."""

import contextlib
import os
import time
from itertools import chain

import keras

from fusion_style.data.colors import with_colors_of
from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.losses.dream import Dream
from fusion_style.losses.features.networks import smallest_picture
from fusion_style.losses.gatys import GatysLoss
from fusion_style.losses.objective import PictureObjective
from fusion_style.losses.perceptual import PerceptualLoss, layer_weights
from fusion_style.optimization.config import check, complete, refuse_to_replace
from fusion_style.optimization.memory import check_memory
from fusion_style.optimization.minimize import Step, minimize
from fusion_style.optimization.scales import enlarge_changes, first_pixels, sizes
from fusion_style.optimization.snapshots import (
    Snapshots,
    check_files,
    check_same,
    checkpoint_path,
    files_of,
    read_checkpoint,
    sigterm_as_interrupt,
)


def optimize_picture(
    content,
    style=(),
    out="result.png",
    style_weights=None,
    style_size=None,
    loss_network="vgg19",
    loss_weights="imagenet",
    pooling="max",
    content_layers=None,
    style_layers=None,
    objective="perceptual",
    content_weight=None,
    style_weight=None,
    tv_weight=None,
    dream=(),
    dream_weight=None,
    start="photo",
    optimizer=None,
    learning_rate=None,
    iterations=None,
    size=512,
    scales=None,
    scale_factor=None,
    jitter=None,
    keep_colors=False,
    every=0,
    seed=0,
    resume=False,
    overwrite=False,
    say=print,
):
    """Optimizes the pixels of one picture and writes it to `out`.

    What is None here depends on the objective, and on whether there is a painting or
    a dream alone: `optimization.config` has these defaults.

    Args:
        content: path of the photograph.
        style: paths of paintings; none for a dream alone.
        out: path of the picture to write.
        style_weights: the paintings' shares; see `PerceptualLoss.see_style`.
        style_size: shorter side of the paintings in pixels, and so the size of the
            strokes; by default the picture's. In proportion at smaller scales.
        loss_network, loss_weights, pooling: see `losses.features.networks`.
        content_layers, style_layers, content_weight, style_weight, tv_weight: see
            `losses.perceptual` and `losses.gatys`. A dream's layers are not among the
            default ones.
        objective: "perceptual" or "gatys".
        dream, dream_weight: see `losses.dream` and `losses.objective`.
        start: "photo", "noise" or the path of a picture.
        optimizer, learning_rate, jitter: see `optimization.minimize.minimize`. A dream
            alone normalizes its gradients.
        iterations: at each scale.
        size: longer side of the result in pixels.
        scales, scale_factor: see `optimization.scales.sizes`.
        keep_colors: the photograph's colors, the painting's brightness.
        every: iterations between two pictures on the way, written beside `out`.
        seed: of the noise, of the jitter and of random loss weights.
        resume: go on from the checkpoint beside `out`.
        overwrite: replace `out` if it is there.
        say: called with what there is to say before it starts.

    Returns:
        {"finished": bool, "out": path, "seconds": float, "losses": for each scale
        `optimization.minimize.Minimized.losses`}. Not finished means stopped by Ctrl-C or
        SIGTERM: `out` is the latest picture, and there is a checkpoint.

    Raises:
        ValueError, OSError: for what was given and cannot be; the message says what
            to do.
        MemoryError: if it needs more memory than the machine has.
        FloatingPointError: if the objective stops being finite; the checkpoint has the
            last good picture.
        KeyboardInterrupt: if it is stopped before there is anything to leave behind.
    """
    settings = {name: value for name, value in locals().items() if name != "say"}
    settings = complete(settings)
    check(settings)
    checkpoint = None
    if resume:
        checkpoint = read_checkpoint(checkpoint_path(out))
        check_same(checkpoint_path(out), checkpoint["settings"], settings)
    elif not overwrite:
        refuse_to_replace(out, checkpoint_path(out))

    photograph = read_picture(content)
    work = Work(settings, photograph)
    files = files_of(settings)
    if resume:
        check_files(checkpoint_path(out), checkpoint["files"], files)
    paintings = [size for shape in work.shapes for size in work.painting_sizes(shape)]
    shape, method = work.shapes[-1], settings["optimizer"]
    check_memory(work.loss.network, shape, method, paintings, say)
    snapshots = Snapshots(out, settings, files, photograph, work.finish, every)
    started, finished = time.monotonic(), True
    with sigterm_as_interrupt():
        try:
            work.through_scales(snapshots, checkpoint)
        except KeyboardInterrupt:
            finished = False
            if not snapshots.stop():
                raise
        except FloatingPointError:
            snapshots.stop()
            raise
        finally:
            snapshots.close()
    if finished:
        try:
            snapshots.write(out, work.pixels)
        except OSError:
            snapshots.save_or_warn()  # for --resume, which only writes it then
            raise
        with contextlib.suppress(FileNotFoundError):
            os.remove(checkpoint_path(out))
    return {
        "finished": finished,
        "out": out,
        "seconds": time.monotonic() - started,
        "losses": work.losses,
    }


class Work:
    """What is read and built once, and what becomes of it from scale to scale."""

    def __init__(self, settings, photograph):
        self.settings, self.photograph = settings, photograph.pixels
        self.paintings = [read_picture(path).pixels for path in settings["style"]]
        self.dream = Dream(settings["dream"]) if settings["dream"] else None
        terms = (layer_weights(settings[f"{kind}_layers"]) for kind in ("content", "style"))
        layers = {*chain(*terms), *(self.dream.layers if self.dream else ())}
        self.smallest = max(16, smallest_picture(settings["loss_network"], tuple(layers)))
        self.shapes = sizes(
            *self.photograph.shape[:2],
            **self.chosen("size", "scales", "scale_factor"),
            smallest=self.smallest,
        )
        self.loss = self.build_loss()
        self.pixels, self.losses = None, []

    def chosen(self, *names):
        """Some of the settings, as keyword arguments."""
        return {name: self.settings[name] for name in names}

    def build_loss(self):
        """The loss, without a painting yet."""
        keras.utils.set_random_seed(self.settings["seed"])  # of random weights
        kind = GatysLoss if self.settings["objective"] == "gatys" else PerceptualLoss
        return kind(
            (),  # the paintings' turn comes at every scale
            also=self.dream.layers if self.dream else (),
            **self.chosen(
                "loss_network", "loss_weights", "pooling", "content_layers",
                "style_layers", "content_weight", "style_weight", "tv_weight",
            ),
        )  # fmt: skip

    def painting_sizes(self, shape):
        """The paintings' (height, width) for a picture of (height, width)."""
        side = self.settings["style_size"] or min(self.shapes[-1])
        side = max(self.smallest, side * max(shape) / max(self.shapes[-1]))
        return [fit_size(*p.shape[:2], side, side=min) for p in self.paintings]

    def through_scales(self, snapshots, checkpoint):
        """Optimizes at every scale, or at those that the checkpoint has not seen."""
        first = checkpoint["scale"] if checkpoint else 0
        for scale, shape in enumerate(self.shapes):
            if scale < first:
                continue
            photograph = resize(self.photograph, *shape)
            done, state = 0, {}
            if checkpoint and scale == first:
                self.pixels = checkpoint["pixels"]
                done, rate = checkpoint["iteration"], "learning_rate"
                if checkpoint["settings"][rate] == self.settings[rate]:
                    state = checkpoint["state"]
                if self.pixels.shape != photograph.shape:
                    raise ValueError(
                        f"The checkpoint has a picture of {self.pixels.shape[:2]}, the "
                        f"photograph makes one of {shape}: is it another photograph?"
                    )
            elif self.pixels is None:
                self.pixels = first_pixels(
                    self.settings["start"], photograph, self.settings["seed"]
                )
            elif self.loss.style_layers:
                self.pixels = resize(self.pixels, *shape)
            else:
                self.pixels = enlarge_changes(self.pixels, self.photograph, *shape)
            step = Step(done, self.pixels, {}, state)
            snapshots.begin(scale, step, self.settings["iterations"])
            if self.paintings:
                fitting = zip(self.paintings, self.painting_sizes(shape), strict=True)
                paintings = [resize(painting, *size) for painting, size in fitting]
                self.loss.see_style(paintings, self.settings["style_weights"])
            objective = PictureObjective(
                self.loss, photograph, self.dream, self.settings["dream_weight"]
            )
            minimized = minimize(
                objective,
                self.pixels,
                self.settings["optimizer"],
                callback=snapshots,
                normalize=not self.paintings,
                done=done,
                state=state,
                **self.chosen("iterations", "learning_rate", "jitter", "seed"),
            )
            snapshots.close()
            self.pixels = minimized.pixels
            self.losses.append(minimized.losses)

    def finish(self, pixels):
        """What of the pixels is written."""
        if not self.settings["keep_colors"]:
            return pixels
        return with_colors_of(pixels, resize(self.photograph, *pixels.shape[:2]))
