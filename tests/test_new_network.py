"""A network that is added in one place does all that the papers' networks do."""

import numpy as np
import pytest

from fusion_style.benchmarks import parameters
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.blocks import fusion_block, residual_block
from fusion_style.models.loading import load_network
from fusion_style.models.networks import NETWORKS
from fusion_style.tests.support.pictures import made_up_photograph


def hourglass(net, x):
    """Draw a network of a multiple of its own, with both kinds of block."""
    c = net.channels
    x = net.conv(x, c(24), 5, name="first")
    x = net.conv(x, c(48), 3, stride=2, name="down1")
    x = fusion_block(net, x, name="fused")
    x = net.conv(x, c(48), 3, stride=2, name="down2")
    x = net.conv(x, c(64), 3, stride=2, relu=False, name="down3")
    x = residual_block(net, x, name="middle")
    for i in (1, 2, 3):
        x = net.up(x, c(24), 3, name=f"up{i}")
    return net.conv(x, 3, 7, relu=False, name="last")


@pytest.fixture
def registered(monkeypatch):
    """The one place where the network is known."""
    monkeypatch.setitem(NETWORKS, "hourglass", hourglass)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_it_trains_saves_loads_and_paints(registered, norm, learn):
    settings = {"network": "hourglass", "norm": norm, "width": 0.25, "size": 32}
    record = learn(**settings, steps=2, out="new.keras")
    assert record["finished"] and record["settings"]["network"] == "hourglass"
    network = load_network("new.keras")
    for engine in ("openvino", "tensorflow"):
        stylizer = Stylizer("new.keras", engine, "float32")
        graph, margin = stylizer.engine.graph, stylizer.margin
        assert graph.multiple == 8 and graph.smallest == 16
        stylizer.margin = 0
        for size in ((13, 21), (61, 90)):
            pixels = made_up_photograph(*size).astype(np.float32)
            expected = np.asarray(network(pixels[None], training=False)[0])
            np.testing.assert_allclose(stylizer.paint(pixels), expected, atol=0.05)
        stylizer.margin = margin
        pixels = made_up_photograph(150, 260).astype(np.float32)
        tiles = stylizer.paint(pixels, region=160)
        assert tiles.shape == pixels.shape and 0 <= tiles.min() and tiles.max() <= 255
        if not graph.norms:  # local, but for the photograph's own statistics
            np.testing.assert_allclose(tiles, stylizer.paint(pixels), atol=0.05)


def test_it_is_counted(registered, capsys):
    parameters.main()
    printed = capsys.readouterr().out
    convolutions = (
        3 * 24 * 25 + 24, 24 * 48 * 9 + 48, 48 * 24 + 24, 24 * 24 + 24,
        *[24 * 24 * 9 + 24] * 2, 48 * 48 * 9 + 48, 48 * 64 * 9 + 64,
        *[64 * 64 * 9 + 64] * 2, 64 * 24 * 9 + 24, *[24 * 24 * 9 + 24] * 2,
        24 * 3 * 49 + 3,
    )  # fmt: skip
    assert f"{sum(convolutions):,}" in printed.split("hourglass")[1]
