"""Repeat FastChi's experiments on the terms of the loss (Figs. 5 to 8 and 10).

    python benchmarks/ablation.py --style starry.jpg --data ~/Photos          # minutes
    python benchmarks/ablation.py --style starry.jpg --data ~/Photos --full   # hours

Trains Johnson's network and the inception network with the style loss only, with the
content loss only, and with both; Johnson's network also with sums over each layer's
elements instead of means. Writes one photograph as each network paints it during the
training (`ablation.jpg`, one row for each training) and the losses (`ablation_losses.png`).
--full trains as long as FastChi: 1,500 iterations, with a picture every 300. Needs
matplotlib: pip install -e '.[plots]'
"""

import os
from dataclasses import replace

from fusion_style import backend

backend.set_defaults()

import keras
import tqdm
from absl import app, flags

from fusion_style.benchmarks.figures import check_figure, save_figure
from fusion_style.data.images import (
    Picture,
    PictureError,
    fit_size,
    read_picture,
    resize,
    sample_photograph,
    write_picture,
)
from fusion_style.data.photos.sources import open_photographs
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.data.sheets import contact_sheet
from fusion_style.losses.config import LossConfig
from fusion_style.losses.features.networks import ARCHITECTURES
from fusion_style.models.config import NetworkConfig
from fusion_style.training.trainer import build_trainer, compile_trainer

FLAGS = flags.FLAGS
flags.DEFINE_string("style", None, "The painting.")
flags.DEFINE_string("data", "coco/2014", "A folder of photographs, or a TFDS data set.")
flags.DEFINE_string("photograph", None, "The photograph to paint. Default: the sample.")
flags.DEFINE_string("loss_network", "vgg16", "One of " + ", ".join(ARCHITECTURES) + ".")
flags.DEFINE_string("loss_weights", "imagenet", "Its weights: imagenet, random, or a file.")
flags.DEFINE_boolean("full", False, "FastChi's 1,500 iterations of 4 crops of 256.")
flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "Of the activations.")
flags.DEFINE_integer("steps", None, "Default: 100, or with --full 1500.", 1)
flags.DEFINE_integer("size", None, "Side of crops. Default: 128, or with --full 256.", 16)
flags.DEFINE_integer("pictures", 5, "How many pictures to paint, evenly spaced.", 1)
flags.DEFINE_string("out", ".", "The folder for both files.")

BOTH = LossConfig()
TERMS = {
    "style only": replace(BOTH, content_weight=0.0),
    "content only": replace(BOTH, style_weight=0.0),
    "both": BOTH,
}
RUNS = {
    f"{network}, {terms}": (NetworkConfig(network), loss)
    for network in ("johnson", "inception")
    for terms, loss in TERMS.items()
} | {"johnson, both, sums": (NetworkConfig("johnson"), replace(BOTH, reduction="sum"))}
COMPARED = {"johnson, both": "means", "johnson, both, sums": "sums"}
SHOWN = 200  # longer side of the pictures, in pixels


class Watch(keras.callbacks.Callback):
    """Keep the losses of every step, and paint a photograph every `every` steps."""

    def __init__(self, photograph, every, bar):
        super().__init__()
        self.photograph, self.every, self.bar = photograph, every, bar
        self.losses, self.pictures = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append({name: float(value) for name, value in logs.items()})
        self.model.reset_metrics()
        self.bar.update()
        if len(self.losses) % self.every == 0:
            painted = self.model.transformer(self.photograph[None], training=False)
            self.pictures.append(keras.ops.convert_to_numpy(painted)[0])


def train(run, painting, photograph, steps, size, every, bar):
    """Train one of `RUNS`; return its `Watch`. All trainings see the same crops."""
    keras.utils.set_random_seed(0)
    policy = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[FLAGS.precision]
    keras.config.set_dtype_policy(policy)
    network, loss = RUNS[run]
    loss = replace(loss, loss_network=FLAGS.loss_network, loss_weights=FLAGS.loss_weights)
    trainer = build_trainer([painting], network, [loss])
    compile_trainer(trainer, 2e-3, steps)
    stream = PhotoStream(open_photographs(FLAGS.data), size, seed=0)
    watch = Watch(photograph, every, bar)
    trainer.fit(
        stream.batches(4), steps_per_epoch=steps, shuffle=False, verbose=0,
        callbacks=[watch],
    )  # fmt: skip
    return watch


def plot(watches, path):
    """Plot content and style loss over the iterations, with a line for each run.

    Sums and means have different scales. To compare them, each is divided by its first
    value.
    """
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(16, 4.5), layout="constrained")
    *axes, against = figure.subplots(1, 3)
    for axis, name in zip(axes, ("content", "style"), strict=True):
        for run, watch in watches.items():
            values = smooth([losses[name] for losses in watch.losses])
            steps = range(1, len(values) + 1)
            if RUNS[run][1].reduction == "mean":
                line = "--" if run.startswith("inception") else "-"
                axis.semilogy(steps, values, line, label=run)
            if run in COMPARED:
                line = "-" if RUNS[run][1].reduction == "mean" else "--"
                relative = [value / values[0] for value in values]
                against.semilogy(steps, relative, line, label=f"{name}, {COMPARED[run]}")
        axis.set(xlabel="iteration", title=f"{name} loss (1: knowing nothing)")
    against.set(xlabel="iteration", title="Johnson's network, divided by the first loss")
    for axis in (*axes, against):
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    save_figure(figure, path)


def smooth(values, span=20):
    """Return the mean of the `span` values around each value, of fewer near the ends."""
    means = []
    for i in range(len(values)):
        reach = min(i, len(values) - 1 - i, span // 2)
        around = values[i - reach : i + reach + 1]
        means.append(sum(around) / len(around))
    return means


def main(argv):
    if not FLAGS.style:
        return "ablation.py: Give a painting: --style FILE"
    steps = FLAGS.steps or (1500 if FLAGS.full else 100)
    size = FLAGS.size or (256 if FLAGS.full else 128)
    every = max(1, steps // FLAGS.pictures)
    try:
        check_figure(os.path.join(FLAGS.out, "ablation_losses.png"))
        painting = read_picture(FLAGS.style).pixels
        photograph = read_picture(FLAGS.photograph or sample_photograph()).pixels
        painting = resize(painting, *fit_size(*painting.shape[:2], size * 3 // 2, min))
        photograph = resize(photograph, *fit_size(*photograph.shape[:2], SHOWN))
        watches = {}
        with tqdm.tqdm(total=steps * len(RUNS), unit="step") as bar:
            for run in RUNS:
                bar.set_description(run)
                watches[run] = train(run, painting, photograph, steps, size, every, bar)
    except (PictureError, ValueError, OSError) as error:
        return f"ablation.py: {error}"
    pictures, captions = [], []
    for run, watch in watches.items():
        pictures += [photograph, *watch.pictures]
        captions += [run, *(f"{every * (i + 1)}" for i in range(len(watch.pictures)))]
    columns = len(pictures) // len(RUNS)
    sheet = contact_sheet(pictures, captions, columns, SHOWN)
    write_picture(os.path.join(FLAGS.out, "ablation.jpg"), Picture(sheet))
    plot(watches, os.path.join(FLAGS.out, "ablation_losses.png"))
    for run, watch in watches.items():
        last = watch.losses[-20:]
        content, style = (
            sum(losses[name] for losses in last) / len(last)
            for name in ("content", "style")
        )
        print(f"{run:<26} content {content:.3g}, style {style:.3g}")


if __name__ == "__main__":
    app.run(main)
