"""Passes over a graph: compute the same function with fewer or faster operations.

Each pass takes a graph and returns another one that is equal except for rounding.
`painting` applies all passes that painting needs. Kernels are float (height, width, in,
out); those of transposed convolutions are (height, width, out, in).
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from fusion_style.models.config import BLOCK, EPSILON, HALF, LIMIT
from fusion_style.models.graph import (
    Graph,
    Node,
    blocks_pay,
    border,
    follow,
    transposed,
)
from fusion_style.models.kernels import DECONV_ROWS, RESIZE_ROWS, block_rows, sub_pixel


def painting(graph: Graph) -> Graph:
    """Return the graph with which engines paint: apply all passes that always help.

    Args:
        graph: from `models.loading.load_graph`.
    """
    return lower(fold_scale(fold_norms(graph)))


def rewrite(graph: Graph, rule: Callable[[Node, tuple[Node, ...]], Node | None]) -> Graph:
    """Return the graph with some nodes replaced.

    Args:
        graph: the graph.
        rule: takes a node and its inputs, which are rewritten already; returns the node
            that replaces it, or None to keep it.
    """
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        inputs = tuple(new[parent] for parent in node.inputs)
        new[node] = rule(node, inputs) or dataclasses.replace(node, inputs=inputs)
    return Graph(new[graph.output])


def one_style(graph: Graph, weights: Sequence[float] | np.ndarray) -> Graph:
    """Return the graph of one style: a row of γ and β, or a mix, in place of many.

    Args:
        graph: of `models.loading.load_graph`.
        weights: see `Graph.style`.

    Raises:
        ValueError: as `Graph.style` does.
    """
    ends = np.cumsum([norm.channels for norm in graph.norms])
    gammas, betas = (np.split(row, ends[:-1]) for row in graph.style(weights))
    rows = {norm.name: pair for norm, *pair in zip(graph.norms, gammas, betas, strict=True)}

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.op != "norm":
            return None
        pair = dict(zip(("gamma", "beta"), rows[node.name], strict=True))
        shapes = {key: vector.shape for key, vector in pair.items()}
        return dataclasses.replace(
            node,
            inputs=inputs,
            weights={**node.weights, **pair},
            shapes={**node.shapes, **shapes},
        )

    return rewrite(graph, rule)


def fold_norms(graph: Graph) -> Graph:
    """Fold norms with known statistics (batch norms) into the convolutions before them.

    In a file of many styles, mean and variance are folded. A norm remains that multiplies
    by γ and adds β: its option "standardized" is true.
    """

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.op != "norm" or "mean" not in node.weights:
            return None
        norm, (conv,) = node.weights, inputs
        many = {key: norm[key] for key in ("gamma", "beta") if norm[key].ndim == 2}
        gamma, beta = (1.0, 0.0) if many else (norm["gamma"], norm["beta"])
        factor = gamma / np.sqrt(norm["variance"] + EPSILON)
        bias = (conv.weights["bias"] - norm["mean"]) * factor + beta
        scaled = factor[:, None] if transposed(conv.options) else factor
        kernel = conv.weights["kernel"] * scaled
        folded = dataclasses.replace(conv, weights={"kernel": kernel, "bias": bias})
        if not many:
            return folded
        return dataclasses.replace(
            node,
            inputs=(folded,),
            options={"standardized": True},
            weights=many,
            shapes={key: rows.shape for key, rows in many.items()},
        )

    return rewrite(graph, rule)


def fold_scale(graph: Graph) -> Graph:
    """Fold the constant part of the photograph's scaling into the convolutions after it."""
    standardizes = graph.standardizes

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.op == "scale" and not standardizes:
            return inputs[0]
        if node.op != "conv" or not node.sees_pixels:
            return None
        kernel, bias = node.weights["kernel"], node.weights["bias"]
        if standardizes:
            weights = {"kernel": kernel * np.float32(LIMIT), "bias": bias}
        else:
            kernel = kernel / np.float32(HALF)
            weights = {"kernel": kernel, "bias": bias - HALF * kernel.sum(axis=(0, 1, 2))}
        return dataclasses.replace(node, inputs=inputs, weights=weights)

    return rewrite(graph, rule)


def lower(graph: Graph) -> Graph:
    """Replace every convolution with explicit padding and a convolution without padding.

    - An upsampling layer becomes a 2×2 convolution with four times as many channels, or
      for ×4 a 3×3 convolution with sixteen times as many, then depth to space.
    - A large kernel with only a picture's three output channels would leave most of a
      vector unit idle. It computes 4×4 pixels at once: a convolution of stride 4 with 48
      channels, then depth to space.
    """

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.op != "conv":
            return None
        kernel, bias = node.weights["kernel"], node.weights["bias"]
        side, up, (x,) = node.options["kernel"], node.options["up"], inputs
        stride = node.options["stride"]
        if up == "resize":
            x, rows = padded(x, 1, 1, "edge"), RESIZE_ROWS[node.options["times"]]
            crop = 1 if rows.shape[1] == 2 else 0
            return blocks_of_pixels(node, x, kernel, bias, rows, stride=1, crop=crop)
        if up == "deconv":
            rows = DECONV_ROWS[node.options["times"]]
            x = padded(x, 1, rows.shape[1] - 2, "zero")
            kernel = kernel.transpose(0, 1, 3, 2)
            return blocks_of_pixels(node, x, kernel, bias, rows, stride=1, crop=0)
        x = mirrored(x, border(side, stride))
        if blocks_pay(side, node.channels, stride):
            rows = block_rows(side)
            return blocks_of_pixels(node, x, kernel, bias, rows, stride=BLOCK, crop=0)
        return convolved(node, x, kernel, bias, stride)

    return rewrite(graph, rule)


def padded(x: Node, before: int, after: int, mode: str) -> Node:
    """Return `x` with a border. See `models.drawing.Operations.pad`."""
    return follow(x, "pad", options={"before": before, "after": after, "mode": mode})


def mirrored(x: Node, width: int) -> Node:
    """Return `x` with its borders mirrored outwards; `x` itself for a width of 0."""
    return padded(x, width, width, "reflect") if width else x


def convolved(
    node: Node, x: Node, kernel: np.ndarray, bias: np.ndarray, stride: int
) -> Node:
    """Return the convolution of `x` without padding that replaces `node`."""
    return dataclasses.replace(
        node,
        inputs=(x,),
        channels=len(bias),
        stride=x.stride * stride,
        options={**node.options, "stride": stride},
        weights={"kernel": kernel, "bias": bias},
        shapes={"kernel": kernel.shape, "bias": bias.shape},
    )


def blocks_of_pixels(
    node: Node, x: Node, kernel: np.ndarray, bias: np.ndarray,
    rows: np.ndarray, stride: int, crop: int,
) -> Node:  # fmt: skip
    """Return a convolution of `x` that computes blocks of pixels, then depth to space.

    The convolution's option "narrow" is the original kernel and the rows, as `sub_pixel`
    takes them. A file that stores these instead of the large kernel is smaller.
    """
    block = len(rows)
    bias = np.tile(bias, block * block)
    blocks = convolved(node, x, sub_pixel(kernel, rows), bias, stride)
    narrow = {**blocks.options, "narrow": (kernel, rows)}
    blocks = dataclasses.replace(blocks, options=narrow)
    options = {"block": block, "crop": crop}
    return Node(
        "depth_to_space", (blocks,), node.channels, node.stride, node.reach, options=options
    )
