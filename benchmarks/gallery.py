"""The gallery and the shipped styles' papers, made from what the style files carry.

    python benchmarks/gallery.py

Paints the four photographs that scikit-image carries (public domain and CC0) in every
shipped style: `docs/gallery.md`, with a picture of each style in `docs/gallery/`, and in
`all.jpg` there one photograph in all styles. Writes `pretrained/README.md` too: painting,
recipe, seed, command, sha256 of each style file, and what `benchmarks/quality.py` measured
(`--summary docs/quality_256.json`, and `quality_512.json`).
"""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

import json
import shlex

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.yardstick.report import TERMS, said_of
from fusion_style.data.images import (
    Picture,
    read_picture,
    resize,
    sample_photographs,
    write_picture,
)
from fusion_style.data.sheets import contact_sheet
from fusion_style.files import replacing, sha256
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import read_recipe
from fusion_style.settings import flatten

FLAGS = flags.FLAGS
flags.DEFINE_integer("height", 320, "Of the paintings, in pixels.", 16)
flags.DEFINE_string("docs", os.path.join(ROOT, "docs"), "The folder of the gallery.")
flags.DEFINE_string(
    "papers", os.path.join(ROOT, "pretrained", "README.md"), "The styles' papers."
)
flags.DEFINE_list(
    "quality",
    [os.path.join(ROOT, "docs", f"quality_{size}.json") for size in (256, 512)],
    "What quality.py --summary wrote.",
)

PAINTINGS = {
    "composition_vii": "Wassily Kandinsky, *Composition VII*, 1913",
    "shipwreck": "J. M. W. Turner, *The Shipwreck*, 1805",
    "starry_night": "Vincent van Gogh, *The Starry Night*, 1889",
    "the_scream": "Edvard Munch, *The Scream*, 1893",
    "udnie": "Francis Picabia, *Udnie*, 1913",
    "wave": "Katsushika Hokusai, *The Great Wave off Kanagawa*, about 1831",
}
MEASURED = (
    "| | photographs | content | style | total | worth iterations of L-BFGS |",
    "|---|---|---|---|---|---|",
)
HEAD = """\
# The shipped styles

`python benchmarks/gallery.py` writes this page from what the style files carry.
`python benchmarks/quality.py --check` computes the checksums again and paints again. A
style file holds its whole run record. To print it:

    python -c "from fusion_style.models.style_file import read_recipe
    print(read_recipe('pretrained/wave.keras'))"

Below are all trainings that led to each style, in their order, with the sha256 of the file
that each wrote. Later trainings start from the weights of earlier ones (`--init_from`). The
commands say how a style was made. They make the same file again only with the same code,
the same photographs and the same weights of the loss network. The number of photographs
counts a photograph each time that it was seen.

`vgg19.h5` is a VGG19 that ends with block4_conv1, in the layout of Keras's file. Its sha256
is `61a2cd4b61c0733d1a06e4c277e9569d4107cb0f1bfc648f05d159f20addf57d`. Blocks 1 to 3 are the
original's. block4_conv1 is fitted to the original's output."""
CREDITS = """\
Photographs: Eileen Collins (NASA, public domain); Chelsea (Stéfan van der Walt, CC0);
coffee (Rachel Michetti, CC0); a Falcon 9 (SpaceX, CC0). All are carried by scikit-image.
Made by `python benchmarks/gallery.py`; how each style was learned is in
[pretrained/README.md](../pretrained/README.md)."""


def stages(recipe):
    """The trainings that led to a style, the first one first."""
    before = recipe.get("started_from")
    return [*(stages(before) if before else []), recipe]


def command(settings, defaults, out, init_from=None):
    """The call of train.py with such settings, without what is so by default.

    Args:
        settings: of a run record.
        defaults: of train.py's flags.
        out: the style file to write.
        init_from: the style file that an earlier call wrote.
    """
    places = {"style", "data", "loss_weights", "init_from", "out", "log_dir", "preview"}
    places |= {"resume", "cache", "cache_gb", "checkpoint_every"}  # which change no weight
    words = ["python", "train.py", f"--style={os.path.basename(settings['style'])}"]
    words.append("--data=PHOTOGRAPHS")
    if settings["loss_weights"] != "imagenet":
        words.append(f"--loss_weights={os.path.basename(settings['loss_weights'])}")
    if init_from:
        words.append(f"--init_from={init_from}")
    for name, value in settings.items():
        if name not in places and value != defaults.get(name):
            if isinstance(value, (list, tuple)):
                value = ",".join(value)
            words.append(f"--{name}={value}")
    words.append(f"--out={out}")
    return shlex.join(words)


