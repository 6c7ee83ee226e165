"""Write the gallery and the page of the shipped styles, from their style files.

    python benchmarks/gallery.py

Paints the four photographs that come with scikit-image (public domain and CC0) in every
shipped style. Writes `docs/gallery.md`, a picture of each style in `docs/gallery/`, and
`all.jpg` there, with one photograph in all styles. Writes `pretrained/SHA256SUMS` and
`pretrained/README.md` too: painting, recipe, seed, command and sha256 of each style file,
and what `benchmarks/quality.py` measured (`--summary docs/quality_256.json`, and
`quality_512.json`).
"""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


import numpy as np
from absl import app, flags

from fusion_style.benchmarks.yardstick.papers import measurements, papers, wall_text
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
from fusion_style.models.archive import SUMS
from fusion_style.models.choice import all_shipped
from fusion_style.models.shipped import shipped_styles
from fusion_style.settings import flatten

FLAGS = flags.FLAGS
flags.DEFINE_integer("height", 320, "Height of the painted pictures, in pixels.", 16)
flags.DEFINE_string("docs", os.path.join(ROOT, "docs"), "The folder of the gallery.")
flags.DEFINE_string(
    "papers",
    os.path.join(ROOT, "pretrained", "README.md"),
    "The page that says how each style was learned; SHA256SUMS is written beside it.",
)
flags.DEFINE_list(
    "quality",
    [os.path.join(ROOT, "docs", f"quality_{size}.json") for size in (256, 512)],
    "The files that quality.py --summary wrote.",
)

CREDITS = """\
Photographs: Eileen Collins (NASA, public domain); Chelsea (Stéfan van der Walt, CC0);
coffee (Rachel Michetti, CC0); a Falcon 9 (SpaceX, CC0). All of them come with scikit-image.
`python benchmarks/gallery.py` generates this page.
[pretrained/README.md](../pretrained/README.md) says how each style was learned."""


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
    sheet = contact_sheet(together, labels, columns=3, size=400)
    write_picture(os.path.join(FLAGS.docs, "gallery", "all.jpg"), Picture(sheet))
    sums = [f"{sha256(path)}  {os.path.basename(path)}\n" for path in styles.values()]
    for path, text in [
        (os.path.join(os.path.dirname(FLAGS.papers), SUMS), "".join(sums)),
        (os.path.join(FLAGS.docs, "gallery.md"), "\n".join(page) + "\n"),
        (FLAGS.papers, papers(styles, defaults, measurements(FLAGS.quality, styles))),
    ]:
        with (
            replacing(path) as temporary,
            open(temporary, "w", encoding="utf-8", newline="\n") as file,
        ):
            file.write(text)


if __name__ == "__main__":
    app.run(main)
