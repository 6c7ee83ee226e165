"""Read the networks in style files, as graphs or as Keras models, and check them."""

import dataclasses
import os
import zipfile
from typing import TYPE_CHECKING

from fusion_style.models.archive import DAMAGE, SUMS, member
from fusion_style.models.graph import Graph, Node
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.rehearsal import rehearse
from fusion_style.models.rewrites import rewrite
from fusion_style.models.shipped import is_shipped
from fusion_style.models.style_file import damaged, read_config
from fusion_style.models.weights_file import read_weights

if TYPE_CHECKING:
    from fusion_style.models.keras_builder import ImageTransformationNetwork


def load_graph(path: str | os.PathLike[str]) -> Graph:
    """Return the network in a style file as a graph, with its weights.

    Raises:
        StyleFileError: if the file is not a style file or is damaged, or if its weights do
            not match its description or are not finite.
    """
    config = read_config(path)
    try:
        graph = build_graph(config)
        wanted = {node.name: node.shapes for node in graph.nodes if node.shapes}
        with zipfile.ZipFile(path) as archive:
            content = member(archive, "model.weights.h5")
            summed = SUMS in archive.namelist()
        if not summed and not is_shipped(path):
            rehearse(content, wanted)
        weights = read_weights(content, wanted)
    except DAMAGE as error:
        raise damaged(path, error) from error

    def filled(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if not node.shapes:
            return None
        return dataclasses.replace(node, inputs=inputs, weights=weights[node.name])

    return rewrite(graph, filled)


def load_network(path: str | os.PathLike[str]) -> "ImageTransformationNetwork":
    """Return the network in a style file as a Keras model, with its weights.

    Raises:
        StyleFileError: see `load_graph`.
    """
    from fusion_style.models.keras_builder import build_network, named_layers

    graph = load_graph(path)  # this checks everything
    network = build_network(read_config(path))
    weights = {node.name: list(node.weights.values()) for node in graph.nodes}
    for name, layer in named_layers(network):
        layer.set_weights(weights[name])
    return network
