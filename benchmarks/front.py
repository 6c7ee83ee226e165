"""The mobile network's family: what each member costs, and how well it paints.

    python benchmarks/front.py --style starry.jpg --data PHOTOGRAPHS --judged OTHERS \\
        --loss_weights vgg19.h5 --out front --steps 500

Trains every member alike, on the same crops in the same order, with the loss network that
comes along; has VGG19 judge what they paint of photographs that none has seen; and times
them in turns, with OpenVINO in float32 on one core, by the processor's time, which hardly
depends on what else the machine does. Writes OUT.json, OUT.md and OUT.png: the loss
against the time, with the front of those that no other beats in both. The trained members
are in the folder OUT.styles. The same command goes on where it was stopped.

--show writes a sheet of paintings, a row for each photograph. Needs matplotlib:
pip install -e '.[plots]'
"""

import os

from fusion_style import backend

backend.set_defaults()

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from absl import app, flags

from fusion_style.benchmarks.figures import check_figure, save_figure
from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.yardstick.artefacts import artefacts
from fusion_style.benchmarks.yardstick.comparison import find_photographs, square
from fusion_style.benchmarks.yardstick.family import FAMILY
from fusion_style.benchmarks.yardstick.judges import Judge, loss_settings, losses
from fusion_style.benchmarks.yardstick.results import Results
from fusion_style.data.images import Picture, write_picture
from fusion_style.data.sheets import contact_sheet
from fusion_style.files import check_writable, replacing, sha256
from fusion_style.inference.engines.openvino import OpenVINOEngine
from fusion_style.inference.statistics import photograph_of
from fusion_style.inference.stylizer import Stylizer
from fusion_style.losses.config import LossConfig
from fusion_style.models.config import NetworkConfig
from fusion_style.models.loading import load_graph
from fusion_style.models.networks import NETWORKS
from fusion_style.models.rewrites import painting
from fusion_style.models.style_file import read_recipe
from fusion_style.training.config import TrainConfig
from fusion_style.training.learn import learn_style
from fusion_style.training.places import places

FLAGS = flags.FLAGS
flags.DEFINE_string("style", None, "The painting.")
flags.DEFINE_string("data", None, "A folder of photographs to learn from.")
flags.DEFINE_string("judged", None, "A folder of photographs to be judged by.")
flags.DEFINE_string("loss_weights", "imagenet", "VGG19's: imagenet, or a file.")
flags.DEFINE_string("out", "front", "Begins the names of what is written.")
flags.DEFINE_list("members", [], "Of the family; all by default.")
flags.DEFINE_integer("steps", 2000, "Of each training, with one photograph each.", 1)
flags.DEFINE_integer("size", 128, "Side of the crops, in pixels.", 16)
flags.DEFINE_integer("style_size", 256, "Shorter side of the painting, in pixels.", 16)
flags.DEFINE_float("learning_rate", 2e-3, "Adam's, at the start.", 0.0)
flags.DEFINE_integer("seed", 0, "Of the weights, the photographs and the crops.", 0)
flags.DEFINE_integer("count", 16, "How many photographs are judged.", 1)
flags.DEFINE_integer("repeats", 9, "Timings of each, after two to warm up.", 1)
flags.DEFINE_integer("show", 0, "How many photographs the sheet shows.", 0)

FORMAT = "fusion-style front 1"
SIZES = (360, 640), (1024, 1024)  # height and width of what is timed
JUDGED = 256  # side of the squares that are judged, in pixels


def train(name: str, path: str) -> None:
    """Train a member, or go on with its training, until its style file is there."""
    keras.backend.clear_session()
    checkpoint = places(FLAGS.style, path).checkpoint
    learn_style(
        TrainConfig(
            FLAGS.style,
            FLAGS.data,
            path,
            NetworkConfig(name),
            LossConfig("vgg19_distilled"),
            size=FLAGS.size,
            style_size=FLAGS.style_size,
            batch=1,
            steps=FLAGS.steps,
            learning_rate=FLAGS.learning_rate,
            seed=FLAGS.seed,
            devices="cpu",
            resume=os.path.exists(checkpoint),
        )
    )


def judge(path: str, photographs: list[str]) -> dict[str, float]:
    """Return the means of VGG19's losses, and of the grids' energies, of a style."""
    given = {"loss_network": "vgg19", "loss_weights": FLAGS.loss_weights}
    by = Judge(FLAGS.style, loss_settings(read_recipe(path), given), JUDGED)
    paint, rows = Stylizer(path, "openvino", "float32").paint, []
    for photograph in photographs:
        pixels = square(photograph, JUDGED)
        painted = paint(pixels)
        grids = {k: v for k, v in artefacts(painted).items() if k.startswith("grid")}
        rows.append(losses(by.objective(pixels), painted) | grids)
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def painter(path: str, picture: np.ndarray) -> Callable[[], np.ndarray]:
    """Return what paints one picture with a style, on one core; the network alone."""
    graph = painting(load_graph(path))
    engine, style = OpenVINOEngine(graph, "float32"), graph.style()
    engine.use_threads(1)
    photograph = photograph_of(picture)
    return lambda: engine.paint(picture[None], photograph, style)


