"""The building blocks of the networks, each drawn once, on a builder."""

from typing import Any, Protocol, TypeVar

from fusion_style.models.config import NetworkConfig


class Tensor(Protocol):
    """A tensor of Keras, or a node of a graph."""

    @property
    def shape(self) -> Any:
        """The shape, (batch, height, width, channels); the number of channels is known."""


T = TypeVar("T", bound=Tensor)


class Builder(Protocol[T]):
    """The interface on which a network is drawn; T is the builder's kind of `Tensor`.

    The norm that `config` names follows every convolution, and then a ReLU unless `relu` is
    False.

    Attributes:
        config: the settings of the network.
    """

    config: NetworkConfig

    def channels(self, count: int) -> int:
        """Return the paper's number of channels times the network's width; it is even."""

    def conv(
        self,
        x: T,
        filters: int,
        kernel: int,
        stride: int = 1,
        relu: bool = True,
        *,
        name: str,
    ) -> T:
        """Draw a convolution with reflection padding.

        `kernel` is odd. With a stride of s it may also be s times an odd number: then it
        is a convolution of that odd side after a space to depth of s, in one.
        """

    def up(
        self, x: T, filters: int, kernel: int, times: int = 2, relu: bool = True, *,
        name: str,
    ) -> T:  # fmt: skip
        """Draw a convolution that makes height and width `times` as large.

        `times` is 2, with a kernel of 3, or 4, with a kernel of 7.
        """

    def add(self, x: T, y: T, *, name: str) -> T:
        """Draw the sum of both."""

    def concatenate(self, x: T, y: T, *, name: str) -> T:
        """Draw the concatenation of both along the channels."""

    def block(self, function: "Drawing", x: T, *, name: str) -> T:
        """Draw `function(net, x)`; all names in it begin with `name` and a slash."""


class Drawing(Protocol):
    """A function that draws a network or a part of one, on any builder."""

    def __call__(self, net: Builder[T], x: T) -> T:
        """Draw on `net`, beginning with the tensor `x`; return the last tensor."""


class block:
    """Make a block, which also takes a name, from a function of a builder and a tensor.

    Args:
        function: draws the block.

    Attributes:
        function: the argument.
    """

    def __init__(self, function: Drawing) -> None:
        self.__doc__, self.function = function.__doc__, function

    def __call__(self, net: Builder[T], x: T, name: str) -> T:
        """Draw the block; all names in it begin with `name` and a slash."""
        return net.block(self.function, x, name=name)


@block
def residual_block(net: Builder[T], x: T) -> T:
    """Draw x + F(x); F is two 3×3 convolutions (He et al. 2016; Johnson et al. 2016).

    No ReLU follows the second convolution or the sum, as in Johnson's network (after Gross
    & Wilber 2016). With a ReLU, a block could add but never subtract.
    """
    inner = net.conv(x, x.shape[-1], 3, name="conv1")
    inner = net.conv(inner, x.shape[-1], 3, relu=False, name="conv2")
    return net.add(x, inner, name="add")


@block
def fusion_block(net: Builder[T], x: T) -> T:
    """Draw the Fusion module (Qiu & Huang 2017, Fig. 4 and eq. 4).

                  ┌─ 1×1, C/2 ────────────┐
        x ─ 1×1, ─┤                       ├─ concatenated: C
            C/2   └─ residual block, C/2 ─┘

    No ReLU follows the first 1×1 convolution (a departure). This convolution passes on only
    half of the channels, and a ReLU would lose half of their content (Sandler et al. 2018).
    """
    half = x.shape[-1] // 2
    reduced = net.conv(x, half, 1, relu=False, name="reduce")
    pointwise = net.conv(reduced, half, 1, name="pointwise")
    residual = residual_block(net, reduced, name="residual")
    return net.concatenate(pointwise, residual, name="join")


def inception_conv(
    net: Builder[T], x: T, filters: int, kernel: int, stride: int = 1,
    relu: bool = True, up: bool = False, *, name: str,
) -> T:  # fmt: skip
    """Draw FastChi's bottleneck: 1×1 to 1/k of the channels, n×n, 1×1 to all channels.

    A picture's three channels are not shrunk (a departure), because one and a half channels
    cannot hold colors. No ReLU follows the shrinking 1×1 convolution (a departure): it
    would lose half of the channels' content.
    """
    narrow, between = (max(3, n // net.config.shrink) for n in (x.shape[-1], filters))
    x = net.conv(x, narrow, 1, relu=False, name=f"{name}_shrink")
    if up:
        x = net.up(x, between, kernel, name=name)
    else:
        x = net.conv(x, between, kernel, stride, name=name)
    return net.conv(x, filters, 1, relu=relu, name=f"{name}_restore")


@block
def inception_block(net: Builder[T], x: T) -> T:
    """Draw a residual block of FastChi's bottlenecks."""
    inner = inception_conv(net, x, x.shape[-1], 3, name="conv1")
    inner = inception_conv(net, inner, x.shape[-1], 3, relu=False, name="conv2")
    return net.add(x, inner, name="add")
