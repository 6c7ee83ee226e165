"""Measure how good style files are: losses, stability, artifacts.

    python benchmarks/quality.py --styles all,my.keras --paintings PAINTINGS \\
        --photographs PHOTOGRAPHS --loss_weights vgg19.h5 --json q.json --plot q.png
    python benchmarks/quality.py --check

At each size, prints content, style and total loss of the pictures that the styles paint, of
the photographs themselves, and of the slow method: L-BFGS on the pixels, from the
photograph or from noise (Johnson et al. 2016, Fig. 5). Prints how many iterations of the
slow method one pass of each network is worth, how much a painted picture changes when its
photograph changes a little, and which artifacts upsampling and padding leave. A style is
judged by the loss of its own recipe, or by the loss that the flags describe. It paints as
for users, in float32.

The slow method takes long. It paints only --slow_count of the photographs, once for all
styles of the same painting and loss, and styles are compared with it on these photographs.
With --json, results are kept as they come, and the same command continues where it was
stopped. It measures again what depends on a changed file, on changed code that paints or
measures pictures, or on a changed loss. It does not notice changes in the slow method's
code. --check says whether the shipped styles are the recorded files and paint the recorded
pictures.
"""

import os

from fusion_style import backend

backend.set_defaults()

from absl import app, flags

from fusion_style.benchmarks.figures import check_figure
from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.yardstick import checks
from fusion_style.benchmarks.yardstick.comparison import (
    Style,
    compare,
    find_photographs,
    labels,
    write_sheets,
)
from fusion_style.benchmarks.yardstick.judges import SETTINGS
from fusion_style.benchmarks.yardstick.report import plot, summary, table
from fusion_style.benchmarks.yardstick.results import Results
from fusion_style.benchmarks.yardstick.slow_method import STARTS
from fusion_style.files import check_writable, write_json
from fusion_style.losses.features.networks import ARCHITECTURES
from fusion_style.models.conditions import files_of_one
from fusion_style.models.shipped import shipped_styles, style_path

FLAGS = flags.FLAGS
flags.DEFINE_list(
    "styles",
    ["all"],
    "Shipped files of one painting: names or all. Or style files, "
    "trainings' folders. many_styles.py judges files of several paintings.",
)
flags.DEFINE_list("paintings", [], "The paintings that they learned, or folders of them.")
flags.DEFINE_string("photographs", None, "A folder of photographs.")
flags.DEFINE_integer("count", 32, "How many photographs to use, evenly spaced.", 1)
flags.DEFINE_list("sizes", ["256", "512"], "Sides of the square pictures, in pixels.")
flags.DEFINE_integer("slow_count", 4, "How many of them the slow method paints too.", 0)
flags.DEFINE_list(
    "iterations",
    ["1", "10", "25", "50", "100", "200", "400"],
    "Iterations of the slow method to report.",
)
flags.DEFINE_enum("start", "photo", STARTS, "Where the slow method starts.")
flags.DEFINE_enum(
    "loss_network",
    None,
    list(ARCHITECTURES),
    "The network that measures the loss. Default: the recipe's.",
)
flags.DEFINE_string("loss_weights", None, "Its weights: imagenet, random, or a file.")
flags.DEFINE_list("content_layers", None, "Layers for content, such as relu3_3.")
flags.DEFINE_list("style_layers", None, "Layers for style, such as relu1_2=2,relu2_2.")
flags.DEFINE_float("content_weight", None, "Weight of the content term.")
flags.DEFINE_float("style_weight", None, "Weight of the style term.")
flags.DEFINE_float("tv_weight", None, "Weight of the total variation.")
flags.DEFINE_enum("reduction", None, ["mean", "sum"], "Of each layer's elements.")
flags.DEFINE_integer("style_size", None, "Shorter side of the painting, in pixels.", 16)
flags.DEFINE_string("json", None, "A file for all results; if it exists, continue it.")
flags.DEFINE_string("summary", None, "A JSON file for the numbers in the tables.")
flags.DEFINE_string("plot", None, "A file for the curves. Needs matplotlib.")
flags.DEFINE_string("sheet", None, "A folder for sheets of photographs and paintings.")
flags.DEFINE_boolean("check", False, "Check the shipped styles, and nothing else.")
flags.DEFINE_boolean("record", False, "Record the shipped styles for --check.")

