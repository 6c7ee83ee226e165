"""Networks with a row of γ and β for each style: norms, graphs, files, engines."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from fusion_style.inference.engines.registry import load_engine
from fusion_style.inference.statistics import photograph_of
from fusion_style.models.conditions import Condition, read_conditions
from fusion_style.models.config import NetworkConfig
from fusion_style.models.drawing import Inputs, draw
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.keras_builder import build_network, named_layers
from fusion_style.models.keras_norms import (
    ConditionalBatchNormalization,
    ConditionalInstanceNormalization,
)
from fusion_style.models.loading import load_graph, load_network
from fusion_style.models.rewrites import one_style, painting
from fusion_style.models.shipped import shipped_styles
from fusion_style.models.style_file import StyleFileError, save_network
from fusion_style.tests.models.test_graph import with_weights
from fusion_style.tests.support.numpy_operations import NumPyOperations
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.style_parts import RECIPE, put_together, take_apart

RNG = np.random.default_rng(0)
ROWS = [{"painting": name, "stroke": size} for name in "ab" for size in (256, 512)][:3]
MIX = np.float32([[0.2, 0.0, 0.8], [0.5, 0.75, -0.25]])


def called(layer, x, weights, **options):
    """The layer's output with made-up rows, and these."""
    layer([x, weights])
    values = [RNG.uniform(0.5, 1.5, w.shape).astype("float32") for w in layer.weights]
    layer.set_weights(values)
    return np.asarray(layer([x, weights], **options)), values


