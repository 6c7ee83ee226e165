"""Measure style files, the photographs themselves and the slow method in the same way."""

import functools
import glob
import hashlib
import os
from typing import NamedTuple

import tqdm

from fusion_style.benchmarks.yardstick import slow_method
from fusion_style.benchmarks.yardstick.artefacts import artefacts
from fusion_style.benchmarks.yardstick.judges import (
    Judge,
    find_painting,
    loss_settings,
    losses,
)
from fusion_style.benchmarks.yardstick.stability import own_changes, stability
from fusion_style.data.folders import pictures_in
from fusion_style.data.images import Picture, fit_size, read_picture, resize, write_picture
from fusion_style.data.sheets import contact_sheet
from fusion_style.files import sha256
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import photographs_seen, read_config, read_recipe

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAINTERS = (
    "models/[!ks]*.py", "models/kernels.py", "inference/*.py",
    "inference/engines/[eor]*.py", "data/images.py",
    "benchmarks/yardstick/artefacts.py", "benchmarks/yardstick/stability.py",
)  # fmt: skip
UNTOUCHED = "the photograph"
KINDS = "losses", "stability", "artefacts"  # kinds of results


class Style:
    """Load a style file, ready to paint, and the loss that judges it.

    Args:
        label: its name in the tables.
        style: see `models.shipped.style_path`.
        given: settings of the loss that replace those of the recipe; see `loss_settings`.
        paintings: paths of paintings, or folders of them.
        size: side of the smallest picture, in pixels.

    Attributes:
        sure: whether the painting has the same bytes as the one that was learned.
        about: {"network", "norm", "upsample", "input_norm", "parameters": of the
            convolutions, "photographs": seen in training, "file": sha256}.

    Raises:
        ValueError, OSError: the message names the style.
    """

    def __init__(self, label, style, given, paintings, size):
        self.label, path = label, style_path(style)
        recipe = read_recipe(path)
        try:
            painting, self.sure = find_painting(recipe, paintings)
            self.judge = Judge(painting, loss_settings(recipe, given), size)
        except (ValueError, OSError) as error:
            raise ValueError(f"{style}: {error}") from None
        self.sha256 = sha256(path)
        self.about = network_of(path) | {
            "photographs": photographs_seen(recipe),
            "file": self.sha256,
        }
        self.paint = Stylizer(path, precision="float32").paint


def network_of(path):
    """Return {flag of train.py: value} of a style file's network, and "parameters"."""
    config = read_config(path)
    names = ("network", "norm", "upsample", "input_norm")
    return {
        **{name: getattr(config, name) for name in names},
        "parameters": sum(build_graph(config).parameters().values()),
    }


class Panel(NamedTuple):
    """The results at one size, by one judge.

    Attributes:
        judge, size: the judge, and the side of the pictures in pixels.
        slow: the numbers (from 0) of the photographs that the slow method painted.
        start: where the slow method started.
        rows: {label: {"losses", "stability", "artefacts": a dict for each photograph}}. The
            first row is that of the photographs themselves.
        about: {label: `Style.about`} of the styles.
        runs: the slow method's losses for each photograph of `slow`, from
            `slow_method.run`.
    """

    judge: Judge
    size: int
    slow: list
    start: str
    rows: dict
    about: dict
    runs: list


def labels(styles):
    """Return the names of the files; the styles as they are given if two are equal."""
    names = [os.path.basename(style.rstrip("/")) for style in styles]
    names = [name.removesuffix(".keras") for name in names]
    return names if len(set(names)) == len(names) else styles


