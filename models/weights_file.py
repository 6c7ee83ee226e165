"""Read weights from Keras's HDF5 files, after comparing the files with the expected layers.

Such a file is a tree of layers: `layers/NAME/vars/0, 1, …`, and for a block also
`layers/NAME/layers/…`. The attribute `name` of `vars` is the layer's own name.
"""

import io
from collections.abc import Iterator, Mapping

import h5py
import numpy as np

# Larger weights must be damage. They would overflow float32 when norms are folded.
LARGEST_WEIGHT = 1e15
# Other layouts read other files, or decompress without a limit.
LAYOUTS = (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)

Weights = dict[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]


def read_weights(content: bytes, wanted: Mapping[str, Shapes]) -> dict[str, Weights]:
    """Return the weights of a network.

    Args:
        content: the bytes of the HDF5 file.
        wanted: {"block1/reduce": {"kernel": shape, "bias": shape}, …}: the expected layers,
            with their weights in the order of the file.

    Returns:
        {layer: {name: float32 array}}.

    Raises:
        ValueError: if a layer is missing, is there twice or is not expected, or if its
            weights have the wrong type or shape, are not finite or too large, or a variance
            is negative. The message names the layer. Damaged files can raise every error in
            `models.archive.DAMAGE`.
    """
    found: dict[str, Weights] = {}
    with h5py.File(io.BytesIO(content)) as file:
        for layer, variables in layers(file):
            if layer in found:
                raise ValueError(f"its network has two layers {layer}")
            if layer not in wanted:
                raise ValueError(f"its network has no layer {layer}")
            found[layer] = read_layer(layer, variables, wanted[layer])
    if missing := wanted.keys() - found.keys():
        raise ValueError(f"its layers {', '.join(sorted(missing))} have no weights")
    return found


def layers(file: h5py.File) -> Iterator[tuple[str, list[h5py.Dataset]]]:
    """Yield (name, variables) of the layers that have variables, as "block1/reduce"."""
    seen = set()
    groups = [(file, "")]
    while groups:
        group, place = groups.pop()
        if group in seen:  # the loop would not end
            raise ValueError(f"its layers {place} are in two places")
        seen.add(group)
        if not group.id.links.exists(b"layers"):
            continue
        parts = inside(group, "layers", h5py.Group)
        for key in parts:
            part = inside(parts, key, h5py.Group)
            variables = inside(part, "vars", h5py.Group)
            name = variables.attrs.get("name")
            if not isinstance(name, str):
                raise ValueError(f"its layer {variables.name} has no name")
            keys = [str(i) for i in range(len(variables))]
            if set(variables) != set(keys):
                raise ValueError(f"its layer {place}{name} has variables without numbers")
            if keys:
                yield place + name, [inside(variables, i, h5py.Dataset) for i in keys]
            groups.append((part, f"{place}{name}/"))


def inside(group: h5py.Group, name: str, kind: type) -> h5py.Group | h5py.Dataset:
    """Return an object that is stored in a group; reject links to other places.

    Args:
        group: the group.
        name: of the object.
        kind: the class that it must have.

    Raises:
        ValueError: if it is missing, a link, or of another class.
    """
    links, encoded = group.id.links, name.encode("utf-8", "surrogateescape")
    if not links.exists(encoded):  # `name in group` would follow a link
        raise ValueError(f"its {group.name} has no {name}")
    if links.get_info(encoded).type != h5py.h5l.TYPE_HARD:
        raise ValueError(f"its {group.name} has a link {name} to elsewhere")
    found = group[name]
    if not isinstance(found, kind):
        raise ValueError(f"its {found.name} is no {kind.__name__.lower()}")
    return found


def read_layer(layer: str, variables: list[h5py.Dataset], wanted: Shapes) -> Weights:
    """Return the weights of a layer. See `read_weights`."""
    shapes, right = [one.shape for one in variables], list(wanted.values())
    if shapes != right:
        said = [", ".join(map(str, several)) for several in (right, shapes)]
        raise ValueError(
            f"the weights of {layer} should have the shapes {said[0]}. They have {said[1]}"
        )
    found = {}
    for name, variable in zip(wanted, variables, strict=True):
        created = variable.id.get_create_plist()
        if created.get_layout() not in LAYOUTS or created.get_external_count():
            raise ValueError(
                f"the {name} of {layer} is compressed or in another file. "
                "Style files contain uncompressed weights"
            )
        if variable.dtype.kind != "f":
            raise ValueError(
                f"the {name} of {layer} should be floating-point numbers. It is of "
                f"type {variable.dtype}"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            values = variable[()].astype(np.float32)
        if not np.isfinite(values).all():
            raise ValueError(f"the {name} of {layer} has values that are not finite")
        negative = name == "variance" and values.min() < 0
        if negative or np.abs(values).max() > LARGEST_WEIGHT:
            raise ValueError(f"the {name} of {layer} has values that are not possible")
        found[name] = values
    return found
