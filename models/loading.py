"""The networks in style files, as graphs or as Keras models, checked when they are read."""

import dataclasses
import functools
import io
import os
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

import h5py
import numpy as np

from fusion_style.models.graph import Graph, Node
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.rewrites import rewrite
from fusion_style.models.style_file import DAMAGE, LARGEST, damaged, member, read_config

if TYPE_CHECKING:
    from fusion_style.models.keras_builder import ImageTransformationNetwork


def read_layers(path: str | os.PathLike[str]) -> dict[str, list[np.ndarray]]:
    """Return {"block1/reduce": [kernel, bias], …}: the variables of a file's layers.

    Raises:
        StyleFileError: if the file is damaged.
    """
    found: dict[str, list[np.ndarray]] = {}

    def walk(group: h5py.Group, place: str) -> None:
        for part in group.get("layers", {}).values():
            name = f"{place}{part['vars'].attrs['name']}"
            variables = [part["vars"][i] for i in sorted(part["vars"], key=int)]
            if sum(variable.nbytes for variable in variables) > LARGEST:
                raise ValueError(f"{name} has more than {LARGEST:,} bytes")
            if variables:
                found[name] = [variable[()] for variable in variables]
            walk(part, f"{name}/")

    try:
        with zipfile.ZipFile(path) as archive:
            weights = io.BytesIO(member(archive, "model.weights.h5"))
        with h5py.File(weights) as file:
            walk(file, "")
    except DAMAGE as error:
        raise damaged(path, error) from error
    return found


def load_graph(path: str | os.PathLike[str]) -> Graph:
    """Return the network in a style file as a graph, with its weights.

    Raises:
        StyleFileError: if the file is no style, is damaged, or holds weights that are not
            what its description says, or not finite.
    """
    config, variables = read_config(path), read_layers(path)
    try:
        graph = build_graph(config)
    except ValueError as error:
        raise damaged(path, error) from error
    fill = functools.partial(filled, variables, path)
    full = rewrite(graph, lambda node, inputs: fill(node, inputs) if node.shapes else None)
    if unknown := variables.keys() - {node.name for node in graph.nodes}:
        raise damaged(path, f"its network has no layer {', '.join(sorted(unknown))}")
    return full


def filled(
    variables: Mapping[str, list[np.ndarray]], path: str | os.PathLike[str],
    node: Node, inputs: tuple[Node, ...],
) -> Node:  # fmt: skip
    """Return the node with the weights that the file at `path` has for it.

    Raises:
        StyleFileError: if they are missing or cannot be its weights.
    """
    arrays = variables.get(node.name, [])
    shapes = [array.shape for array in arrays]
    if shapes != list(node.shapes.values()):
        received = ", ".join(map(str, shapes)) or "none"
        raise damaged(
            path,
            f"the weights of {node.name} should have the shapes "
            f"{', '.join(map(str, node.shapes.values()))}. It has: {received}",
        )
    for name, array in zip(node.shapes, arrays, strict=True):
        if array.dtype.kind != "f":
            raise damaged(path, f"the {name} of {node.name} is of type {array.dtype}")
        if not np.isfinite(array).all() or (name == "variance" and array.min() < 0):
            raise damaged(path, f"the {name} of {node.name} has values that cannot be")
    floats = (array.astype(np.float32) for array in arrays)
    weights = dict(zip(node.shapes, floats, strict=True))
    return dataclasses.replace(node, inputs=inputs, weights=weights)


def load_network(path: str | os.PathLike[str]) -> "ImageTransformationNetwork":
    """Return the network in a style file as a Keras model.

    Raises:
        StyleFileError: as `load_graph` does.
    """
    from fusion_style.models.keras_builder import build_network, named_layers

    graph = load_graph(path)  # which checks everything
    network = build_network(read_config(path))
    weights = {node.name: list(node.weights.values()) for node in graph.nodes}
    for name, layer in named_layers(network):
        layer.set_weights(weights[name])
    return network
