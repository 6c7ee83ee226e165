"""The gallery and the styles' papers."""

import json
import shutil

import numpy as np
import pytest
from absl.testing import flagsaver

from fusion_style.benchmarks.yardstick import papers
from fusion_style.data.images import read_picture
from fusion_style.files import sha256
from fusion_style.models.choice import choices
from fusion_style.models.shipped import shipped_styles
from fusion_style.tests.support.pictures import import_script

SETTINGS = {
    "style": "some/where/wave.jpg", "data": "my/photos", "loss_weights": "my/vgg19.h5",
    "init_from": "my/starry.keras", "out": "x.keras", "steps": 30, "content_layers": ["a"],
    "norm": "instance",
}  # fmt: skip


@pytest.fixture
def gallery():
    return import_script("fusion_style.benchmarks.gallery")


def test_a_command_names_files_not_places():
    said = papers.command(SETTINGS, {"norm": "instance"}, "wave.keras", "wave-1.keras")
    assert said == (
        "python train.py --style=wave.jpg --data=PHOTOGRAPHS --loss_weights=vgg19.h5 "
        "--init_from=wave-1.keras --steps=30 --content_layers=a --out=wave.keras"
    )
    finished = SETTINGS | {"finish_with": "vgg16", "finish_weights": "my/vgg16.h5"}
    said = papers.command(finished, {"norm": "instance"}, "wave.keras")
    assert "--finish_weights=vgg16.h5" in said and "--finish_with=vgg16" in said
    assert "my/" not in said


def test_a_gallery_of_the_shipped_styles(gallery, tmp_path, monkeypatch, capsys):
    name, path = next(iter(shipped_styles().items()))
    monkeypatch.setattr(gallery, "shipped_styles", lambda: {name: path})
    monkeypatch.setattr(gallery, "all_shipped", lambda: choices(name))
    row = {"losses": {"content": 1, "style": 2, "total": 3}, "network": "fusion"}
    row |= {"file": sha256(path), "worth": 12.34, "worth_of_each": [None, 9.0]}
    panel = {"size": 64, "rows": {name: row, "the photograph": {}}, "slow": {"40": {}}}
    panel |= {"photographs": 32, "painted_slowly": 2, "start": "photo"}
    measured = tmp_path / "q.json"
    measured.write_text(json.dumps({"summary": [panel]}))
    flags = [f"--docs={tmp_path}", f"--papers={tmp_path / 'R.md'}", f"--quality={measured}"]
    with flagsaver.flagsaver():
        gallery.FLAGS(["gallery.py", "--height=32", *flags])
        gallery.main(["gallery.py"])
    assert f"![{name}](gallery/{name}.jpg)" in (tmp_path / "gallery.md").read_text("utf-8")
    assert np.ptp(read_picture(tmp_path / "gallery" / f"{name}.jpg").pixels) > 50
    text = (tmp_path / "R.md").read_text("utf-8")
    assert "Wassily Kandinsky, *Composition VII*, 1913" in text
    assert "| 64² | 32 | 1.000 | 2.000 | 3.000 | 12.3 (9.0 to > 40), from the photo" in text
    row["file"] = "another"
    measured.write_text(json.dumps({"summary": [panel]}))
    assert papers.measurements([measured], {name: path}) == {}
    assert f"is about another {name}" in capsys.readouterr().out
    assert "python train.py --style=" in text and " steps, " in text
    shutil.rmtree(tmp_path)
