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

# For each row of the computed block: which row of the window meets which row of the kernel.
# (rows of the block, rows of the window, rows of the kernel).
# Nearest ×2 and 3×3: for output row 2p - 1 the kernel's rows see the input rows p - 1,
# p - 1, p; for output row 2p the rows p - 1, p, p.
RESIZE_ROWS = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]], np.float32)
# A transposed 3×3 of stride 2: output row 2p is k0 of row p and k2 of row p - 1; output
# row 2p + 1 is k1 of row p.
DECONV_ROWS = np.array([[[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 1, 0]]], np.float32)


def block_rows(kernel: int, block: int = BLOCK) -> np.ndarray:
    """Return the rows for a plain convolution that computes `block` rows at once.

    Args:
        kernel: the side of the kernel.
        block: the side of the block.

    Returns:
        (block, kernel + block - 1, kernel), as `RESIZE_ROWS`.
    """
    side = kernel + block - 1
    rows = [np.eye(side, kernel, -row) for row in range(block)]
    return np.array(rows, np.float32)


def sub_pixel(kernel: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the kernel that computes a block of pixels at once (Shi et al. 2016).

    Args:
        kernel: (height, width, in, out).
        rows: (block, window, height), for instance `RESIZE_ROWS`.

    Returns:
        (window, window, in, block · block · out). A convolution with this kernel and then
        depth to space do the same as the original kernel.
    """
    rows = rows.astype(kernel.dtype)
    blocks = np.einsum("aiu,bjv,uvcd->ijcabd", rows, rows, kernel)
    return blocks.reshape(*blocks.shape[:3], -1)


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

    - An upsampling layer becomes a 2×2 convolution with four times as many channels, then
      depth to space.
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
            x = padded(x, 1, 1, "edge")
            return blocks_of_pixels(node, x, kernel, bias, RESIZE_ROWS, stride=1, crop=1)
        if up == "deconv":
            x = padded(x, 1, 0, "zero")
            kernel = kernel.transpose(0, 1, 3, 2)
            return blocks_of_pixels(node, x, kernel, bias, DECONV_ROWS, stride=1, crop=0)
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
