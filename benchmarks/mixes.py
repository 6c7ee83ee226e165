"""Mixes of the paintings in one style file: how they look, what they lose, what they cost.

    python benchmarks/mixes.py --style my.keras --paintings wave,udnie,the_scream,starry \\
        --sheet mixes.jpg
    python benchmarks/mixes.py --style my.keras --paintings wave,udnie --count 32 \\
        --photographs PHOTOGRAPHS --originals PAINTINGS --loss_weights vgg19.h5
    python benchmarks/mixes.py --style my.keras --paintings wave,udnie --times 1000

The sheet has a painting in each corner and 5×5 mixes between them. With --photographs,
prints the total loss under the first and under the second painting along the mix of both,
the mean over the photographs, and whether each falls on the whole way to its painting. With
--times, prints how long so many mixes of one picture take, each another mix, and how long
it takes to paint as often in one style.
"""

import time
from collections.abc import Callable, Sequence

from fusion_style import backend

backend.set_defaults()

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.yardstick.comparison import find_photographs, square
from fusion_style.benchmarks.yardstick.judges import (
    Judge,
    find_painting,
    loss_settings,
    losses,
)
from fusion_style.data.images import (
    Picture,
    read_picture,
    resize,
    sample_photograph,
    write_picture,
)
from fusion_style.data.sheets import contact_sheet
from fusion_style.files import write_json
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.choice import parse_style
from fusion_style.models.conditions import strokes_of
from fusion_style.models.style_file import read_recipe

FLAGS = flags.FLAGS
flags.DEFINE_string("style", None, "A style file of several paintings.", required=True)
flags.DEFINE_list("paintings", [], "Two or four of them; by default the first ones.")
flags.DEFINE_string("sheet", None, "Where to write a sheet of mixes.")
flags.DEFINE_string("photograph", None, "Of the sheet; by default the sample.")
flags.DEFINE_integer("height", 240, "Of a picture on the sheet, in pixels.", 16)
flags.DEFINE_integer("stroke", None, "Size of the strokes; see stylize.py.", 1)
flags.DEFINE_string("photographs", None, "A folder of photographs to judge mixes by.")
flags.DEFINE_integer("count", 32, "How many photographs, evenly spaced.", 1)
flags.DEFINE_integer("size", 256, "Side of the photographs' middle squares.", 64)
flags.DEFINE_integer("steps", 9, "How many mixes are judged, ends included.", 3)
flags.DEFINE_list("originals", [], "The paintings as they were learned, or folders.")
flags.DEFINE_string("loss_network", None, "Of the judge; by default the file's own.")
flags.DEFINE_string("loss_weights", None, "Of the judge; by default the file's own.")
flags.DEFINE_integer("times", 0, "How many mixes of one picture to time.", 0)
flags.DEFINE_string("json", None, "Where to write what was measured.")


