"""One network of many styles against networks of their own, style by style.

    python benchmarks/many_styles.py paintings.keras wave.keras udnie.keras \\
        --paintings paintings/ --photographs valid/ --loss_network vgg19

The loss that trains networks (see docs/departures.md) is taken of paintings of the same
photographs: squares of `--size` pixels. Each style of each file is judged by its own
painting at its own stroke size. All files of one style are one column.
"""

import os

import numpy as np
from absl import app, flags

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.files import write_json
from fusion_style.flags import define_flags, given
from fusion_style.inference.engines.registry import load_engine
from fusion_style.inference.statistics import photograph_of
from fusion_style.losses.config import LossConfig
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.conditions import read_conditions
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting
from fusion_style.settings import build
from fusion_style.training.paintings import lessons, read_painting

FLAGS = flags.FLAGS
ALONE = "alone"  # the column of files of one style

if __name__ == "__main__":
    define_flags(LossConfig)
    flags.DEFINE_list("paintings", None, "Paintings, or folders of them.", required=True)
    flags.DEFINE_string("photographs", None, "A folder of photographs.", required=True)
    flags.DEFINE_integer("count", 32, "How many photographs.", 1)
    flags.DEFINE_integer("size", 256, "Side of the squares, in pixels.", 16)
    flags.DEFINE_string("json", None, "Write the figures to this file too.")


def squares(folder: str, count: int, size: int) -> np.ndarray:
    """Return the middle of a folder's first photographs, float32 (count, size, size, 3)."""
    found = []
    for path in pictures_in(folder)[:count]:
        pixels = read_picture(path).pixels
        height, width = fit_size(*pixels.shape[:2], size, min)
        pixels = resize(pixels, height, width)
        top, left = (height - size) // 2, (width - size) // 2
        found.append(pixels[top : top + size, left : left + size])
    return np.stack(found)


def judged(
    path: str, photographs: np.ndarray, paintings: list[str], config: LossConfig
) -> dict[tuple[str, int], dict[str, float]]:
    """Return {(painting, stroke): {"total", "content", "style"}} of a style file."""
    graph = painting(load_graph(path))
    engine = load_engine(graph, "auto", "float32")
    found = {}
    for row, condition in enumerate(read_conditions(path)):
        (lesson,) = (
            lesson
            for lesson in lessons(paintings, condition.stroke)
            if lesson.condition.painting == condition.painting
        )
        loss = PerceptualLoss(read_painting(lesson), config)
        style = graph.style(np.eye(graph.conditions)[row])
        terms: dict[str, list[float]] = {"total": [], "content": [], "style": []}
        for pixels in photographs:
            painted = engine.paint(pixels[None], photograph_of(pixels), style)
            here = loss(pixels[None], painted)
            here["total"] = loss.total(here)
            for name, values in terms.items():
                values.append(float(here[name][0]))
        means = {name: float(np.mean(values)) for name, values in terms.items()}
        found[condition.painting, condition.stroke] = means
    return found


def table(columns: dict[str, dict[tuple[str, int], dict[str, float]]]) -> str:
    """Return a Markdown table: a row for each style, a column for each file."""
    names = list(columns)
    heads = "".join(f" {name}: total (content, style) |" for name in names)
    ratio = ALONE in names and len(names) == 2
    many = columns[names[1 - names.index(ALONE)]] if ratio else {}
    lines = [f"| painting | stroke |{heads}" + " above |" * ratio]
    lines.append("|---|---|" + "---|" * (len(names) + ratio))
    ratios = []
    for key in dict.fromkeys(key for found in columns.values() for key in found):
        cells = []
        for found in columns.values():
            one = found.get(key)
            said = "{total:.3f} ({content:.3f}, {style:.3f})".format(**one) if one else ""
            cells.append(said)
        if ratio:
            both = key in many and key in columns[ALONE]
            if both:
                ratios.append(many[key]["total"] / columns[ALONE][key]["total"] - 1)
            cells.append(f"{ratios[-1]:+.1%}" if both else "")
        lines.append(f"| {key[0]} | {key[1]} | {' | '.join(cells)} |")
    if ratios:
        lines.append(
            f"\nAbove: {np.mean(ratios):+.1%} in the mean, {max(ratios):+.1%} most"
        )
    return "\n".join(lines)


def main(argv: list[str]) -> None:
    config = build(LossConfig, given(LossConfig))
    photographs = squares(FLAGS.photographs, FLAGS.count, FLAGS.size)
    columns: dict[str, dict[tuple[str, int], dict[str, float]]] = {}
    for path in argv[1:]:
        found = judged(path, photographs, FLAGS.paintings, config)
        name = ALONE if len(found) == 1 else os.path.basename(path)
        columns.setdefault(name, {}).update(found)
    print(f"{len(photographs)} photographs of {FLAGS.size}², {config.loss_network}\n")
    print(table(columns))
    if FLAGS.json:
        flat = {
            name: {" ".join(map(str, key)): terms for key, terms in found.items()}
            for name, found in columns.items()
        }
        write_json(FLAGS.json, flat)


if __name__ == "__main__":
    app.run(main)
