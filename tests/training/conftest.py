"""A folder of paintings that tests of several styles share."""

import json

import pytest
from PIL import Image

from fusion_style.tests.support.pictures import made_up_photograph


@pytest.fixture(scope="module")
def paintings(tmp_path_factory):
    """A folder of two paintings, and a table that knows one."""
    folder = tmp_path_factory.mktemp("paintings")
    for i, name in enumerate(("sea", "wood")):
        Image.fromarray(made_up_photograph(60, 50, 90 + i)).save(folder / f"{name}.png")
    row = {"title": "The Sea", "painter": "A. Painter", "year": 1872}
    (folder / "paintings.json").write_text(json.dumps({"sea.png": row}))
    return str(folder)
