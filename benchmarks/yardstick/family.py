"""The mobile network and its relatives: the members that `benchmarks/front.py` compares."""

from fusion_style.models.blocks import Builder, Drawing, T, fusion_block
from fusion_style.models.networks import NETWORKS


def member(
    channels: int, modules: int, first: str = "four", last: str = "twice", past: str = ""
) -> Drawing:
    """Return a function that draws one of the family.

    Args:
        channels: of what passes through the modules.
        modules: how many.
        first: "four", a 12×12 of stride 4, or "two", two layers of stride 2.
        last: "twice" doubles the size in two steps, with half of the channels between
            them; "thin" with a quarter; "once" has one step of ×4.
        past: how what enters the modules also passes by them: "" not at all, "add" by a
            sum, "join" by a concatenation.
    """

    def draw(net: Builder[T], x: T) -> T:
        c = net.channels
        if first == "four":
            x = net.conv(x, c(channels), 12, stride=4, name="conv1")
        else:
            x = net.conv(x, c(16), 6, stride=2, name="conv0")
            x = net.conv(x, c(channels), 6, stride=2, name="conv1")
        entering = x
        for i in range(1, modules + 1):
            x = fusion_block(net, x, name=f"block{i}")
        if past == "add":
            x = net.add(entering, x, name="past")
        elif past == "join":
            x = net.concatenate(entering, x, name="past")
        if last == "once":
            return net.up(x, 3, 7, 4, relu=False, name="up1")
        between = channels // (4 if last == "thin" else 2)
        x = net.up(x, c(between), 3, name="up1")
        return net.up(x, 3, 3, relu=False, name="up2")

    return draw


FAMILY: dict[str, Drawing] = {
    "fusion": NETWORKS["fusion"],
    "48x5": member(48, 5),
    "48x5-once": member(48, 5, last="once"),
    "64x3-once": member(64, 3, last="once"),
    "32x7-once": member(32, 7, last="once"),
    "64x3": member(64, 3),
    "80x3-once": member(80, 3, last="once"),
    "48x3-once": member(48, 3, last="once"),
    "64x3-two-once": member(64, 3, first="two", last="once"),
    "64x3-once-add": member(64, 3, last="once", past="add"),
    "64x3-once-join": member(64, 3, last="once", past="join"),
    "64x3-add": member(64, 3, past="add"),
    "64x3-thin-add": member(64, 3, last="thin", past="add"),
    "64x4-once": member(64, 4, last="once"),
    "64x4-once-add": member(64, 4, last="once", past="add"),
    "64x5-once-add": member(64, 5, last="once", past="add"),
}