def evenly(things, count):
    """Return `count` things of a sequence, evenly spaced; all, if there are fewer."""
    count = min(count, len(things))
    return [things[i * len(things) // count] for i in range(count)]


def find_photographs(folder, count):
    """Return the paths of `count` pictures of a folder, evenly spaced.

    Raises:
        FileNotFoundError: if the folder does not exist.
        PictureError: if it has no pictures.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"The folder of photographs does not exist: {folder}")
    return evenly(pictures_in(folder), count)


def square(path, size):
    """Return the middle square of a photograph: float32 RGB (size, size, 3), 0-255."""
    pixels = read_picture(path).pixels
    height, width = fit_size(*pixels.shape[:2], size, min)
    top, left = (height - size) // 2, (width - size) // 2
    return resize(pixels, height, width)[top : top + size, left : left + size]


def compare(styles, photographs, size, iterations, slow_count, start, results):
    """Measure styles with the same judge; return a `Panel`.

    Args:
        styles: a list of `Style`.
        photographs: paths.
        size: side of the pictures, in pixels.
        iterations: of the slow method.
        slow_count: how many photographs the slow method paints, evenly spaced.
        start: where the slow method starts, one of `slow_method.STARTS`.
        results: `results.Results`, with the results that are known already.
    """
    judge = styles[0].judge
    subjects = [(UNTOUCHED, "photograph", None)]
    subjects += [(style.label, style.sha256, style.paint) for style in styles]
    rows = {label: {kind: [] for kind in KINDS} for label, *_ in subjects}
    slow = evenly(range(len(photographs)), slow_count)
    runs, code = [], painters()
    for path in tqdm.tqdm(photographs, f"{size}×{size}", unit="photograph", leave=False):
        pixels = square(path, size)
        objective = functools.cache(functools.partial(judge.objective, pixels))
        for label, name, paint in subjects:
            key = name, code, sha256(path), size
            found = measure(pixels, paint, objective, judge.key, key, results)
            for kind in KINDS:
                rows[label][kind].append(found[kind])
    for i in tqdm.tqdm(slow, "the slow method", unit="photograph", leave=False):
        key = judge.key, sha256(photographs[i]), size, start
        paint = functools.partial(
            paint_slowly, judge, photographs[i], size, iterations, start
        )
        found = results.once(
            "slow", key, paint, enough=lambda kept: len(kept["total"]) > iterations
        )
        runs.append({name: values[: iterations + 1] for name, values in found.items()})
    about = {style.label: style.about for style in styles}
    return Panel(judge, size, slow, start, rows, about, runs)


def painters():
    """Return a hash of the code on which painted pictures and their measures depend."""
    paths = [path for name in PAINTERS for path in glob.glob(os.path.join(ROOT, name))]
    hashes = "".join(map(sha256, sorted(paths)))
    return hashlib.sha256(hashes.encode()).hexdigest()[:16]


def measure(pixels, paint, objective, judge, key, results):
    """Return {kind: numbers} of a painted photograph.

    Args:
        pixels: the photograph, float32 RGB (height, width, 3), 0-255.
        paint: the function that paints it; None to measure the photograph itself.
        objective: function that returns the photograph's objective.
        judge: the key of the judge to whom the objective belongs.
        key: a tuple that identifies the painted picture.
        results: `results.Results`, with the results that are known already.
    """
    painted = functools.cache(lambda: paint(pixels) if paint else pixels)

    def changes():
        return stability(paint, pixels, painted()) if paint else own_changes(pixels)

    def judged():
        return losses(objective(), painted())

    return {
        "losses": results.once("losses", (judge, *key), judged),
        "stability": results.once("stability", key, changes),
        "artefacts": results.once("artefacts", key, lambda: artefacts(painted())),
    }


def paint_slowly(judge, photograph, size, iterations, start):
    """Run the slow method on the middle square of a photograph; return its losses."""
    pixels = square(photograph, size)
    return slow_method.run(judge.objective(pixels), pixels, iterations, start)


def write_sheets(folder, styles, photographs, sizes):
    """Write contact sheets with photographs beside the painted pictures.

    Writes `PAINTING-SIZE.jpg` for each painting and loss, with a column for each style.
    """
    judges = {style.judge.key: style.judge for style in styles}
    stems = [os.path.splitext(os.path.basename(j.painting))[0] for j in judges.values()]
    if len(set(stems)) < len(stems):
        stems = [f"{stem}-{key}" for stem, key in zip(stems, judges, strict=True)]
    names = [os.path.splitext(os.path.basename(path))[0] for path in photographs]
    for size in sizes:
        squares = [square(path, size) for path in photographs]
        for key, stem in zip(judges, stems, strict=True):
            same = [style for style in styles if style.judge.key == key]
            pictures, captions = [], []
            for name, pixels in zip(names, squares, strict=True):
                pictures += [pixels, *(style.paint(pixels) for style in same)]
                captions += [name, *(style.label for style in same)]
            abreast = len(same) + 1
            columns = abreast * max(1, round((len(names) / abreast) ** 0.5))
            sheet = contact_sheet(pictures, captions, columns, size)
            path = os.path.join(folder, f"{stem}-{size}.jpg")
            write_picture(path, Picture(sheet))
