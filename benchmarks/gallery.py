"""Write the gallery and the page of the shipped styles, from their style files.

    python benchmarks/gallery.py

Paints the four photographs that come with scikit-image (public domain and CC0) in every
shipped style. Writes `docs/gallery.md`, a picture of each style in `docs/gallery/`, and
`all.jpg` there, with one photograph in all styles. Writes `pretrained/README.md` too:
painting, recipe, seed, command and sha256 of each style file, and what
`benchmarks/quality.py` measured (`--summary docs/quality_256.json`, and
`quality_512.json`).
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
from fusion_style.models.choice import all_shipped
from fusion_style.models.conditions import read_conditions
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import read_recipe
from fusion_style.settings import flatten
from fusion_style.training.earlier import paintings_of
from fusion_style.training.paintings import as_tuple

FLAGS = flags.FLAGS
flags.DEFINE_integer("height", 320, "Height of the painted pictures, in pixels.", 16)
flags.DEFINE_string("docs", os.path.join(ROOT, "docs"), "The folder of the gallery.")
flags.DEFINE_string(
    "papers",
    os.path.join(ROOT, "pretrained", "README.md"),
    "The page that says how each style was learned.",
)
flags.DEFINE_list(
    "quality",
    [os.path.join(ROOT, "docs", f"quality_{size}.json") for size in (256, 512)],
    "The files that quality.py --summary wrote.",
)

MEASURED = (
    "| | photographs | content | style | total | worth iterations of L-BFGS |",
    "|---|---|---|---|---|---|",
)
HEAD = """\
# The shipped styles

`python benchmarks/gallery.py` generates this page from the style files.
`python benchmarks/quality.py --check` compares the checksums, and the pictures that the
styles paint, with recorded ones. A style file contains its complete run record. Print it
with:

    python -c "from fusion_style.models.style_file import read_recipe
    print(read_recipe('pretrained/wave.keras'))"

For each style, this page lists all trainings that led to it, in order, with the sha256 of
the file that each training wrote. Later trainings start from the weights of earlier ones
(`--init_from`). The commands give the same file again only with the same code, the same
photographs and the same weights of the loss network. A photograph that was seen several
times is counted each time.

`vgg19.h5` is a VGG19 that ends with block4_conv1, in the layout of Keras's file. Its sha256
is `61a2cd4b61c0733d1a06e4c277e9569d4107cb0f1bfc648f05d159f20addf57d`. Blocks 1 to 3 have
the original weights. block4_conv1 was fitted to the output of the original layer."""
CREDITS = """\
Photographs: Eileen Collins (NASA, public domain); Chelsea (Stéfan van der Walt, CC0);
coffee (Rachel Michetti, CC0); a Falcon 9 (SpaceX, CC0). All of them come with scikit-image.
`python benchmarks/gallery.py` generates this page.
[pretrained/README.md](../pretrained/README.md) says how each style was learned."""


def stages(recipe):
    """Return the trainings that led to a style, the first one first."""
    before = recipe.get("started_from")
    return [*(stages(before) if before else []), recipe]


def command(settings, defaults, out, init_from=None):
    """Return the command line of train.py for these settings, without those of the default.

    Args:
        settings: of a run record.
        defaults: {name: value} of train.py's flags.
        out: the style file to write.
        init_from: the style file that an earlier training wrote.
    """
    places = {"style", "data", "loss_weights", "init_from", "out", "log_dir", "preview"}
    # These change no weight, or follow from others.
    places |= {"resume", "cache", "cache_gb", "checkpoint_every", "conditions"}
    paintings = ",".join(map(os.path.basename, as_tuple(settings["style"])))
    words = ["python", "train.py", f"--style={paintings}", "--data=PHOTOGRAPHS"]
    if settings["loss_weights"] != "imagenet":
        words.append(f"--loss_weights={os.path.basename(settings['loss_weights'])}")
    if init_from:
        words.append(f"--init_from={init_from}")
    for name, value in settings.items():
        if name not in places and value != defaults.get(name):
            words.append(f"--{name}={','.join(map(str, as_tuple(value)))}")
    words.append(f"--out={out}")
    return shlex.join(words)


def papers(styles, defaults, found):
    """Return the Markdown text of pretrained/README.md.

    Args:
        styles: {name: path of the style file}.
        defaults: {name: value} of train.py's flags.
        found: what `measurements` returns.
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
            f"{wall_text(name, path)}. {os.path.getsize(path) / 1e6:.1f} MB, "
            f"{photographs:,} photographs seen, seed {recipe['settings']['seed']}.",
            "",
            f"- style file: sha256 `{sha256(path)}`",
            *(
                f"- {painting['file']}: sha256 `{painting['sha256']}`"
                for painting in paintings_of(recipe)
            ),
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


def wall_text(name, path):
    """Return in Markdown what a painting in a file, or the whole file, is called."""
    conditions = read_conditions(path)
    known = [one for one in conditions if one.painting == name] or conditions
    if len({one.painting for one in known}) > 1:
        return f"{len(known)} paintings in one network"
    one = known[0]
    said = [one.painter, one.title and f"*{one.title}*", one.year]
    return ", ".join(filter(None, said)) or name


def ended(recipe):
    """Return how a training ended: steps, minutes, mean losses of its last tenth."""
    last = recipe["history"][-max(1, len(recipe["history"]) // 10) :]
    losses = ", ".join(
        f"{name} {np.mean([losses[name] for losses in last]):.3f}"
        for name in ("content", "style", "loss")
    )
    return f"{recipe['steps']:,} steps, {recipe['seconds'] / 60:.0f} minutes: {losses}"


def measurements(paths, styles):
    """Return {style: lines of Markdown} with the measurements of quality.py.

    A measurement of a style file that has since changed is left out, with a message.

    Args:
        paths: of the files that `quality.py --summary` wrote.
        styles: {name: path of the style file}.
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
    """Return a style's line of the table."""
    numbers = " | ".join(f"{row['losses'][term]:.3f}" for term in TERMS)
    worth = ""
    if panel["slow"]:
        start = {"photo": "the photograph"}.get(panel["start"], panel["start"])
        said = said_of(row, max(map(int, panel["slow"])))
        worth = f"{said}, from {start}, on {panel['painted_slowly']}"
    return f"| {panel['size']}² | {panel['photographs']} | {numbers} | {worth} |"


def paint(style, photographs):
    """Return the photographs painted by the style: with the defaults, but in float32."""
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
    choices = all_shipped()
    for choice in choices:
        page += ["", f"## {wall_text(choice.name, choice.path)}", ""]
        page += [f"`python stylize.py photo.jpg --style {choice.name}`", ""]
        paintings = paint(choice, photographs)
        page += [show(choice.name, paintings)]
        together.append(paintings[1])  # of Chelsea, a cat
        print(choice.name)
    labels = [choice.name for choice in choices]
    sheet = contact_sheet(together, labels, columns=4, size=400)
    write_picture(os.path.join(FLAGS.docs, "gallery", "all.jpg"), Picture(sheet))
    for path, text in [
        (os.path.join(FLAGS.docs, "gallery.md"), "\n".join(page) + "\n"),
        (FLAGS.papers, papers(styles, defaults, measurements(FLAGS.quality, styles))),
    ]:
        with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    app.run(main)
