"""Keep convolutions as the papers draw them, for LiteRT and TensorFlow.

`models.rewrites.lower` computes blocks of pixels at once. Phones' GPUs have no operation
that rearranges them, and a SavedModel would store four times as many weights.
"""

import dataclasses

from fusion_style.exports.biases import drop_biases
from fusion_style.models.graph import Graph, Node, border, follow
from fusion_style.models.rewrites import (
    convolved,
    fold_norms,
    fold_scale,
    mirrored,
    rewrite,
)


def plain_painting(graph: Graph) -> Graph:
    """Return a graph for painting, as `models.rewrites.painting`, with plain convolutions.

    It can have two kinds of nodes that `models.drawing.draw` does not have: "nearest"
    repeats pixels, and "transposed_conv", with the options "kernel", (height, width, out,
    in), and "bias", is a transposed convolution without a border. The option "times" of
    both says how many times larger the result is (the stride).
    """
    return spread(fold_scale(fold_norms(drop_biases(graph))))


def spread(graph: Graph) -> Graph:
    """Replace every convolution with explicit padding and a convolution without padding."""

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.op != "conv":
            return None
        up, side, (x,) = node.options["up"], node.options["kernel"], inputs
        if up == "deconv":
            told = {**node.weights, "times": node.options["times"]}
            return dataclasses.replace(
                node, op="transposed_conv", inputs=inputs, options=told, weights={}
            )
        if up == "resize":
            times = {"times": node.options["times"]}
            x = dataclasses.replace(follow(x, "nearest", options=times), stride=node.stride)
        stride = node.options["stride"]
        x = mirrored(x, border(side, stride))
        kernel, bias = node.weights["kernel"], node.weights["bias"]
        return convolved(node, x, kernel, bias, stride)

    return rewrite(graph, rule)
