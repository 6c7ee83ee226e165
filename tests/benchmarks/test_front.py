"""The mobile network's family, and the peer's network as an ONNX file."""

import numpy as np
import pytest

from fusion_style.benchmarks import peer_onnx
from fusion_style.benchmarks.yardstick.family import FAMILY
from fusion_style.models.config import NetworkConfig
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.networks import NETWORKS
from fusion_style.tests.support.pictures import import_script

ROW = {"content": 1.0, "style": 0.1, "grid_2": 1.0, "grid_4": 2.0, "bytes": 5e5}


def row(total, ms):
    return ROW | {"total": total, "ms": ms, "ms_1024": 4 * ms}


def test_the_front_is_those_that_none_beats_in_both():
    script = import_script("fusion_style.benchmarks.front")
    rows = {
        "fusion": row(0.30, 80.0), "slow": row(0.31, 90.0), "quick": row(0.40, 10.0),
        "middle": row(0.35, 20.0), "beaten": row(0.36, 21.0),
    }  # fmt: skip
    assert script.front(rows) == ["quick", "middle", "fusion"]
    lines = script.table(rows)
    assert len(lines) == 2 + len(rows)
    (quick,) = (line for line in lines if line.startswith("| quick"))
    cells = [cell.strip() for cell in quick.strip("|").split("|")]
    assert cells[2] == "133%" and cells[8] == "8.0×" and cells[-2:] == ["0.50", "yes"]


def test_the_shipped_network_is_one_of_the_family(monkeypatch):
    graphs = {}
    for name, drawing in FAMILY.items():
        monkeypatch.setitem(NETWORKS, name, drawing)
        graphs[name] = build_graph(NetworkConfig(name))
    shipped = build_graph(NetworkConfig("mobile"))
    assert shipped.parameters() == graphs["64x3-thin-add"].parameters()
    assert shipped.multiply_adds(64, 64) == graphs["64x3-thin-add"].multiply_adds(64, 64)
    papers = {n: NetworkConfig(n, upsample="deconv") for n in FAMILY}
    costs = {n: build_graph(p).multiply_adds(640, 360) for n, p in papers.items()}
    assert max(costs, key=lambda name: costs[name]) == "fusion"


@pytest.mark.usefixtures("in_float32")
def test_both_runtimes_paint_the_peers_network_alike(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    painters = peer_onnx.painters(str(tmp_path))
    assert len(painters) == 2
    pixels = np.random.default_rng(0).uniform(0, 255, (24, 36, 3)).astype(np.float32)
    one, other = (paint(pixels) for paint in painters.values())
    assert one.shape == pixels.shape and one.std() > 0
    np.testing.assert_allclose(one, other, atol=0.05 * one.std())


def test_the_peers_network_is_pytorchs_example(tmp_path):
    """As many parameters as pytorch/examples' fast_neural_style says that it has."""
    onnx = pytest.importorskip("onnx")
    path = str(tmp_path / "peer.onnx")
    peer_onnx.write(path)
    weights = [list(w.dims) for w in onnx.load(path).graph.initializer if w.data_type == 1]
    count = sum(int(np.prod(dims)) for dims in weights if dims != [4])
    # Johnson's convolutions, and γ and β of all layers but the last.
    channels = 32 + 64 + 128 + 10 * 128 + 64 + 32
    assert count == 1_676_035 + 2 * channels
