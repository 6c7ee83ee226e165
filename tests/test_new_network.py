"""A network that is added in one place does all that the papers' networks do."""

import numpy as np
import pytest

from fusion_style.benchmarks import parameters
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.blocks import fusion_block, residual_block
from fusion_style.models.loading import load_network
from fusion_style.models.networks import NETWORKS
from fusion_style.tests.support.pictures import made_up_photograph

ENGINES = ["openvino", "tensorflow"]


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


@pytest.fixture(params=["instance", "batch"])
def trained(request, learn, monkeypatch):
    """The style file of two steps, and its run record."""
    monkeypatch.setitem(NETWORKS, "hourglass", hourglass)
    record = learn(
        network="hourglass",
        norm=request.param,
        width=0.25,
        steps=2,
        out="new.keras",
        size=32,
    )
    assert record["finished"] and record["settings"]["network"] == "hourglass"
    return "new.keras"


def test_it_trains_saves_loads_and_paints(trained, monkeypatch):
    network = load_network(trained)
    for size in ((13, 21), (61, 90)):
        pixels = made_up_photograph(*size).astype(np.float32)
        expected = np.asarray(network(pixels[None], training=False)[0])
        for engine in ENGINES:
            stylizer = Stylizer(trained, engine, "float32")
            stylizer.margin = 0
            np.testing.assert_allclose(stylizer.paint(pixels), expected, atol=0.05)
    graph = stylizer.engine.graph
    assert graph.multiple == 8 and graph.smallest == 16


@pytest.mark.parametrize("engine", ENGINES)
def test_its_tiles_are_the_whole(trained, engine):
    stylizer = Stylizer(trained, engine, "float32")
    pixels = made_up_photograph(150, 260).astype(np.float32)
    tiles = stylizer.paint(pixels, region=160)
    graph, engine = stylizer.engine.graph, stylizer.engine
    if not graph.norms:  # local, but for the photograph's own statistics
        np.testing.assert_allclose(tiles, stylizer.paint(pixels), atol=0.05)
    assert tiles.shape == pixels.shape and 0 <= tiles.min() and tiles.max() <= 255


def test_it_is_counted(trained, capsys):
    parameters.main()
    printed = capsys.readouterr().out
    convolutions = (
        3 * 24 * 25 + 24, 24 * 48 * 9 + 48, 48 * 24 + 24, 24 * 24 + 24,
        *[24 * 24 * 9 + 24] * 2, 48 * 48 * 9 + 48, 48 * 64 * 9 + 64,
        *[64 * 64 * 9 + 64] * 2, 64 * 24 * 9 + 24, *[24 * 24 * 9 + 24] * 2,
        24 * 3 * 49 + 3,
    )  # fmt: skip
    assert f"{sum(convolutions):,}" in printed.split("hourglass")[1]
