"""The image transformation networks, each drawn once, on a builder.

A builder is `models.keras_blocks.KerasBuilder`, which makes Keras layers to train, or
`models.graph_builder.GraphBuilder`, which makes the nodes that engines and exports paint
with. A network's other settings are in `net.config`, a `NetworkConfig`. A network takes the
prepared photograph, whose sides are multiples of 4 pixels, and returns the input of the
tanh. Both builders add the layers before and after it.

To add a network, write its function here and its row in `NETWORKS`.
"""

from fusion_style.models.blocks import (
    Builder,
    Drawing,
    T,
    fusion_block,
    inception_block,
    inception_conv,
    residual_block,
)


def fusion(net: Builder[T], x: T) -> T:
    """Draw five Fusion modules (Qiu & Huang 2017, Fig. 5 (b)): 631,555 parameters."""
    c = net.channels
    x = net.conv(x, c(32), 9, name="conv1")
    x = net.conv(x, c(64), 3, stride=2, name="conv2")
    x = net.conv(x, c(128), 3, stride=2, name="conv3")
    for i in range(1, 6):
        x = fusion_block(net, x, name=f"block{i}")
    x = net.up(x, c(64), 3, name="up1")
    x = net.up(x, c(32), 3, name="up2")
    return net.conv(x, 3, 9, relu=False, name="conv4")


def johnson(net: Builder[T], x: T) -> T:
    """Draw five residual blocks (Qiu & Huang 2017, Fig. 5 (a)): 1,676,035 parameters."""
    c = net.channels
    x = net.conv(x, c(32), 9, name="conv1")
    x = net.conv(x, c(64), 3, stride=2, name="conv2")
    x = net.conv(x, c(128), 3, stride=2, name="conv3")
    for i in range(1, 6):
        x = residual_block(net, x, name=f"block{i}")
    x = net.up(x, c(64), 3, name="up1")
    x = net.up(x, c(32), 3, name="up2")
    return net.conv(x, 3, 9, relu=False, name="conv4")


def inception(net: Builder[T], x: T) -> T:
    """Draw Johnson's network with FastChi's bottlenecks in place of convolutions."""
    c = net.channels
    x = inception_conv(net, x, c(32), 9, name="conv1")
    x = inception_conv(net, x, c(64), 3, stride=2, name="conv2")
    x = inception_conv(net, x, c(128), 3, stride=2, name="conv3")
    for i in range(1, 6):
        x = inception_block(net, x, name=f"block{i}")
    x = inception_conv(net, x, c(64), 3, up=True, name="up1")
    x = inception_conv(net, x, c(32), 3, up=True, name="up2")
    return inception_conv(net, x, 3, 9, relu=False, name="conv4")


def mobile(net: Builder[T], x: T) -> T:
    """Draw three Fusion modules at a quarter of the size: 102,275 parameters.

    The 12×12 of stride 4 is a space to depth of 4 and a 3×3, in one. What enters the
    modules is added to what leaves them. See docs/mobile.md.
    """
    c = net.channels
    x = entering = net.conv(x, c(64), 12, stride=4, name="conv1")
    for i in range(1, 4):
        x = fusion_block(net, x, name=f"block{i}")
    x = net.add(entering, x, name="add")
    x = net.up(x, c(16), 3, name="up1")
    return net.up(x, 3, 3, relu=False, name="up2")


NETWORKS: dict[str, Drawing] = {
    "fusion": fusion,
    "johnson": johnson,
    "inception": inception,
    "mobile": mobile,
}


def network(name: str) -> Drawing:
    """Return the function of `NETWORKS` called `name`.

    Raises:
        ValueError: if there is no such network.
    """
    if name not in NETWORKS:
        raise ValueError(
            f"network must be one of {', '.join(NETWORKS)}. Received: {name!r}"
        )
    return NETWORKS[name]
