"""300 damaged style files: each is one clear line, or paints the right picture.

What is right is known without the code that is tested: h5py's own walk over the weights,
and the papers' layers in float64 with SciPy.
"""

import dataclasses
import io
import json
import warnings
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fusion_style.inference.blank import PaintingWarning
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import rewrite
from fusion_style.models.style_file import StyleFileError, save_network
from fusion_style.tests.support.papers_network import papers_network
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.style_parts import (
    CONFIG,
    RECIPE,
    WEIGHTS,
    edited,
    layer_groups,
    put_together,
    replaced,
    stored_weights,
    take_apart,
)

FUZZED = settings(
    max_examples=300, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking takes minutes; a case is small as it is
)  # fmt: skip
PICTURE = made_up_photograph(16, 16).astype("float32")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**12) | st.floats() | st.text(max_size=9)
    | st.sampled_from(["batch", "instance", "deconv", "resize", "johnson", "inception"]),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.text(), one, max_size=2),
    max_leaves=4,
)  # fmt: skip


class Whole:
    """A style file, what is in it, and what it paints."""

    def __init__(self, folder):
        self.path = str(folder / "whole.keras")
        recipe = {"settings": {"network": "fusion"}, "photographs": 0}
        network = build_network(norm="instance", width=0.0625)
        random = np.random.default_rng(0)
        network.set_weights(
            [w + random.normal(0, 0.1, w.shape) for w in network.get_weights()]
        )
        save_network(network, self.path, recipe)
        self.damaged = str(folder / "damaged.keras")
        self.parts = take_apart(self.path)
        with open(self.path, "rb") as file:
            self.content = file.read()
        self.graph = load_graph(self.path)
        self.network = [dict(self.parts)[name] for name in (CONFIG, WEIGHTS)]
        data = self.network[1]
        with h5py.File(io.BytesIO(data)) as file:
            groups = layer_groups(file)
            self.layers = {layer: group.name for layer, group in groups.items()}
            self.places = [
                (group[key].id.get_offset(), group[key].nbytes)
                for group in groups.values()
                for key in group
            ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Whole(tmp_path_factory.mktemp("fuzzed"))


# Damages: each takes Hypothesis's `draw` and the whole style, and writes a damaged one.


def flip(draw, data, start, size):
    """Bytes with one to three bits flipped, between `start` and `start + size`."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        data[start + draw(st.integers(0, size - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


def bits_of_weights(draw, whole):
    place = draw(st.sampled_from(whole.places))
    parts = replaced(whole.parts, WEIGHTS, lambda data: flip(draw, data, *place))
    put_together(whole.damaged, parts)


def bits_of_json(draw, whole):
    name = draw(st.sampled_from([CONFIG, RECIPE]))
    parts = replaced(whole.parts, name, lambda data: flip(draw, data, 0, len(data)))
    put_together(whole.damaged, parts)


def bits_that_the_sums_know(draw, whole):
    """Anywhere in a member, in HDF5's own tables, too: the CRC is right, the sum isn't."""
    name = draw(st.sampled_from([CONFIG, RECIPE, WEIGHTS]))
    parts = replaced(whole.parts, name, lambda data: flip(draw, data, 0, len(data)))
    put_together(whole.damaged, parts, sums=whole.parts)


def bytes_of_the_archive(draw, whole):
    """Anywhere in the file, or what is before an end of its own choice."""
    content = flip(draw, whole.content, 0, len(whole.content))
    if draw(st.booleans()):
        near = draw(st.integers(1, 1500))  # the archive's directory
        content = flip(draw, whole.content, len(content) - near, near)
    if draw(st.integers(0, 3)) == 0:
        content = content[: draw(st.integers(0, len(content)))]
    with open(whole.damaged, "wb") as file:
        file.write(content)


def values_of_json(draw, whole):
    name = draw(st.sampled_from([CONFIG, CONFIG, RECIPE]))

    def change(data):
        described = json.loads(data)
        target = described
        if name == CONFIG and draw(st.integers(0, 3)):
            target = described["config"]
        key = draw(st.sampled_from(sorted(target)) | st.text(max_size=5))
        if draw(st.integers(0, 4)):
            target[key] = draw(ANY_JSON)
        else:
            target.pop(key, None)
        return json.dumps(described).encode()

    put_together(whole.damaged, replaced(whole.parts, name, change))


def editing(edit):
    """A damage by an edit of the HDF5 file, in place."""

    def damage(draw, whole):
        def change(data):
            return edited(data, lambda file: edit(draw, whole, file))

        put_together(whole.damaged, replaced(whole.parts, WEIGHTS, change))

    return damage


def variable(draw, whole, file):
    group = file[whole.layers[draw(st.sampled_from(sorted(whole.layers)))]]
    key = draw(st.sampled_from(sorted(group)))
    return group, key


@editing
def shapes(draw, whole, file):
    group, key = variable(draw, whole, file)
    values = group[key][()]
    del group[key]
    shape = draw(
        st.permutations(values.shape).map(tuple)
        | st.just((values.size,))
        | st.lists(st.integers(0, 9), max_size=4).map(tuple)
    )
    kind = draw(st.sampled_from(["f2", "f4", ">f4", "f8", "i4", "c8", "?", "S3"]))
    group[key] = np.resize(values, shape).astype(kind)


@editing
def values(draw, whole, file):
    group, key = variable(draw, whole, file)
    values = group[key][()]
    values.flat[draw(st.integers(0, values.size - 1))] = draw(st.floats(width=32))
    group[key][...] = values


@editing
def names(draw, whole, file):
    group, _ = variable(draw, whole, file)
    own = [layer.rpartition("/")[2] for layer in whole.layers]
    # HDF5's text has neither surrogates nor NUL.
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
    group.attrs["name"] = draw(st.sampled_from(own) | text | st.integers(0, 9))


@editing
def objects(draw, whole, file):
    group, key = variable(draw, whole, file)
    other, another = variable(draw, whole, file)
    do = draw(st.sampled_from(["delete", "copy", "swap", "group", "soft", "external"]))
    part = group.parent
    if do == "delete":
        del group[key]
    elif do == "copy":
        part.parent.copy(part, "copied")
    elif do == "swap":
        kept = other[another][()]
        del group[key]
        group[key] = kept
    elif do == "group":
        part.move("vars", "elsewhere")
        part.create_group("vars")
    else:
        target = other[another].name
        del group[key]
        soft = do == "soft"
        group[key] = h5py.SoftLink(target) if soft else h5py.ExternalLink("a.h5", target)


def members(draw, whole):
    parts = list(whole.parts)
    index = draw(st.integers(0, len(parts) - 1))
    name, data = parts[index]
    do = draw(st.sampled_from(["drop", "twice", "rename", "cut", "order", "add"]))
    if do == "drop":
        del parts[index]
    elif do == "twice":
        parts.append((name, data[: draw(st.integers(0, len(data)))]))
    elif do == "rename":
        new = draw(st.sampled_from([f"/{name}", f"a/{name}", name.upper(), f"../{name}"]))
        parts[index] = (new, data)
    elif do == "cut" and name != WEIGHTS:  # libhdf5 is no match for a cut file: see sums
        parts[index] = (name, data[: draw(st.integers(0, len(data)))])
    elif do == "order":
        parts = draw(st.permutations(parts))
    else:
        parts.append((draw(st.text("ab/.\\é", min_size=1, max_size=9)), b"more"))
    methods = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        sums = whole.parts if draw(st.booleans()) else None
        put_together(whole.damaged, parts, sums, draw(st.sampled_from(methods)))


DAMAGES = [
    bits_of_weights, bits_of_json, bits_that_the_sums_know, bytes_of_the_archive,
    values_of_json, shapes, values, names, objects, members,
]  # fmt: skip


def test_a_damaged_style_is_one_line_or_the_right_picture(whole):
    seen = {"refused": 0, "the same": 0, "painted": 0}

    @FUZZED
    @given(st.data())
    def fuzz(data):
        data.draw(st.sampled_from(DAMAGES))(data.draw, whole)
        seen[verdict(whole)] += 1

    fuzz()
    print(seen)
    assert sum(seen.values()) >= 300 and min(seen.values()) >= 10


def verdict(whole):
    """What became of `whole.damaged`, which is checked."""
    try:
        graph = load_graph(whole.damaged)
    except StyleFileError as error:
        said = str(error)
        assert whole.damaged in said and said.isprintable() and len(said) < 700
        return "refused"
    with zipfile.ZipFile(whole.damaged) as archive:  # other members may be damaged
        network = [archive.read(name) for name in (CONFIG, WEIGHTS)]
    if network == whole.network:
        return "the same"
    stored = stored_weights(network[1])
    graph = holding(graph, stored)
    if same(graph, whole.graph):
        return "the same"
    expected = papers_painting(graph)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", PaintingWarning)
        painted = Stylizer(whole.damaged, "openvino", "float32").paint(PICTURE)
    if not np.isfinite(painted).all():
        assert told and whole.damaged in str(told[0].message)
        return "painted"
    assert -1e-3 <= painted.min() and painted.max() <= 255 + 1e-3
    largest = max(np.abs(array).max() for arrays in stored.values() for array in arrays)
    if largest < 100:  # float32 is as good as float64
        np.testing.assert_allclose(painted, expected, atol=0.5)
    return "painted"


def holding(graph, stored):
    """The graph with the weights that h5py finds; those that it had must be the same."""

    def rule(node, inputs):
        if not node.shapes:
            return None
        arrays = dict(zip(node.shapes, stored[node.name], strict=True))
        for name, array in arrays.items():
            np.testing.assert_array_equal(node.weights[name], array.astype("float32"))
        arrays = {name: array.astype("float64") for name, array in arrays.items()}
        return dataclasses.replace(node, inputs=inputs, weights=arrays)

    return rewrite(graph, rule)


def same(one, other):
    """Whether two graphs are the same network with the same weights."""
    return len(one.nodes) == len(other.nodes) and all(
        (a.op, a.name, a.options) == (b.op, b.name, b.options)
        and all(np.array_equal(a.weights[name], b.weights[name]) for name in b.weights)
        for a, b in zip(one.nodes, other.nodes, strict=True)
    )


def papers_painting(graph, margin=Stylizer.margin):
    """The painting of `PICTURE`, of which the picture mirrored outwards is painted."""
    pixels = PICTURE[None].astype("float64")
    border = ((0, 0), (margin, margin), (margin, margin), (0, 0))
    with np.errstate(all="ignore"):
        painted = papers_network(graph, np.pad(pixels, border, mode="reflect"), pixels)
    return painted[0, margin:-margin, margin:-margin]


def test_the_oracle_paints_as_the_whole_style_does(whole):
    stored = stored_weights(dict(whole.parts)[WEIGHTS])
    expected = papers_painting(holding(whole.graph, stored))
    painted = Stylizer(whole.path, "openvino", "float32").paint(PICTURE)
    np.testing.assert_allclose(painted, expected, atol=1e-2)
    assert painted.std() > 5
