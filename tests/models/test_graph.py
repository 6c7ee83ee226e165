"""Graphs: what follows from a network's shape, and what the passes keep."""

import dataclasses

import numpy as np
import pytest

from fusion_style.models.config import NetworkConfig
from fusion_style.models.drawing import Inputs, draw
from fusion_style.models.graph import Graph
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.networks import NETWORKS
from fusion_style.models.rewrites import fold_norms, painting, rewrite
from fusion_style.tests.support.numpy_operations import NumPyOperations
from fusion_style.tests.support.papers_network import papers_network

RNG = np.random.default_rng(0)
SMALL = NetworkConfig(width=0.0625, norm="batch")


def with_weights(graph: Graph) -> Graph:
    """Return the graph with random weights."""

    def rule(node, inputs):
        if not node.shapes:
            return None
        weights = {
            name: RNG.uniform(0.5, 1.5, shape) if name in ("gamma", "variance")
            else RNG.normal(0, 0.3, shape)
            for name, shape in node.shapes.items()
        }  # fmt: skip
        return dataclasses.replace(node, inputs=inputs, weights=weights)

    return rewrite(graph, rule)


@pytest.mark.parametrize("upsample", ["resize", "deconv"])
@pytest.mark.parametrize("name", NETWORKS)
def test_passes_keep_the_papers_function(name, upsample):
    config = dataclasses.replace(SMALL, network=name, upsample=upsample, input_norm=False)
    graph = with_weights(build_graph(config))
    fast = painting(graph)
    assert not fast.norms and not fast.layers("scale")
    picture = RNG.uniform(0, 255, (1, 16, 12, 3))
    painted, statistics = draw(fast, NumPyOperations(), picture, Inputs())
    assert statistics is None
    np.testing.assert_allclose(painted, papers_network(graph, picture), atol=1e-3)


def test_given_statistics_are_batch_norms():
    """Instance norm that is given mean and variance is a folded batch norm."""
    graph = with_weights(build_graph(SMALL))
    kinds = "mean", "variance"
    given = [np.concatenate([n.weights[kind] for n in graph.norms]) for kind in kinds]

    def forget(node, inputs):
        kept = {k: v for k, v in node.weights.items() if k not in kinds}
        return dataclasses.replace(node, inputs=inputs, weights=kept)

    free = painting(rewrite(graph, forget))
    assert len(free.norms) == len(graph.norms) and not fold_norms(graph).norms
    picture, ops = RNG.uniform(0, 255, (1, 12, 16, 3)), NumPyOperations()
    scale = {"mean": np.full(3, 100.0), "factor": np.full(3, 0.02)}
    inputs = Inputs(**scale, style=free.style(), statistics=np.array(given))
    painted, seen = draw(free, ops, picture, inputs)
    expected, _ = draw(painting(graph), ops, picture, Inputs(**scale))
    np.testing.assert_allclose(painted, expected, atol=1e-2)
    np.testing.assert_array_equal(seen, given)


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_farther_away_than_the_reach_matters(name):
    config = dataclasses.replace(SMALL, network=name, input_norm=False)
    graph = with_weights(build_graph(config))

    def positive(node, inputs):  # no ReLU hides anything
        weights = {k: np.abs(v) * (k != "mean") for k, v in node.weights.items()}
        return dataclasses.replace(node, inputs=inputs, weights=weights)

    graph = painting(rewrite(graph, positive))
    graph = Graph(graph.output.inputs[0])  # nor does the tanh
    reach, length = graph.output.reach, 8 * graph.multiple + 3 * graph.halo
    picture = RNG.uniform(150, 255, (1, graph.smallest, length, 3))  # above the middle
    before, _ = draw(graph, NumPyOperations(), picture, Inputs())
    for place in length // 2 + np.arange(graph.multiple):
        other = picture.copy()
        other[:, :, place] = 405 - other[:, :, place]
        after, _ = draw(graph, NumPyOperations(), other, Inputs())
        difference = np.abs(after - before).max((0, 1, 3))
        changed = np.flatnonzero(difference > 1e-12 * difference.max())
        assert len(changed) and np.abs(changed - place).max() <= reach


@pytest.mark.parametrize("name", ["fusion", "johnson", "inception"])
def test_what_follows_from_the_papers_shapes(name):
    graph = build_graph(NetworkConfig(network=name))
    assert graph.multiple == 4 and graph.smallest == 8 and graph.halo == 60
    #                              conv1    conv2   conv3    10 in blocks  up1   up2   conv4
    assert graph.output.reach == 4 * 1 + 1 * 1 + 1 * 2 + 10 * 1 * 4 + 1 * 4 + 1 * 2 + 4 * 1
    (first,) = (node for node in graph.layers("conv") if node.sees_pixels)
    assert first.inputs[0].op == "scale"
    assert graph.standardizes


def test_what_follows_from_the_mobile_networks_shape():
    graph = build_graph(NetworkConfig(network="mobile"))
    assert graph.multiple == 4 and graph.smallest == 8 and graph.halo == 36
    #                              conv1   6 in blocks  up1     up2
    assert graph.output.reach == 4 * 1 + 6 * 1 * 4 + 1 * 4 + 1 * 2
    papers = (NetworkConfig(name, upsample="deconv") for name in ("mobile", "fusion"))
    mobile, fusion = (build_graph(p).multiply_adds(640, 360) for p in papers)
    assert mobile < fusion / 7
