"""Weights in Keras's HDF5 files, compared with what they should be before they are read.

Such a file is a tree of layers: `layers/NAME/vars/0, 1, …` and, of a block, again
`layers/NAME/layers/…`. The attribute `name` of `vars` is the layer's own name.
"""

import io
from collections.abc import Iterator, Mapping

import h5py
import numpy as np

# Larger weights are damage, and would overflow float32 when norms are folded.
LARGEST_WEIGHT = 1e15
# The others read other files, or inflate without a bound.
LAYOUTS = (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)

Weights = dict[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]


def read_weights(content: bytes, wanted: Mapping[str, Shapes]) -> dict[str, Weights]:
    """Return the weights of a network.

    Args:
        content: of the HDF5 file.
        wanted: {"block1/reduce": {"kernel": shape, "bias": shape}, …}: the layers that
            there should be, with their weights in the order of the file.

    Returns:
        {layer: {name: float32 array}}.

    Raises:
        ValueError: which names the layer, if layers are missing, are there twice or
            shouldn't be, or their weights have another type or shape, or cannot be: not
            finite, too large, a negative variance. A damaged file also raises what is in
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
    """Yield ("block1/reduce", its variables) of the layers that have any."""
    seen = set()
    groups = [(file, "")]
    while groups:
        group, place = groups.pop()
        if group in seen:  # it would go on for ever
            raise ValueError(f"its layers {place} stand in two places")
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
    """Return an object that is really in a group, and not a link out of it."""
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
                "Styles have their weights as they are"
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
            raise ValueError(f"the {name} of {layer} has values that cannot be")
        found[name] = values
    return found