def corners(names: Sequence[str], steps: int = 5) -> list[dict[str, float]]:
    """Return mixes of four paintings, row by row: bilinear between the four corners."""
    shares = np.linspace(0, 1, steps)
    return [
        dict(zip(names, ((1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u), strict=True))
        for v in shares
        for u in shares
    ]


def along(names: Sequence[str], steps: int) -> list[dict[str, float]]:
    """Return mixes from the first painting to the second."""
    return [{names[0]: 1 - u, names[1]: u} for u in np.linspace(0, 1, steps)]


def sheet(stylizer: Stylizer, names: Sequence[str], photograph: np.ndarray) -> np.ndarray:
    """Return a sheet of mixes: 5×5 of four paintings, or 5 of two."""
    mixes = corners(names) if len(names) == 4 else along(names, 5)
    painted = [
        stylizer(Picture(photograph), style=one, stroke=FLAGS.stroke).pixels
        for one in mixes
    ]
    captions = [
        next((name for name, share in one.items() if share == 1), "") for one in mixes
    ]
    return contact_sheet(painted, captions, columns=5, size=max(photograph.shape[:2]))


def judges_of(stylizer: Stylizer, names: Sequence[str]) -> list[Judge]:
    """Return the judges of the first two paintings.

    Raises:
        ValueError, OSError: if a painting is not among --originals, or for a wrong loss.
    """
    recipe = read_recipe(parse_style(FLAGS.style).path)
    found = []
    for name in names[:2]:
        row = next(one for one in recipe["conditions"] if one["painting"] == name)
        path, same = find_painting({"painting": row}, FLAGS.originals)
        if not same:
            print(f"{path} is not the file that {name} was learned from")
        given = {key: FLAGS[key].value for key in ("loss_network", "loss_weights")}
        given["style_size"] = FLAGS.stroke or max(strokes_of(stylizer.conditions)[name])
        found.append(Judge(path, loss_settings(recipe, given), FLAGS.size))
    return found


def totals(
    stylizer: Stylizer, names: Sequence[str], judges: Sequence[Judge],
    photographs: Sequence[np.ndarray],
) -> np.ndarray:  # fmt: skip
    """Return the mean totals along the mix of two paintings, (steps, 2): under each."""
    mixes = along(names, FLAGS.steps)
    found = np.zeros((len(photographs), len(mixes), len(judges)))
    for i, photograph in enumerate(photographs):
        objectives = [judge.objective(photograph) for judge in judges]
        for j, one in enumerate(mixes):
            painted = stylizer.choose(one, FLAGS.stroke).paint(photograph)
            found[i, j] = [losses(each, painted)["total"] for each in objectives]
    return found.mean(0)


def monotone(found: np.ndarray) -> list[bool]:
    """Return whether the first total rises and the second falls, from step to step."""
    steps = np.diff(found, axis=0)
    return [bool((steps[:, 0] > 0).all()), bool((steps[:, 1] < 0).all())]


def seconds(paint: Callable[[int], object], times: int) -> float:
    """Return the seconds that it takes to call a function `times` times, with 0, 1, …."""
    begin = time.perf_counter()
    for i in range(times):
        paint(i)
    return time.perf_counter() - begin


def timed(stylizer: Stylizer, names: Sequence[str], photograph: np.ndarray) -> dict:
    """Return the seconds of so many mixes, and of as many paintings in one style.

    Both are painted in turns of a tenth, so that what else the machine does slows both.
    """
    one, turns, picture = stylizer.choose(names[0]), 10, Picture(photograph)
    part = max(1, FLAGS.times // turns)
    one(picture)
    compiled = stylizer.engine.compilations
    taken = {"mixes": 0.0, "paintings": 0.0}
    for turn in range(turns):

        def mixed(i: int, turn: int = turn) -> Picture:
            share = (turn * part + i) / (turns * part)
            return stylizer(picture, style={names[0]: 1 - share, names[1]: share})

        taken["mixes"] += seconds(mixed, part)
        taken["paintings"] += seconds(lambda i: one(picture), part)
    more = stylizer.engine.compilations - compiled
    return {"times": turns * part, **taken, "compilations": more}


def main(argv: list[str]) -> str | None:
    """Do what the flags say; return a complaint or None."""
    try:
        stylizer = Stylizer(FLAGS.style, precision="float32")
        names = FLAGS.paintings or list(strokes_of(stylizer.conditions))
        names = names[: 4 if len(names) >= 4 else 2]
        stylizer.choose(dict.fromkeys(names, 1.0), FLAGS.stroke)  # which complains
        if len(names) < 2:
            return "mixes.py: a mix needs two paintings"
        photograph = read_picture(FLAGS.photograph or sample_photograph()).pixels
        height, width = photograph.shape[:2]
        photograph = resize(photograph, FLAGS.height, round(width * FLAGS.height / height))
        found: dict = {"machine": machine("openvino", "keras"), "paintings": names}
        if FLAGS.sheet:
            write_picture(FLAGS.sheet, Picture(sheet(stylizer, names, photograph)))
            print(f"Written: {FLAGS.sheet}")
        if FLAGS.photographs:
            paths = find_photographs(FLAGS.photographs, FLAGS.count)
            squares = [square(path, FLAGS.size) for path in paths]
            means = totals(stylizer, names, judges_of(stylizer, names), squares)
            found |= {"photographs": len(paths), "size": FLAGS.size}
            found |= {"totals": means.tolist(), "monotone": monotone(means)}
            report(found, names)
        if FLAGS.times:
            found["timed"] = taken = timed(stylizer, names, photograph)
            ratio = taken["mixes"] / taken["paintings"]
            print(
                f"{taken['times']} mixes of {photograph.shape[1]}×{photograph.shape[0]}: "
                f"{taken['mixes']:.1f} s; as many paintings in {names[0]}: "
                f"{taken['paintings']:.1f} s; ratio {ratio:.3f}; "
                f"{taken['compilations']} compilations"
            )
        if FLAGS.json:
            write_json(FLAGS.json, found)
    except (ValueError, OSError) as error:
        return f"mixes.py: {error}"
    return None


def report(found: dict, names: Sequence[str]) -> None:
    """Print the totals along a mix as a Markdown table."""
    print(f"| share of {names[1]} | total under {names[0]} | total under {names[1]} |")
    print("|---|---|---|")
    for share, pair in zip(
        np.linspace(0, 1, len(found["totals"])), found["totals"], strict=True
    ):
        print(f"| {share:.3f} | {pair[0]:.4f} | {pair[1]:.4f} |")
    said = ["yes" if one else "no" for one in found["monotone"]]
    print(f"On the whole way: {names[0]} rises: {said[0]}; {names[1]} falls: {said[1]}")


if __name__ == "__main__":
    app.run(main)
