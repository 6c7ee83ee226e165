"""What the papers draw, slow and plain: an oracle for every rewrite and every engine."""

import numpy as np
from scipy.signal import correlate2d

from fusion_style.models.graph import Graph


def papers_network(graph: Graph, picture: np.ndarray, whole=None) -> np.ndarray:
    """Paint as the papers draw it, layer by layer, in float64 with SciPy.

    Args:
        graph: with weights, as a style file has them.
        picture: float64 (1, height, width, 3), 0-255.
        whole: what its pixels are standardized by; by default the same.
    """
    whole = picture if whole is None else whole
    results = {}
    for node in graph.nodes:
        xs, weights = [results[parent] for parent in node.inputs], node.weights
        if node.op == "picture":
            y = picture
        elif node.op == "scale":
            y = picture / 127.5 - 1
            if node.options["standardize"]:
                deviation = np.sqrt(whole.var((1, 2), keepdims=True) + 2**2)
                y = (picture - whole.mean((1, 2), keepdims=True)) / deviation
                y = 1.1 * np.tanh(y / 1.1)
        elif node.op == "conv":
            y = papers_convolution(xs[0], node)
        elif node.op == "norm":
            mean = weights.get("mean", xs[0].mean((0, 1, 2)))  # or instance norm's
            deviation = np.sqrt(weights.get("variance", xs[0].var((0, 1, 2))) + 1e-5)
            y = (xs[0] - mean) / deviation * weights["gamma"] + weights["beta"]
        elif node.op == "relu":
            y = np.maximum(xs[0], 0)
        elif node.op == "add":
            y = xs[0] + xs[1]
        elif node.op == "concatenate":
            y = np.concatenate(xs, axis=-1)
        else:
            y = 127.5 * np.tanh(xs[0]) + 127.5
        results[node] = y
    return results[graph.output]


def papers_convolution(x, node):
    kernel, bias, side = (
        node.weights["kernel"],
        node.weights["bias"],
        node.options["kernel"],
    )
    if node.options["up"] == "deconv":  # zeros between the pixels, then a convolution
        kernel = kernel[::-1, ::-1].transpose(0, 1, 3, 2)
        times = node.options["times"]
        wide = np.zeros((1, times * x.shape[1], times * x.shape[2], x.shape[3]))
        wide[:, ::times, ::times] = x
        cut = (side - times) // 2  # of what "same" cuts off, at the top and the left
        x = np.pad(wide, ((0, 0), *[(side - 1 - cut, cut)] * 2, (0, 0)))
    else:
        if node.options["up"]:
            x = x.repeat(node.options["times"], 1).repeat(node.options["times"], 2)
        # An even side: a space to depth, then a convolution of the odd one.
        width = side // 2 if side % 2 else (side - node.options["stride"]) // 2
        x = np.pad(x, ((0, 0), *[(width,) * 2] * 2, (0, 0)), mode="reflect")
    planes = [
        sum(
            correlate2d(x[0, ..., c], kernel[:, :, c, f], "valid")
            for c in range(x.shape[-1])
        )
        for f in range(kernel.shape[3])
    ]
    stride = node.options["stride"]
    return np.stack(planes, axis=-1)[None, ::stride, ::stride] + bias