def papers(styles, defaults, found):
    """The Markdown of pretrained/README.md.

    Args:
        styles: {name: path}.
        defaults: of train.py's flags.
        found: of `measurements`.
    """
    lines = [HEAD]
    for name, path in styles.items():
        recipe = read_recipe(path)
        trainings = stages(recipe)
        photographs = sum(training["photographs"] for training in trainings)
        lines += [
            "",
            f"## {name}",
            "",
            f"{PAINTINGS.get(name, name)}. {os.path.getsize(path) / 1e6:.1f} MB, "
            f"{photographs:,} photographs seen, seed {recipe['settings']['seed']}.",
            "",
            f"- style file: sha256 `{sha256(path)}`",
            f"- painting: sha256 `{recipe['painting']['sha256']}`",
            "",
        ]
        earlier = None
        for number, training in enumerate(trainings, 1):
            out = f"{name}.keras" if training is recipe else f"{name}-{number}.keras"
            lines.append(f"    {command(training['settings'], defaults, out, earlier)}")
            earlier = out
            if training is not recipe:
                steps = f"{training['steps']:,} steps"
                lines.append(f"    # {steps}: sha256 {training['sha256']}")
        lines.append(f"    # {ended(recipe)}")
        if name in found:
            lines += ["", *found[name]]
    return "\n".join(lines) + "\n"


def ended(recipe):
    """How a training ended, in a line: steps, minutes, the losses of its last tenth."""
    last = recipe["history"][-max(1, len(recipe["history"]) // 10) :]
    losses = ", ".join(
        f"{name} {np.mean([losses[name] for losses in last]):.3f}"
        for name in ("content", "style", "loss")
    )
    return f"{recipe['steps']:,} steps, {recipe['seconds'] / 60:.0f} minutes: {losses}"


def measurements(paths, styles):
    """{style: lines of Markdown} of what quality.py found, in the files that it wrote.

    What it found of another file of that name is left out, and said.

    Args:
        paths: of what `--summary` wrote.
        styles: {name: path}.
    """
    lines = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            panels = json.load(file)["summary"]
        for panel in panels:
            for name in styles.keys() & panel["rows"].keys():
                row = panel["rows"][name]
                if row.get("file") != sha256(styles[name]):
                    print(f"{path} is about another {name}: measure it anew")
                    continue
                lines.setdefault(name, [*MEASURED]).append(measured(panel, row))
    return lines


def measured(panel, row):
    """A style's line of the table."""
    numbers = " | ".join(f"{row['losses'][term]:.3f}" for term in TERMS)
    worth = ""
    if panel["slow"]:
        start = {"photo": "the photograph"}.get(panel["start"], panel["start"])
        said = said_of(row, max(map(int, panel["slow"])))
        worth = f"{said}, from {start}, on {panel['painted_slowly']}"
    return f"| {panel['size']}² | {panel['photographs']} | {numbers} | {worth} |"


def paint(style, photographs):
    """The photographs as the style paints them, as users' defaults do but in float32."""
    stylizer = Stylizer(style, precision="float32")
    return [stylizer.paint(photograph) for photograph in photographs]


def main(argv):
    from fusion_style.training.config import TrainConfig

    defaults = flatten(TrainConfig(style=""))
    styles = shipped_styles()
    photographs = [read_picture(path).pixels for path in sample_photographs()]
    photographs = [
        resize(p, FLAGS.height, round(p.shape[1] * FLAGS.height / p.shape[0]))
        for p in photographs
    ]
    os.makedirs(os.path.join(FLAGS.docs, "gallery"), exist_ok=True)

    def show(name, pictures):
        gap = np.full((FLAGS.height, 8, 3), 255, np.float32)
        row = np.concatenate([x for picture in pictures for x in (gap, picture)][1:], 1)
        write_picture(os.path.join(FLAGS.docs, "gallery", f"{name}.jpg"), Picture(row))
        return f"![{name}](gallery/{name}.jpg)"

    page = ["# Gallery", "", CREDITS, "", show("photographs", photographs)]
    together = []
    for name, path in styles.items():
        page += ["", f"## {PAINTINGS.get(name, name)}", ""]
        page += [f"`python stylize.py photo.jpg --style {name}`", ""]
        paintings = paint(path, photographs)
        page += [show(name, paintings)]
        together.append(paintings[1])  # of Chelsea, a cat
        print(name)
    sheet = contact_sheet(together, list(styles), columns=3, size=400)
    write_picture(os.path.join(FLAGS.docs, "gallery", "all.jpg"), Picture(sheet))
    for path, text in [
        (os.path.join(FLAGS.docs, "gallery.md"), "\n".join(page) + "\n"),
        (FLAGS.papers, papers(styles, defaults, measurements(FLAGS.quality, styles))),
    ]:
        with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    app.run(main)
