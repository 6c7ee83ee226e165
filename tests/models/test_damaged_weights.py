"""Style files whose weights are damaged: each is refused with one clear line."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from fusion_style.models.loading import load_graph
from fusion_style.tests.support.pictures import ROOT
from fusion_style.tests.support.style_parts import (
    WEIGHTS,
    assert_refused,
    edited,
    layer_groups,
    put_together,
    replaced,
    stored_weights,
)

LAYER = "block3/residual/conv2"


def weight(key, change):
    """An edit of one of the variables of `LAYER`."""

    def edit(file):
        group = layer_groups(file)[LAYER]
        values = group[key][()]
        del group[key]
        group[key] = change(values)

    return edit


def norm(layer, key, change):
    def edit(file):
        dataset = layer_groups(file)[layer][key]
        dataset[...] = change(dataset[()])

    return edit


def with_first(value):
    def change(values):
        values = values.copy()
        values.flat[0] = value
        return values

    return change


def stored_as(**how):
    """An edit that stores a kernel in another layout."""

    def edit(file):
        group = layer_groups(file)[LAYER]
        values = group["0"][()]
        del group["0"]
        group.create_dataset("0", values.shape, values.dtype, **how)[...] = values

    return edit


def huge(file):
    """A kernel of 160 TB, none of which is in the file."""
    group = layer_groups(file)[LAYER]
    del group["0"]
    group.create_dataset("0", (10**12, 40), "f4", chunks=(10**5, 40), compression="gzip")


def bomb(file):
    """A chunk of 400 MB behind a kernel of the right shape."""
    group = layer_groups(file)[LAYER]
    shape = group["0"].shape
    del group["0"]
    group.create_dataset(
        "0", shape, "f4", maxshape=[None] * 4, chunks=(10**4, 10, 10, 100),
        compression="gzip",
    )  # fmt: skip


def linked(link):
    def edit(file):
        group = layer_groups(file)[LAYER]
        del group["0"]
        group["0"] = link

    return edit


def virtual(file):
    group = layer_groups(file)[LAYER]
    shape = group["0"].shape
    del group["0"]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource("elsewhere.h5", "data", shape)
    group.create_virtual_dataset("0", layout)


def elsewhere(file):
    group = layer_groups(file)[LAYER]
    shape, size = group["0"].shape, group["0"].nbytes
    del group["0"]
    group.create_dataset("0", shape, "f4", external=[("elsewhere.bin", 0, size)])


def as_group(file):
    group = layer_groups(file)[LAYER]
    del group["0"]
    group.create_group("0")


def without_layer(file):
    del layer_groups(file)[LAYER].parent["vars"]["0"]
    del layer_groups(file)[LAYER].parent["vars"]["1"]


def renamed(name):
    def edit(file):
        layer_groups(file)[LAYER].attrs["name"] = name

    return edit


def another_layer(file):
    group = file["layers"].create_group("another/vars")
    group.attrs["name"], group["0"] = "another", np.zeros(3, "f4")


def endless(file):
    group = file["layers"].create_group("again")
    group.create_group("vars").attrs["name"] = "again"
    group.create_group("layers")["more"] = group


@pytest.mark.parametrize(("edit", "message"), [
    (weight("0", with_first(np.nan)), f"the kernel of {LAYER} has values that are not f"),
    (weight("1", with_first(np.inf)), f"the bias of {LAYER} has values that are not fin"),
    (weight("1", with_first(-3e38)), f"the bias of {LAYER} has values that are not p"),
    (weight("0", lambda w: w.astype("f8") * 1e300), f"kernel of {LAYER} .* not finite"),
    (weight("0", lambda w: w.astype("c8")), f"kernel of {LAYER} .* type complex64"),
    (weight("0", lambda w: w.astype("i4")), f"kernel of {LAYER} .* of type int32"),
    (weight("0", lambda w: w > 0), f"kernel of {LAYER} should be floating-point .* bool"),
    (weight("1", lambda w: "words"), f"weights of {LAYER} should have the shapes"),
    (weight("1", lambda w: h5py.Empty("f4")), f"the weights of {LAYER} .*None"),
    (weight("0", lambda w: w[1:]), rf"weights of {LAYER} .* \(3, 3, 8, 8\).* \(2, 3, 8"),
    (weight("0", lambda w: w.reshape(-1)), rf"weights of {LAYER} .*They have \(576,\), \("),
    (norm(f"{LAYER}_norm", "3", lambda w: -w), f"the variance of {LAYER}_norm has val"),
    (norm(f"{LAYER}_norm", "0", lambda w: w * np.nan), f"gamma of {LAYER}_norm .* finite"),
    (huge, f"the weights of {LAYER} should have the shapes"),
    (bomb, f"the kernel of {LAYER} is compressed"),
    (stored_as(compression="gzip"), f"the kernel of {LAYER} is compressed"),
    (linked(h5py.SoftLink("/layers")), "has a link 0 to elsewhere"),
    (linked(h5py.ExternalLink("elsewhere.h5", "/data")), "has a link 0 to elsewhere"),
    (virtual, f"the kernel of {LAYER} is compressed or in another file"),
    (elsewhere, f"the kernel of {LAYER} is compressed or in another file"),
    (as_group, "vars/0 is no dataset"),
    (without_layer, f"its layers {LAYER} have no weights"),
    (renamed("conv3"), "its network has no layer block3/residual/conv3"),
    (renamed("conv1"), "its network has two layers block3/residual/conv1"),
    (renamed("a\nb\x1b[31m"), r"no layer block3/residual/a\\nb\\x1b\[31m"),
    (renamed("x" * 60_000), "its network has no layer block3/residual/xxx.*…$"),
    (renamed(3), "has no name"),
    (another_layer, "its network has no layer another"),
    (endless, "its layers again/again/ are in two places"),
])  # fmt: skip
def test_weights_that_cannot_be_are_refused(edit, message, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = stored_weights(dict(parts)[WEIGHTS])[LAYER][0]
    with h5py.File("elsewhere.h5", "w") as file:  # what a link would find
        file["data"] = weights
    weights.tofile("elsewhere.bin")
    damaged = replaced(parts, WEIGHTS, lambda data: edited(data, edit))
    path = put_together(tmp_path / "damaged.keras", damaged)
    assert_refused(path, f"is a damaged style file: .*{message}")


@pytest.mark.parametrize("kind", ["f2", "f8", ">f4"])
def test_other_floating_point_numbers_are_converted(kind, parts, style, tmp_path):
    edit = weight("0", lambda values: values.astype(kind))
    whole = replaced(parts, WEIGHTS, lambda data: edited(data, edit))
    path = put_together(tmp_path / "other.keras", whole)
    pairs = zip(load_graph(path).nodes, load_graph(style).nodes, strict=True)
    for ours, theirs in pairs:
        for name, values in ours.weights.items():
            assert values.dtype == np.float32
            np.testing.assert_allclose(values, theirs.weights[name], rtol=1e-3, atol=1e-3)


def test_stylize_says_one_line(parts, tmp_path, photograph):
    from PIL import Image

    Image.fromarray(photograph).save(tmp_path / "photo.jpg")
    edit = weight("0", with_first(np.nan))
    bad = replaced(parts, WEIGHTS, lambda data: edited(data, edit))
    put_together(tmp_path / "bad.keras", bad)
    command = [sys.executable, f"{ROOT}/stylize.py", "photo.jpg", "--style", "bad.keras"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout
    expected = f"bad.keras is a damaged style file: the kernel of {LAYER} has values"
    assert done.stderr.count("\n") == 1 and expected in done.stderr
    assert not os.path.exists(tmp_path / "stylized")
