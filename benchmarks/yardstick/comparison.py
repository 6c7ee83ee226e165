"""Style files, the photographs themselves and the slow method, by the same numbers."""

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
    "models/[!ks]*.py", "inference/*.py", "inference/engines/[eor]*.py", "data/images.py",
    "benchmarks/yardstick/artefacts.py", "benchmarks/yardstick/stability.py",
)  # fmt: skip
UNTOUCHED = "the photograph"
KINDS = "losses", "stability", "artefacts"  # of numbers


class Style:
    """A style file: its network, ready to paint, and the loss that judges it.

    Args:
        label: what it is called in tables.
        style: see `models.style_file.style_path`.
        given: of the loss, in place of what the recipe says; see `loss_settings`.
        paintings: paths of paintings, or folders of them.
        size: side of the smallest picture, in pixels.

    Attributes:
        sure: whether the painting's bytes are those that were learned.
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
    """What a style file's network is, by the flags of train.py and its size."""
    config = read_config(path)
    names = ("network", "norm", "upsample", "input_norm")
    return {
        **{name: getattr(config, name) for name in names},
        "parameters": sum(build_graph(config).parameters().values()),
    }


class Panel(NamedTuple):
    """What came out at one size, by one judge.

    Attributes:
        judge, size: which.
        slow: the numbers of the photographs that the slow method painted.
        start: where it began.
        rows: {label: {"losses", "stability", "artefacts": a dict for each photograph}},
            the first of them the photographs themselves.
        about: {label: what its network is} of the styles.
        runs: the slow method's losses, of `slow_method.run`, for each of `slow`.
    """

    judge: Judge
    size: int
    slow: list
    start: str
    rows: dict
    about: dict
    runs: list


def labels(styles):
    """Short names: the files', or as they were given where two files have the same."""
    names = [os.path.basename(style.rstrip("/")) for style in styles]
    names = [name.removesuffix(".keras") for name in names]
    return names if len(set(names)) == len(names) else styles


def evenly(things, count):
    """`count` of them, evenly spaced; all, if there are no more."""
    count = min(count, len(things))
    return [things[i * len(things) // count] for i in range(count)]


def find_photographs(folder, count):
    """Paths of `count` pictures of a folder, evenly spaced."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"The folder of photographs does not exist: {folder}")
    return evenly(pictures_in(folder), count)


def square(path, size):
    """The middle of a photograph whose shorter side is scaled to `size` pixels."""
    pixels = read_picture(path).pixels
    height, width = fit_size(*pixels.shape[:2], size, min)
    top, left = (height - size) // 2, (width - size) // 2
    return resize(pixels, height, width)[top : top + size, left : left + size]


def compare(styles, photographs, size, iterations, slow_count, start, results):
    """A `Panel` of styles with the same judge.

    Args:
        styles: of class `Style`.
        photographs: paths.
        size: side of the pictures, in pixels.
        iterations: of the slow method.
        slow_count: how many photographs it paints, evenly spaced.
        start: where from, of `slow_method.STARTS`.
        results: `results.Results`, from which what is known is taken.
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
    """Names the code on which a painting, and what is measured in it, depends."""
    paths = [path for name in PAINTERS for path in glob.glob(os.path.join(ROOT, name))]
    hashes = "".join(map(sha256, sorted(paths)))
    return hashlib.sha256(hashes.encode()).hexdigest()[:16]


def measure(pixels, paint, objective, judge, key, results):
    """{kind: numbers} of a photograph's painting; of the photograph if `paint` is None.

    Args:
        objective: function that returns the photograph's objective.
        judge: the key of whose it is.
        key: names the painting.
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
    """What the slow method comes to on the square of a photograph's file."""
    pixels = square(photograph, size)
    return slow_method.run(judge.objective(pixels), pixels, iterations, start)


def write_sheets(folder, styles, photographs, sizes):
    """Contact sheets: photographs beside what the styles of one painting make of them.

    `PAINTING-SIZE.jpg` for each painting and loss, with a column for each of its styles.
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
