"""Style files that are damaged, made up, or of others: one clear line each."""

import copy
import json
import os
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from warnings import catch_warnings, simplefilter

import h5py
import keras
import numpy as np
import pytest

from fusion_style.inference.blank import PaintingWarning
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.archive import LARGEST
from fusion_style.models.loading import load_graph, load_network
from fusion_style.models.style_file import (
    StyleFileError,
    read_training,
    save_network,
)
from fusion_style.tests.support.pictures import ROOT, made_up_photograph
from fusion_style.tests.support.style_parts import (
    CONFIG,
    RECIPE,
    SUMS,
    WEIGHTS,
    edited,
    layer_groups,
    put_together,
    replaced,
    stored_weights,
    take_apart,
)

LAYER = "block3/residual/conv2"


@pytest.fixture(scope="module")
def parts(style):
    """The members of a style file with batch norm."""
    return take_apart(style)


def assert_refused(path, message, read=load_graph):
    """One line says why, and little memory was taken until then."""
    tracemalloc.start()
    try:
        with pytest.raises(StyleFileError, match=message) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()
    said = str(caught.value)
    assert path in said and said.isprintable() and len(said) < len(path) + 450


# Weights


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


# Descriptions


def config(**changes):
    """A change of config.json; dots in a name lead inward."""

    def change(data):
        described = json.loads(data)
        for name, value in changes.items():
            place, *inner = name.split("__")[::-1]
            target = described
            for step in inner[::-1]:
                target = target[step]
            target[place] = value
        return json.dumps(described).encode()

    return change


@pytest.mark.parametrize(("name", "change", "message"), [
    (CONFIG, config(config__width=1e9), "width must be .* at most 16. Received: 10000000"),
    (CONFIG, config(config__width=16), "the weights of .* should have the shapes"),
    (CONFIG, config(config__width=-1), "width must be"),
    (CONFIG, config(config__width="1"), "width must be"),
    (CONFIG, config(config__width=float("nan")), "is not JSON: NaN is not a number"),
    (CONFIG, config(config__norm=["batch"]), "norm must be one of batch, instance"),
    (CONFIG, config(config__norm="instance"), "the weights of .*_norm should have"),
    (CONFIG, config(config__depth=3), "There is no setting called depth"),
    (CONFIG, config(config__network="johnson"), "is described as another network"),
    (CONFIG, config(config__network={}), "is described as another network"),
    (CONFIG, config(config=None), "config.json does not describe the network"),
    (CONFIG, config(class_name="JohnsonNetwork"), "of Fusion Style but fusion_style>F"),
    (CONFIG, config(class_name=7), "contains no network of Fusion Style"),
    (CONFIG, config(registered_name="keras>Lambda"), "Style but keras>Lambda"),
    (CONFIG, config(registered_name=None), "no network of Fusion Style but FusionNet"),
    (CONFIG, config(class_name="ANetwork", registered_name="fusion_style>ANetwork",
                    config__network="a"), "network must be one of fusion, johnson"),
    (CONFIG, lambda data: b"{", "config.json is not JSON"),
    (CONFIG, lambda data: b"\xff", "config.json is not JSON: .*codec can't decode"),
    (CONFIG, lambda data: b"[1]", "config.json is not a JSON object"),
    (CONFIG, lambda data: b'{"config": 1, "config": 2}', "an object has a key twice"),
    (CONFIG, lambda data: b"[" * 10**5, "config.json is nested too deep"),
    (RECIPE, lambda data: b'{"a":' * 10**5, "recipe.json is nested too deep"),
    (RECIPE, lambda data: b'{"loss": NaN}', "recipe.json is not JSON: NaN is not"),
    (RECIPE, lambda data: b"[1]", "recipe.json is not a JSON object"),
    (RECIPE, lambda data: b'{"format": "x\\ny"}', r"another version .*: x\\ny, not"),
    (RECIPE, lambda data: b'{"a": ' + b"9" * 5000 + b"}", "recipe.json is not JSON|None"),
    (WEIGHTS, lambda data: data[:500], "is a damaged style file"),
    (WEIGHTS, lambda data: b"", "is a damaged style file"),
])  # fmt: skip
def test_descriptions_that_cannot_be_are_refused(name, change, message, parts, tmp_path):
    if message.endswith("|None") and not hasattr(sys, "get_int_max_str_digits"):
        pytest.skip("this Python reads numbers of any length")
    path = put_together(tmp_path / "damaged.keras", replaced(parts, name, change))
    for read in (load_graph, load_network):
        assert_refused(path, message, read)


def test_networks_of_others_are_not_loaded(tmp_path):
    path = str(tmp_path / "other.keras")
    save_network(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), path, {})
    assert_refused(path, "no network of Fusion Style but Sequential", load_network)


# Archives


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


def test_sums_are_as_the_standard_tool_reads_them(style, tmp_path):
    with zipfile.ZipFile(style) as archive:
        archive.extractall(tmp_path)
    tool = shutil.which("sha256sum")
    if not tool:
        pytest.skip("there is no sha256sum here")
    subprocess.run([tool, "--check", "--quiet", SUMS], cwd=tmp_path, check=True)


def test_keras_reads_a_style_file(style, photograph):
    pixels = photograph[None].astype("float32")
    ours, keras_own = load_network(style), keras.saving.load_model(style)
    np.testing.assert_array_equal(ours(pixels), keras_own(pixels))


def test_a_training_with_a_member_that_fills_the_memory(parts, tmp_path):
    inner = put_together(tmp_path / "inner.npz", [("a.npy", b"x")])
    patched(inner, "a.npy", 24, (LARGEST + 1).to_bytes(4, "little"))
    with open(inner, "rb") as file:
        path = put_together(tmp_path / "a.keras", [*parts, ("training.npz", file.read())])
    assert_refused(path, "not a checkpoint .* more than 256,000,000 bytes", read_training)


def test_a_recipe_with_nan_is_not_written(tmp_path):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_network(network, str(tmp_path / "a.keras"), {"loss": float("nan")})
    assert not os.listdir(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_no_style(tmp_path):
    os.mkfifo(tmp_path / "pipe.keras")
    assert_refused(str(tmp_path / "pipe.keras"), "neither a file nor", Stylizer)


# What a person sees


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


def painted_with(stylizer, result, pixels):
    """What the stylizer's engine paints is `result`."""
    stylizer = copy.copy(stylizer)
    stylizer.engine = copy.copy(stylizer.engine)
    stylizer.engine.paint = lambda tiles, *_: np.broadcast_to(result, tiles.shape)
    return stylizer.paint(pixels)


def test_a_painting_that_shows_nothing_is_told(style):
    stylizer = Stylizer(style, "openvino")
    pixels = made_up_photograph(20, 30).astype("float32")
    flat = np.full((9, 9, 3), 7, "float32")
    for value, what in ((np.nan, "not finite"), (np.inf, "not finite"), (0, "single")):
        with pytest.warns(PaintingWarning, match=f"The style {style} paints .*{what}"):
            painted_with(stylizer, np.float32(value), pixels)
    with catch_warnings():
        simplefilter("error")
        painted_with(stylizer, np.float32(0), flat)  # as it should be
        stylizer.paint(pixels)
