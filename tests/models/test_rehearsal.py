"""Weights that crash the HDF5 library, or may: which are read in another process first."""

import sys

import pytest

from fusion_style.files import sha256
from fusion_style.models import rehearsal, shipped
from fusion_style.models.loading import load_graph
from fusion_style.tests.support.style_parts import (
    WEIGHTS,
    assert_refused,
    put_together,
    replaced,
)


def test_weights_that_crash_the_hdf5_library_are_refused(parts, tmp_path):
    """A changed byte says that a layer's name is not a string, but a list."""

    def change(data):
        place = data.rindex(b"name\0\0\0\0\x19") + 9
        return data[:place] + b"\x07" + data[place + 1 :]

    path = put_together(tmp_path / "crash.keras", replaced(parts, WEIGHTS, change))
    assert_refused(path, "is a damaged style file: ")


@pytest.mark.parametrize(("code", "seconds", "message"), [
    ("import os; os.abort()", 60, "its weights crash the HDF5 library"),
    ("import time; time.sleep(600)", 1, "the HDF5 library does not come to its weights'"),
])  # fmt: skip
def test_what_became_of_the_other_process_is_said(code, seconds, message, monkeypatch):
    monkeypatch.setattr(rehearsal, "READ", code)
    monkeypatch.setattr(rehearsal, "TIMEOUT", seconds)
    with pytest.raises(ValueError, match=message):
        rehearsal.rehearse(b"", {})


@pytest.mark.parametrize("program", [None, "", "/no/such/python"])
def test_where_no_other_process_can_be_started(program, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", program)
    load_graph(put_together(tmp_path / "old.keras", parts))


def test_the_other_process_imports_nothing_from_the_folder(parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pickle.py").write_text("import os; os.abort()")
    (tmp_path / "h5py.py").write_text("import os; os.abort()")
    load_graph(put_together(tmp_path / "old.keras", parts))


def test_a_shipped_style_is_known_by_its_sum(parts, tmp_path, monkeypatch):
    path = put_together(tmp_path / "mine.keras", parts)
    assert not shipped.is_shipped(path)
    copy = tmp_path / "copy.keras"
    copy.write_bytes((tmp_path / "mine.keras").read_bytes())
    monkeypatch.setattr(shipped, "PRETRAINED", str(tmp_path))
    (tmp_path / "SHA256SUMS").write_text(f"{sha256(path)}  mine.keras\n")
    assert shipped.is_shipped(path) and shipped.is_shipped(copy)
    put_together(path, replaced(parts, WEIGHTS, lambda data: data[:-1] + b"?"))
    assert_refused(path, "is a damaged style file: it is not the one that .*SHA256SUMS lis")


def test_the_sums_of_the_shipped_styles_are_theirs():
    assert all(map(shipped.is_shipped, shipped.shipped_styles().values()))
