"""Exports of one painting, or a mix, of a style file of several."""

import os

import numpy as np
import pytest

from fusion_style.tests.support.exported import ATOL, exported, picture, runtime
from fusion_style.tests.support.several import paint_mix


@pytest.mark.parametrize(("chosen", "name", "mix"), [
    (":udnie", "udnie", [0, 0, 1]),
    (":wave", "wave", [0, 1, 0]),  # the broadest strokes
    (":wave=0.6,udnie=0.2", "wave75-udnie25", [0, 0.75, 0.25]),
])  # fmt: skip
@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_one_painting_of_several_is_a_plain_style(
    norm, chosen, name, mix, several, tmp_path
):
    path, card = exported(several[norm] + chosen, "openvino", tmp_path)
    assert os.path.basename(path) == f"{name}.xml"
    assert set(card["inputs"]) == {"picture"}
    wanted = paint_mix(several[norm], mix, picture())
    np.testing.assert_allclose(runtime(path)(picture()), wanted, atol=ATOL)
    (row,) = card["styles"]
    if name == "wave":
        assert (row["title"], row["stroke"]) == ("The Wave", 512)
        page = (tmp_path / "wave.xml.md").read_text("utf-8")
        assert "in the style of The Wave, with" in page
    elif name != "udnie":
        assert row["title"] == "75% The Wave, 25% Udnie"


def test_paintings_of_shipped_files_have_names(several, tmp_path, monkeypatch):
    """As if the file of several were shipped."""
    for module in ("shipped", "choice"):
        monkeypatch.setattr(
            f"fusion_style.models.{module}.shipped_styles",
            lambda: {"paintings": several["instance"]},
        )
    for style, inputs in (("udnie", {"picture"}), ("paintings", {"picture", "mix"})):
        _, card = exported(style, "openvino", tmp_path)
        assert card["name"] == f"{style}.xml" and set(card["inputs"]) == inputs
