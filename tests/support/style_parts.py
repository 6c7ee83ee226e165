"""Style files taken apart and put together again, whole or damaged."""

import hashlib
import io
import tracemalloc
import zipfile

import h5py
import pytest

from fusion_style.models.loading import load_graph
from fusion_style.models.style_file import StyleFileError

CONFIG, RECIPE, WEIGHTS, SUMS = (
    "config.json", "recipe.json", "model.weights.h5", "SHA256SUMS",
)  # fmt: skip


def take_apart(path):
    """[(name, bytes)] of the members of a style file, without its sums."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name != SUMS]
        return [(name, archive.read(name)) for name in names]


def put_together(path, parts, sums=None, method=zipfile.ZIP_STORED):
    """Writes members, with the sums of `sums`, other members, if they are given."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sums or ()]
    more = [(SUMS, "".join(lines).encode())] if sums else []
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in [*parts, *more]:
            archive.writestr(name, data)
    return str(path)


def replaced(parts, name, change):
    """The members, one of them changed by a function."""
    return [(n, change(data) if n == name else data) for n, data in parts]


def edited(data, edit):
    """An HDF5 file changed in place: `edit` takes an `h5py.File`."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        edit(file)
    return buffer.getvalue()


def layer_groups(file):
    """{"block1/reduce": its group `vars`} of layers with weights, by h5py's own walk."""
    found = {}

    def visit(path, _):
        names, place = path.split("/"), file
        if names[-1] != "vars" or not len(file[path]):
            return
        layer = []
        for name in names[:-1]:
            place = place[name]
            if "vars" in place:
                layer.append(place["vars"].attrs["name"])
        found["/".join(map(str, layer))] = file[path]

    file.visititems(visit)
    return found


def stored_weights(data):
    """{"block1/reduce": [array, …]} of an HDF5 file."""
    with h5py.File(io.BytesIO(data)) as file:
        return {
            layer: [group[key][()] for key in sorted(group, key=int)]
            for layer, group in layer_groups(file).items()
        }


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
