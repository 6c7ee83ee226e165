"""Measure photographs read per second, compared with a plain sequential reader.

    python benchmarks/input_pipeline.py
    python benchmarks/input_pipeline.py --plot curve.png --json input_pipeline.json

The comparison of FastChi, Fig. 4. The plain reader opens one photograph after the other
with Pillow, resizes it to 256×256, and makes an array of it. Our reader gives crops of 256
pixels from the same 640×480 JPEGs, which this program makes: without a cache, and with a
cache in memory or on disk, in the first pass and in a later one. The variants take turns.
Prints medians. All files are in the system's file cache.
"""

import os

from fusion_style import backend

backend.set_defaults()

import tempfile
import time
from collections.abc import Sequence

import numpy as np
from absl import app, flags
from PIL import Image

from fusion_style.benchmarks.figures import check_figure, save_figure
from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.photographs import QUALITY, SIZE, make_photographs
from fusion_style.data.photos.cache import make_cache
from fusion_style.data.photos.sources import Folder
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.files import check_writable, write_json

FLAGS = flags.FLAGS
flags.DEFINE_integer("photographs", 512, "How many photographs a pass reads.", 16)
flags.DEFINE_integer("size", 256, "Side of the resulting arrays, in pixels.", 16)
flags.DEFINE_integer("batch", 4, "Photographs in a batch.", 1)
flags.DEFINE_integer("repeats", 5, "Turns of each variant.", 1)
flags.DEFINE_string("json", None, "A file for the numbers.")
flags.DEFINE_string("plot", None, "A PNG file for the curves. Needs matplotlib.")

PAPER_SPEED_UP = 15  # FastChi, Fig. 4


def plain_reader(paths: Sequence[str], size: int) -> list[float]:
    """Return the seconds after which each photograph was read."""
    start, seconds = time.perf_counter(), []
    for path in paths:
        with Image.open(path) as image:
            np.asarray(image.convert("RGB").resize((size, size)))
        seconds.append(time.perf_counter() - start)
    return seconds


def one_pass(stream: PhotoStream, batch: int, count: int, first: int) -> list[float]:
    """Return the seconds after which a stream gave each of `count` photographs.

    Args:
        stream: the stream of crops.
        batch: photographs in a batch.
        count: photographs to read.
        first: number of the first photograph, from 0.
    """
    batches = stream.batches(batch, first // batch).take(count // batch)
    start, seconds = time.perf_counter(), []
    for photographs in batches:
        assert photographs.shape[0] == batch
        seconds += [time.perf_counter() - start] * batch
    return seconds


def turn(paths: Sequence[str], folder: str) -> dict[str, list[float]]:
    """Run every variant once, with empty caches; return {variant: seconds}."""
    count = len(paths)
    found = {"plain reader": plain_reader(paths, FLAGS.size)}
    for kind in ("none", "memory", "disk"):
        with tempfile.TemporaryDirectory() as kept:
            cache = make_cache(kind, 100, kept)
            stream = PhotoStream(Folder(folder), FLAGS.size, cache=cache)
            passes = {"none": ["no cache"]}.get(kind, ["first pass", "later pass"])
            for i, name in enumerate(passes):
                name = name if kind == "none" else f"{kind}, {name}"
                found[name] = one_pass(stream, FLAGS.batch, count, i * count)
    return found


def main(argv: list[str]) -> str | None:
    """Measure, print the table, write the files; return an error message, or None."""
    try:
        if FLAGS.plot:
            check_figure(FLAGS.plot)
        if FLAGS.json:
            check_writable(FLAGS.json)
    except (ValueError, OSError) as error:
        return f"input_pipeline.py: {error}"
    count = FLAGS.photographs // FLAGS.batch * FLAGS.batch
    with tempfile.TemporaryDirectory() as folder:
        paths = make_photographs(folder, count)
        kilobytes = np.mean([os.path.getsize(path) for path in paths]) / 1000
        turn(paths[: 4 * FLAGS.batch], folder)
        turns = [turn(paths, folder) for _ in range(FLAGS.repeats)]
    seconds = {name: [t[name] for t in turns] for name in turns[0]}
    where = machine("pillow", "tensorflow")
    print(", ".join(f"{k} {v}" for k, v in where.items()))
    width, height = SIZE
    print(
        f"{count} JPEGs of {width}×{height}, quality {QUALITY}, {kilobytes:.0f} kB each, "
        f"to {FLAGS.size}×{FLAGS.size}; medians of {FLAGS.repeats} turns\n"
    )
    report(count, seconds)
    if FLAGS.json:
        results = {"machine": where, "kilobytes": kilobytes}
        write_json(FLAGS.json, results | {"seconds": seconds})
    if FLAGS.plot:
        draw(FLAGS.plot, seconds)
    return None


def report(count: int, seconds: dict[str, list[list[float]]]) -> None:
    """Print photographs per second, the middle half of the turns, and the ratio."""
    print(f"{'':<22}{'photographs/s':>14}{'middle half':>16}{'over plain':>12}")
    plain = np.median([turn[-1] for turn in seconds["plain reader"]])
    for name, turns in seconds.items():
        rates = count / np.array([turn[-1] for turn in turns])
        low, high = np.percentile(rates, [25, 75])
        ratio = plain / np.median([turn[-1] for turn in turns])
        spread = f"{low:.0f} to {high:.0f}"
        print(f"{name:<22}{np.median(rates):>14.0f}{spread:>16}{f'{ratio:.1f}×':>12}")
    print(f"\nFastChi reports {PAPER_SPEED_UP}×.")


def draw(path: str, seconds: dict[str, list[list[float]]]) -> None:
    """Plot seconds against photographs read, as FastChi's Fig. 4, for the median turns."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    for name, turns in seconds.items():
        median = sorted(turns, key=lambda turn: turn[-1])[len(turns) // 2]
        axes.plot(np.arange(1, len(median) + 1), median, label=name)
    axes.set(xlabel="photographs read", ylabel="seconds", xlim=0, ylim=0)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(figure, path)


if __name__ == "__main__":
    app.run(main)