def test_instance_norm_is_dumoulins_equation_5():
    x = RNG.normal(3, 2, (2, 6, 5, 4)).astype("float32")
    found, (gamma, beta) = called(ConditionalInstanceNormalization(3), x, MIX)
    x, weights = x.astype(float), MIX.astype(float)
    mean, variance = (f(x, axis=(1, 2), keepdims=True) for f in (np.mean, np.var))
    gamma, beta = ((weights @ rows)[:, None, None] for rows in (gamma, beta))
    expected = gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_has_rows_and_common_statistics(training, held):
    x = RNG.normal(3, 2, (2, 6, 5, 4)).astype("float32")
    layer = ConditionalBatchNormalization(3)
    layer.held = held
    found, before = called(layer, x, MIX, training=training)
    gamma, beta, mean, variance = (value.astype(float) for value in before)
    if training and not held:
        seen = x.mean(axis=(0, 1, 2), dtype=float), x.var(axis=(0, 1, 2), dtype=float)
        moved = [0.98 * a + 0.02 * b for a, b in zip((mean, variance), seen, strict=True)]
        mean, variance = seen
    else:
        moved = mean, variance
    gamma, beta = ((MIX.astype(float) @ rows)[:, None, None] for rows in (gamma, beta))
    expected = gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.array(layer.weights[2:]), moved, rtol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_one_row_is_plain_instance_norm_to_the_bit(policy):
    x = RNG.normal(3, 2, (2, 9, 7, 6)).astype("float32")
    rows = ConditionalInstanceNormalization(3, dtype=policy)
    plain = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, dtype=policy)
    weights = np.float32([[0, 1, 0], [0, 0, 1]])
    found, (gamma, beta) = called(rows, x, weights)
    plain.build(x.shape)
    for i, row in enumerate((1, 2)):
        plain.set_weights([gamma[row], beta[row]])
        np.testing.assert_array_equal(found[i], plain(x)[i])


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_a_style_is_linear_in_its_weights(norm):
    config = NetworkConfig(width=0.0625, norm=norm, conditions=3)
    graph = with_weights(build_graph(config))
    rows = [graph.style(row) for row in np.eye(3)]
    assert graph.conditions == 3 and painting(graph).conditions == 3
    for i, row in enumerate(rows):
        gammas = np.concatenate([norm.weights["gamma"][i] for norm in graph.norms])
        np.testing.assert_array_equal(row[0], gammas.astype("float32"))
    mixed = sum(
        weight * row.astype(float) for weight, row in zip(MIX[1], rows, strict=True)
    )
    np.testing.assert_allclose(graph.style(MIX[1]), mixed, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(painting(graph).style(MIX[1]), graph.style(MIX[1]))


@pytest.mark.parametrize("weights", [None, [1.0], [1, 0, np.nan], np.eye(3)], ids=str)
def test_weights_that_are_no_mix(weights):
    graph = with_weights(build_graph(NetworkConfig(width=0.0625, conditions=3)))
    with pytest.raises(ValueError, match="which style|weights must be 3 finite numbers"):
        graph.style(weights)


def test_one_condition_is_what_it_was():
    config = NetworkConfig(width=0.0625)
    graph = with_weights(build_graph(config))
    assert config.conditions == graph.conditions == 1
    assert all(norm.shapes["gamma"] == (norm.channels,) for norm in graph.norms)
    np.testing.assert_array_equal(graph.style(), graph.style([1.0]))


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_a_row_paints_as_a_network_of_its_own(norm):
    config = NetworkConfig(width=0.0625, norm=norm, conditions=3)
    graph = with_weights(build_graph(config))
    fast, alone = painting(graph), painting(one_style(graph, MIX[0]))
    assert fast.measured == (norm == "instance") and alone.conditions == 1
    assert bool(alone.norms) == (norm == "instance")
    inputs = {"mean": np.full(3, 100.0), "factor": np.full(3, 0.02)}
    picture = RNG.uniform(0, 255, (1, 12, 16, 3))
    styles = fast.style(MIX[0]), alone.style()
    found, expected = (
        draw(one, NumPyOperations(), picture, Inputs(**inputs, style=style))[0]
        for one, style in zip((fast, alone), styles, strict=True)
    )
    np.testing.assert_allclose(found, expected, atol=1e-2)
    assert expected.std() > 10


@pytest.fixture(scope="module", params=["instance", "batch"])
def many(request, tmp_path_factory):
    """A style file of three conditions whose rows differ."""
    keras.utils.set_random_seed(0)
    network = build_network(norm=request.param, width=0.125, conditions=3)
    for name, layer in named_layers(network):
        if name.endswith("_norm"):
            shapes = [weight.shape for weight in layer.weights]
            layer.set_weights([RNG.uniform(0.3, 1.7, shape) for shape in shapes])
    path = str(tmp_path_factory.mktemp("many") / f"{request.param}.keras")
    save_network(network, path, {"settings": {}, "conditions": ROWS})
    return path


def test_it_is_saved_and_loaded(many):
    pixels = made_up_photograph(21, 30)[None].astype("float32")
    network = load_network(many)
    assert network.config.conditions == 3
    again = keras.saving.load_model(many)
    found = [np.asarray(one([pixels, MIX[:1]])) for one in (network, again)]
    np.testing.assert_array_equal(*found)
    assert read_conditions(many)[1] == Condition("a", 512)


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_every_engine_paints_every_row_and_every_mix(many, engine):
    network, graph = load_network(many), painting(load_graph(many))
    painter = load_engine(graph, engine, "float32")
    pixels = made_up_photograph(32, 44).astype("float32")
    painted = []
    for weights in (*np.eye(3, dtype="float32"), MIX[0]):
        style = graph.style(weights)
        painted.append(painter.paint(pixels[None], photograph_of(pixels), style))
        expected = network([pixels[None], weights[None]], training=False)
        np.testing.assert_allclose(painted[-1], expected, atol=0.05)
    assert painter.compilations == 1
    assert np.abs(painted[0] - painted[1]).mean() > 1


@pytest.mark.parametrize("name", shipped_styles())
def test_a_shipped_file_of_one_painting_has_one_condition(name):
    (found,) = read_conditions(shipped_styles()[name])
    assert found.painting == name and found.stroke in (256, 512)


@pytest.mark.parametrize("rows", [
    None, "ab", ROWS[:2], [1, 2, 3], [{}, {}, {}], [*ROWS[:2], {"painting": "b"}],
    [*ROWS[:2], {"painting": 7, "stroke": 256}],
    [*ROWS[:2], {"painting": "b", "stroke": "x"}],
], ids=str)  # fmt: skip
def test_a_recipe_that_cannot_be(many, rows, tmp_path):
    recipe = json.dumps({"settings": {}, "conditions": rows} if rows else {}).encode()
    parts = [(n, recipe if n == RECIPE else data) for n, data in take_apart(many)]
    path = put_together(tmp_path / "bad.keras", parts)
    with pytest.raises(StyleFileError, match="bad.keras is a damaged style file: its"):
        read_conditions(path)


def test_what_a_table_says_is_kept(many, tmp_path):
    row = {"painting": "wave", "stroke": 384, "file": "wave.jpg", "title": "The Great Wave",
           "painter": "Hokusai", "year": "1831"}  # fmt: skip
    recipe = json.dumps(
        {"settings": {}, "conditions": [row | {"sha256": "…"}] * 3}
    ).encode()
    parts = [(n, recipe if n == RECIPE else data) for n, data in take_apart(many)]
    found = read_conditions(put_together(tmp_path / "good.keras", parts))
    assert dataclasses.asdict(found[2]) == row
