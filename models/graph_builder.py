"""The builder that draws a network of `models.networks` as a graph, without Keras."""

import dataclasses
from typing import Any

from fusion_style.models.blocks import Drawing
from fusion_style.models.config import PICTURE, NetworkConfig
from fusion_style.models.graph import Graph, Node, border, follow, transposed
from fusion_style.models.networks import network
from fusion_style.settings import check


class GraphBuilder:
    """The builder (`models.blocks.Builder`) whose tensors are nodes.

    Args:
        config: the settings of the network.
    """

    def __init__(self, config: NetworkConfig) -> None:
        self.config = config
        self.prefix = ""

    def channels(self, count: int) -> int:
        """Return the paper's number of channels times the network's width; it is even."""
        return scaled_channels(count, self.config.width)

    def conv(
        self, x: Node, filters: int, kernel: int, stride: int = 1, relu: bool = True,
        *, name: str,
    ) -> Node:  # fmt: skip
        """Add a convolution with reflection padding, its norm, its ReLU."""
        return self.layer(x, filters, kernel, relu, name, stride=stride, up=None, times=1)

    def up(
        self, x: Node, filters: int, kernel: int, times: int = 2, relu: bool = True, *,
        name: str,
    ) -> Node:  # fmt: skip
        """Add a convolution to `times` the height and width, its norm, its ReLU."""
        up = self.config.upsample
        return self.layer(x, filters, kernel, relu, name, stride=1, up=up, times=times)

    def layer(
        self, x: Node, filters: int, kernel: int, relu: bool, name: str, **options: Any
    ) -> Node:
        """Add the nodes of a layer: a convolution, its norm, and a ReLU if `relu`."""
        name = self.prefix + name
        ends, times = (x.channels, filters), options["times"]
        # A pixel lies up to `times` - 1 from the end of what its square was made of.
        reach = border(kernel, options["stride"]) + times - 1
        y = Node(
            "conv",
            (x,),
            filters,
            stride=x.stride * options["stride"] // times,
            reach=x.reach + reach * x.stride // times,
            name=name,
            options={"kernel": kernel, **options},
            shapes={
                "kernel": (kernel, kernel, *(ends[::-1] if transposed(options) else ends)),
                "bias": (filters,),
            },
        )
        many = self.config.conditions
        rows = (many, filters) if many > 1 else (filters,)
        shapes = {"gamma": rows, "beta": rows}
        if self.config.norm == "batch":
            shapes |= {"mean": (filters,), "variance": (filters,)}
        y = follow(y, "norm", name=f"{name}_norm", shapes=shapes)
        return follow(y, "relu") if relu else y

    def add(self, x: Node, y: Node, *, name: str) -> Node:
        """Add a node for the sum."""
        return dataclasses.replace(follow(x, "add"), inputs=(x, y), reach=farther(x, y))

    def concatenate(self, x: Node, y: Node, *, name: str) -> Node:
        """Add a node for the concatenation of both along the channels."""
        both = follow(x, "concatenate")
        channels = x.channels + y.channels
        return dataclasses.replace(
            both, inputs=(x, y), channels=channels, reach=farther(x, y)
        )

    def block(self, function: Drawing, x: Node, *, name: str) -> Node:
        """Add the nodes of a block, whose names begin with `name` and a slash."""
        before = self.prefix
        self.prefix = f"{before}{name}/"
        try:
            return function(self, x)
        finally:
            self.prefix = before


def farther(x: Node, y: Node) -> int:
    """Return the reach of a node that depends on both nodes."""
    return max(x.reach, y.reach)


def scaled_channels(count: int, width: float) -> int:
    """Return `count` times the width; it is even, because a Fusion module halves it."""
    return max(2, 2 * round(count * width / 2))


def build_graph(config: NetworkConfig) -> Graph:
    """Return the network that `config` describes, without weights.

    Raises:
        ValueError: for an unknown network, or another value that is not allowed.
    """
    check(config)
    picture = Node("picture", (), PICTURE)
    ready = follow(picture, "scale", options={"standardize": config.input_norm})
    painted = network(config.network)(GraphBuilder(config), ready)
    return Graph(follow(painted, "paint"))