FORMAT = "fusion-style quality 1"


def whole_numbers(name, multiple, least):
    """Return the values of a flag as ascending integers.

    Args:
        name: the flag, a list.
        multiple: all values must be multiples of this.
        least: the smallest value that is allowed.

    Raises:
        ValueError: for other values, or an empty list.
    """
    try:
        found = sorted({int(text) for text in FLAGS[name].value})
    except ValueError:
        found = []
    if not found or found[0] < least or any(number % multiple for number in found):
        kind = f"multiples of {multiple}, " if multiple > 1 else "whole numbers, "
        raise ValueError(
            f"--{name} are {kind}at least {least}. Received: {','.join(FLAGS[name].value)}"
        )
    return found


def judge_styles():
    """Measure as the flags say, and print the results."""
    for name in ("styles", "paintings", "photographs"):
        if not FLAGS[name].value:
            raise ValueError(f"Give --{name}")
    if FLAGS.plot:
        check_figure(FLAGS.plot)
    for path in filter(None, (FLAGS.json, FLAGS.summary)):
        check_writable(path)
    sizes = whole_numbers("sizes", 8, 64)
    iterations = whole_numbers("iterations", 1, 1)
    photographs = find_photographs(FLAGS.photographs, FLAGS.count)
    results = Results(FLAGS.json, FORMAT)
    given = {name: FLAGS[name].value for name in SETTINGS}
    names = []
    for style in FLAGS.styles:
        names += files_of_one(shipped_styles()) if style == "all" else [style]
    names = list({os.path.realpath(style_path(name)): name for name in names}.values())
    styles = [
        Style(label, style, given, FLAGS.paintings, sizes[0])
        for label, style in zip(labels(names), names, strict=True)
    ]
    for style in styles:
        if not style.sure:
            print(f"{style.label}: its painting was found by its name; the bytes differ")
    about = machine("tensorflow", "keras", "openvino", "numpy", "scipy")
    results.put("machine", about)
    for judge in {style.judge.key: style.judge for style in styles}.values():
        judge.check_kept(results)
    panels, found = [], []
    for size in sizes:
        for key in dict.fromkeys(style.judge.key for style in styles):
            same = [style for style in styles if style.judge.key == key]
            panel = compare(
                same, photographs, size, iterations[-1], FLAGS.slow_count, FLAGS.start,
                results,
            )  # fmt: skip
            panels.append(panel)
            found.append(summary(panel, iterations))
            results.put("summary", found)
            print("\n" + "\n".join(table(found[-1])), flush=True)
            if FLAGS.plot:
                plot(panels, iterations, FLAGS.plot)
    if FLAGS.summary:
        write_json(FLAGS.summary, {"machine": about, "summary": found})
    if FLAGS.sheet:
        write_sheets(FLAGS.sheet, styles, photographs, sizes)


def check_styles():
    """Return lines that say where shipped styles differ from the record, or None."""
    fits, complaints = checks.check(shipped_styles())
    for name, found in fits.items():
        print(f"{name}: {found}")
    return "\n".join(f"quality.py: {complaint}" for complaint in complaints) or None


def main(argv):
    if len(argv) > 1:
        return f"quality.py takes flags only. Received: {' '.join(argv[1:])}"
    try:
        if FLAGS.record:
            checks.record(shipped_styles())
            print(f"Recorded in {checks.CHECKS}: {', '.join(shipped_styles())}")
        elif FLAGS.check:
            return check_styles()
        else:
            judge_styles()
    except (ValueError, OSError, FloatingPointError) as error:
        return f"quality.py: {error}"
    except KeyboardInterrupt:
        kept = f"in {FLAGS.json}; the same command continues" if FLAGS.json else "lost"
        return f"quality.py: stopped; the results so far are {kept}"


if __name__ == "__main__":
    app.run(main)
