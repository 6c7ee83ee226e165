"""The shipped styles are those that were recorded, and what is not is found."""

import json
import os
import shutil

import keras
import numpy as np
import pytest

from fusion_style.benchmarks.yardstick import checks
from fusion_style.benchmarks.yardstick.checks import check, record, shrunk_paintings
from fusion_style.models.keras_builder import build_network
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.many import save_many
from fusion_style.tests.support.pictures import trained_like


def save_narrow_network(path, seed):
    keras.utils.set_random_seed(seed)
    save_network(trained_like(build_network(width=0.125)), path, {})


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """(file of records, style file) of one style called narrow."""
    folder = tmp_path_factory.mktemp("originals")
    path, narrow = folder / "checks.json", str(folder / "narrow.keras")
    save_narrow_network(narrow, 1)
    record({"narrow": narrow}, path)
    return path, narrow


@pytest.fixture
def recorded(originals, tmp_path):
    """The same, to be changed."""
    path, narrow = originals
    return shutil.copy(path, tmp_path / "checks.json"), shutil.copy(narrow, tmp_path)


def test_the_shipped_styles_are_and_paint_what_was_recorded():
    fits, complaints = check(shipped_styles())
    assert complaints == [] and fits.keys() == shipped_styles().keys()


def test_what_was_recorded_fits(recorded):
    path, style = recorded
    fits, complaints = check({"narrow": style}, path)
    assert fits == {"narrow": "0.00 gray levels from the recorded picture"}
    assert complaints == []
    (painting,) = shrunk_paintings(style)
    assert painting.shape == (16, 16, 3) and painting.dtype == np.uint8
    assert painting.std() > 5


def test_every_painting_of_a_file_is_recorded(tmp_path):
    style, path = save_many(tmp_path / "both.keras"), tmp_path / "checks.json"
    record({"both": style}, path)
    first, second, *_ = shrunk_paintings(style)
    assert not np.array_equal(first, second)
    assert check({"both": style}, path)[1] == []
    save_narrow_network(style, 0)  # a file of one painting
    _, (file, paints) = check({"both": style}, path)
    assert "the mean difference is inf" in paints


def test_a_changed_file_is_found(recorded):
    path, style = recorded
    with open(style, "ab") as file:
        file.write(b"\0")
    _, (complaint,) = check({"narrow": style}, path)
    assert complaint.startswith("narrow is not the recorded file: its sha256 is ")


def test_papers_of_another_file_are_found(recorded):
    path, style = recorded
    papers = path.parent / "README.md"
    papers.write_text(f"sha256 `{checks.sha256(style)}`")
    assert check({"narrow": style}, path)[1] == []
    papers.write_text("sha256 `0`")
    _, (complaint,) = check({"narrow": style}, path)
    assert complaint.startswith("README.md describes another file of narrow")


def test_shipped_styles_are_small():
    for path in shipped_styles().values():
        assert os.path.getsize(path) < 3e6


def test_another_network_is_found_whatever_its_sha256(recorded):
    path, style = recorded
    save_narrow_network(style, 2)
    _, (file, paints) = check({"narrow": style}, path)
    assert "not the recorded file" in file and "not paint the recorded" in paints
    entries = json.loads(path.read_text())
    entries["narrow"]["sha256"] = checks.sha256(style)
    path.write_text(json.dumps(entries))
    _, (complaint,) = check({"narrow": style}, path)
    assert "gray levels; 2 are allowed" in complaint


def test_styles_and_records_that_have_no_partner(recorded):
    path, style = recorded
    _, (new, gone) = check({"new": style}, path)
    assert new.startswith("new is shipped but was not recorded")
    assert gone == "narrow was recorded but is not shipped"


def test_a_damaged_style_is_one_complaint(recorded):
    path, style = recorded
    with open(style, "wb") as file:
        file.write(b"not a style")
    _, (complaint,) = check({"narrow": style}, path)
    assert complaint.startswith("narrow: ") and "is not a style" in complaint


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"a": 1}', '{"a": {"sha256": "0", "picture": "AAAA"}}']
)
def test_a_damaged_record_is_one_line(tmp_path, content):
    path = tmp_path / "checks.json"
    with pytest.raises(ValueError, match="does not exist. --record writes it"):
        check({}, path)
    path.write_text(content)
    with pytest.raises(ValueError, match="is damaged: .* --record writes it anew"):
        check({}, path)