def time_in_turns(paths: dict[str, str], size: tuple[int, int]) -> dict[str, float]:
    """Return {member: milliseconds of processor time} for a picture: medians."""
    picture = np.random.default_rng(0).uniform(0, 255, (*size, 3)).astype(np.float32)
    paint = {name: painter(path, picture) for name, path in paths.items()}
    taken: dict[str, list[float]] = {name: [] for name in paint}
    for i in range(FLAGS.repeats + 2):
        for name, function in paint.items():
            start = time.process_time()
            function()
            if i >= 2:
                taken[name].append(1000 * (time.process_time() - start))
    return {name: float(np.median(times)) for name, times in taken.items()}


def front(rows: dict[str, dict[str, float]]) -> list[str]:
    """Return the members that no other beats in both total loss and time, fastest first."""
    best, found = np.inf, []
    for name in sorted(rows, key=lambda name: rows[name]["ms"]):
        if rows[name]["total"] < best:
            best = rows[name]["total"]
            found.append(name)
    return found


def table(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Return the lines of a Markdown table, a member each."""
    heads = ["member", "total", "of Fusion's", "content", "style", "grid 2", "grid 4"]
    heads += ["ms", "Fusion's time over it", "at 1024²", "MB", "on the front"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    fusion, best = rows.get("fusion", {}), front(rows)
    for name, row in rows.items():
        share = row["total"] / fusion.get("total", np.nan)
        cells = [name, f"{row['total']:.3f}", f"{share:.0%}"]
        cells += [f"{row[key]:.3f}" for key in ("content", "style")]
        cells += [f"{row[key]:.1f}" for key in ("grid_2", "grid_4")]
        cells += [f"{row['ms']:.0f}"]
        cells += [f"{fusion.get(k, np.nan) / row[k]:.1f}×" for k in ("ms", "ms_1024")]
        cells += [f"{row['bytes'] / 1e6:.2f}"]
        lines.append(f"| {' | '.join([*cells, 'yes' if name in best else ''])} |")
    return lines


def plot(rows: dict[str, dict[str, float]], path: str) -> None:
    """Draw total loss against time, and the front through it."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(9, 5.5), layout="constrained")
    axis, best = figure.subplots(), front(rows)
    axis.semilogx(
        *zip(*((rows[n]["ms"], rows[n]["total"]) for n in best), strict=True),
        "-", color="0.7", label="the front",
    )  # fmt: skip
    for name, row in rows.items():
        axis.plot(row["ms"], row["total"], "o", color="C0")
        place = row["ms"], row["total"]
        axis.annotate(name, place, (5, 4), textcoords="offset points", fontsize="small")
    title = f"after {FLAGS.steps} photographs each"
    axis.set(xlabel="640×360 on one core, ms", ylabel="total loss, VGG19", title=title)
    axis.grid(alpha=0.3, which="both")
    axis.legend()
    save_figure(figure, path)


def main(argv: list[str]) -> str | None:
    names = FLAGS.members or list(FAMILY)
    try:
        if unknown := set(names) - FAMILY.keys():
            raise ValueError(f"no member {', '.join(unknown)}: {', '.join(FAMILY)}")
        for flag in ("style", "data", "judged"):
            if not FLAGS[flag].value:
                raise ValueError(f"Give --{flag}")
        check_figure(f"{FLAGS.out}.png")
        check_writable(f"{FLAGS.out}.json")
        photographs = find_photographs(FLAGS.judged, FLAGS.count)
        results, paths = Results(f"{FLAGS.out}.json", FORMAT), {}
        NETWORKS.update(FAMILY)
        rows: dict[str, dict[str, Any]] = {}
        for name in names:
            paths[name] = os.path.join(f"{FLAGS.out}.styles", f"{name}.keras")
            if not os.path.exists(paths[name]):
                train(name, paths[name])
            key = name, sha256(paths[name])[:16], FLAGS.count
            rows[name] = dict(
                results.once("judged", key, lambda n=name: judge(paths[n], photographs))
            )
            print(f"{name}: {rows[name]}", flush=True)
        small, large = (time_in_turns(paths, size) for size in SIZES)
        for name, row in rows.items():
            row |= {"ms": small[name], "ms_1024": large[name]}
            row["bytes"] = os.path.getsize(paths[name])
        about = machine("tensorflow", "keras", "openvino")
        results.put("machine", about)
        given = ("steps", "size", "style_size", "learning_rate", "seed")
        results.put("settings", {k: FLAGS[k].value for k in given})
        results.put("members", rows)
        lines = table(rows)
        with replacing(f"{FLAGS.out}.md") as to, open(to, "w", encoding="utf-8") as file:
            file.write("\n".join([*lines, ""]))
        print("\n".join(lines))
        plot(rows, f"{FLAGS.out}.png")
        if FLAGS.show:
            show(paths, photographs[: FLAGS.show])
    except (ValueError, OSError) as error:
        return f"front.py: {error}"


def show(paths: dict[str, str], photographs: list[str]) -> None:
    """Write OUT.jpg: each photograph, and what every member makes of it."""
    pictures = [square(photograph, 2 * JUDGED) for photograph in photographs]
    painters = [Stylizer(path, "openvino", "float32").paint for path in paths.values()]
    cells = [cell for p in pictures for cell in (p, *(paint(p) for paint in painters))]
    captions = ["the photograph", *paths] * len(pictures)
    sheet = contact_sheet(cells, captions, len(paths) + 1, 2 * JUDGED)
    write_picture(f"{FLAGS.out}.jpg", Picture(sheet))


if __name__ == "__main__":
    app.run(main)
