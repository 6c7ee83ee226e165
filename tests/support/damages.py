"""Damages to a style file, drawn by Hypothesis: to its archive, JSON and weights."""

import io
import json
import warnings
import zipfile

import h5py
import numpy as np
from hypothesis import strategies as st

from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_graph
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.style_parts import (
    CONFIG,
    RECIPE,
    WEIGHTS,
    edited,
    layer_groups,
    put_together,
    replaced,
    take_apart,
)

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


def bits_of_tables(draw, whole):
    """Between the weights, in an archive without sums. HDF5 itself has none there."""
    ends = [0, *(start + size for start, size in sorted(whole.places))]
    starts = [start for start, _ in sorted(whole.places)] + [len(whole.network[1])]
    tables = [(a, b - a) for a, b in zip(ends, starts, strict=True) if b > a]
    place = draw(st.sampled_from(tables))
    parts = replaced(whole.parts, WEIGHTS, lambda data: flip(draw, data, *place))
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
