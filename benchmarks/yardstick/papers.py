"""Write pretrained/README.md: how each shipped style was learned, and how good it is."""

import json
import os
import shlex

import numpy as np

from fusion_style.benchmarks.yardstick.report import TERMS, said_of
from fusion_style.files import sha256
from fusion_style.models.conditions import read_conditions
from fusion_style.models.paintings import facts_of
from fusion_style.models.style_file import read_recipe
from fusion_style.training.earlier import paintings_of
from fusion_style.training.paintings import as_tuple
from fusion_style.training.record import WEIGHTS

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
    places = {"style", "data", *WEIGHTS, "init_from", "out", "log_dir", "preview"}
    # These change no weight, or follow from others.
    places |= {"resume", "cache", "cache_gb", "checkpoint_every", "conditions"}
    paintings = ",".join(map(os.path.basename, as_tuple(settings["style"])))
    words = ["python", "train.py", f"--style={paintings}", "--data=PHOTOGRAPHS"]
    for name in WEIGHTS:
        if settings.get(name, "imagenet") != "imagenet":
            words.append(f"--{name}={os.path.basename(settings[name])}")
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
    title, painter, year = facts_of(known[0])
    said = [painter, title and f"*{title}*", year]
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
