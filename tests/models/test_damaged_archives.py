"""Style files whose archive is damaged: each is refused with one clear line."""

import os
import zipfile

import pytest

from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.archive import LARGEST
from fusion_style.models.loading import load_graph
from fusion_style.models.style_file import read_training
from fusion_style.tests.support.style_parts import (
    CONFIG,
    RECIPE,
    WEIGHTS,
    assert_refused,
    put_together,
    replaced,
)


def twice(parts):
    return [*parts, (WEIGHTS, dict(parts)[WEIGHTS])]


def inward(parts):
    return [(f"inside/{name}", data) for name, data in parts if name != RECIPE] + parts[-1:]


@pytest.mark.parametrize(("change", "message"), [
    (twice, "it has 2 members called model.weights.h5, not one"),
    (lambda parts: [part for part in parts if part[0] != WEIGHTS], "has no members .*h5"),
    (lambda parts: [part for part in parts if part[0] != CONFIG], "no members .*config"),
    (lambda parts: [part for part in parts if part[0] != RECIPE], "has no recipe.json"),
    (lambda parts: [(f"/{name}", data) for name, data in parts], "has no recipe.json"),
    (inward, "it has no members called config.json"),
    (lambda parts: [], "has no recipe.json"),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_without_what_belongs_there_are_refused(change, message, parts, tmp_path):
    assert_refused(put_together(tmp_path / "a.keras", change(parts)), message)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../up", "C:\\x", "deep/in/it", "a\nb"])
def test_members_that_are_nobodys_are_left_alone(name, parts, tmp_path):
    path = put_together(tmp_path / "more.keras", [*parts, (name, b"x")])
    assert load_graph(path).nodes
    assert os.listdir(tmp_path) == ["more.keras"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_inflates_within_bounds_is_read(method, parts, tmp_path):
    path = put_together(tmp_path / "a.keras", parts, method=method)
    assert_refused(path, "recipe.json is neither stored nor deflated")
    path = put_together(tmp_path / "b.keras", parts, method=zipfile.ZIP_DEFLATED)
    assert load_graph(path).nodes


def patched(path, name, offset, value):
    """Changes the entry of a member in the archive's directory."""
    with open(path, "r+b") as file:
        content = file.read()
        start = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))
        file.seek(start + offset)
        file.write(value)


@pytest.mark.parametrize(("offset", "value", "message"), [
    (8, b"\x01\x00", "model.weights.h5 is encrypted"),
    (24, (LARGEST + 1).to_bytes(4, "little"), "model.weights.h5 has more than 256,000,0"),
    (24, (10**6 * 200).to_bytes(4, "little"), "a damaged style file: "),
    (24, (1000).to_bytes(4, "little"), "Bad CRC-32"),
    (24, b"\xff\xff\xff\xff", "a damaged style file|not a style"),  # zip64, and no sizes
    (16, b"\x00\x00\x00\x00", "Bad CRC-32"),
    (42, b"\xff\xff\xff\x7f", "a damaged style file|not a style"),
])  # fmt: skip
def test_what_an_archive_says_falsely_of_a_member(offset, value, message, parts, tmp_path):
    parts = sorted(parts, key=lambda part: part[0] == WEIGHTS)
    path = put_together(tmp_path / "a.keras", parts)
    patched(path, WEIGHTS, offset, value)
    assert_refused(path, message)


def test_a_member_that_inflates_to_more_than_it_says(parts, tmp_path):
    """100 MB of zeros that are said to be as long as the weights are."""
    parts = [part for part in parts if part[0] != WEIGHTS] + [(WEIGHTS, bytes(10**8))]
    path = put_together(tmp_path / "a.keras", parts, method=zipfile.ZIP_DEFLATED)
    patched(path, WEIGHTS, 24, (10**6).to_bytes(4, "little"))
    assert_refused(path, "Bad CRC-32")


def test_a_flipped_byte_in_a_style_is_noticed(style, tmp_path):
    with open(style, "rb") as file:
        content = bytearray(file.read())
    content[content.index(b"registered_name")] ^= 1
    path = tmp_path / "flipped.keras"
    path.write_bytes(content)
    assert_refused(str(path), "damaged style file: .*Bad CRC-32")


@pytest.mark.parametrize("name", [CONFIG, RECIPE, WEIGHTS])
def test_a_flipped_byte_is_noticed_though_its_crc_is_right(name, parts, tmp_path):
    path = put_together(tmp_path / "whole.keras", parts, sums=parts)
    assert load_graph(path).nodes
    flipped = replaced(parts, name, lambda data: data[:60] + b"?" + data[61:])
    path = put_together(tmp_path / "flipped.keras", flipped, sums=parts)
    assert_refused(path, f"its {name} is not the one that its SHA256SUMS lists")


def test_a_training_with_a_member_that_fills_the_memory(parts, tmp_path):
    inner = put_together(tmp_path / "inner.npz", [("a.npy", b"x")])
    patched(inner, "a.npy", 24, (LARGEST + 1).to_bytes(4, "little"))
    with open(inner, "rb") as file:
        path = put_together(tmp_path / "a.keras", [*parts, ("training.npz", file.read())])
    assert_refused(path, "not a checkpoint .* more than 256,000,000 bytes", read_training)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_no_style(tmp_path):
    os.mkfifo(tmp_path / "pipe.keras")
    assert_refused(str(tmp_path / "pipe.keras"), "neither a file nor", Stylizer)
