"""Remove biases that have no effect, because instance norm subtracts them again."""

import dataclasses

import numpy as np

from fusion_style.models.graph import Graph, Node
from fusion_style.models.rewrites import rewrite


def drop_biases(graph: Graph) -> Graph:
    """Set biases to zero that instance norm subtracts again, together with the mean."""
    lost = {node.inputs[0] for node in graph.norms if "mean" not in node.weights}

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node not in lost:
            return None
        weights = {**node.weights, "bias": np.zeros_like(node.weights["bias"])}
        return dataclasses.replace(node, inputs=inputs, weights=weights)

    return rewrite(graph, rule)
