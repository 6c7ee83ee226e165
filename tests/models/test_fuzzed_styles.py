"""300 damaged style files: each is one clear line, or paints the right picture.

What is right is known without the code that is tested: h5py's own walk over the weights,
and the papers' layers in float64 with SciPy.
"""

import dataclasses
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fusion_style.inference.blank import PaintingWarning
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models import loading, rehearsal
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import rewrite
from fusion_style.models.style_file import StyleFileError
from fusion_style.tests.support.damages import DAMAGES, Whole, bits_of_tables
from fusion_style.tests.support.papers_network import papers_network
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.style_parts import CONFIG, WEIGHTS, stored_weights

FUZZED = settings(
    max_examples=300,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking takes minutes; a case is small as it is
)  # fmt: skip
PICTURE = made_up_photograph(16, 16).astype("float32")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Whole(tmp_path_factory.mktemp("fuzzed"))


def test_a_damaged_style_is_one_line_or_the_right_picture(whole, monkeypatch):
    # No damage is in HDF5's own tables, where the sums don't know it.
    monkeypatch.setattr(loading, "rehearse", lambda content, wanted: None)
    seen = {"refused": 0, "the same": 0, "painted": 0}

    @FUZZED
    @given(st.data())
    def fuzz(data):
        data.draw(st.sampled_from(DAMAGES))(data.draw, whole)
        seen[verdict(whole)] += 1

    fuzz()
    print(seen)
    assert sum(seen.values()) >= 300 and min(seen.values()) >= 10


def test_damaged_tables_without_sums_do_not_crash_the_process(whole, monkeypatch):
    monkeypatch.setattr(rehearsal, "TIMEOUT", 10)
    seen = {"read": 0, "refused": 0}

    @settings(FUZZED, max_examples=25)
    @given(st.data())
    def fuzz(data):
        bits_of_tables(data.draw, whole)
        try:
            load_graph(whole.damaged)
        except StyleFileError as error:
            assert str(error).isprintable()
            seen["refused"] += 1
        else:
            seen["read"] += 1

    fuzz()
    print(seen)
    assert sum(seen.values()) >= 25


def verdict(whole):
    """What became of `whole.damaged`, which is checked."""
    try:
        graph = load_graph(whole.damaged)
    except StyleFileError as error:
        said = str(error)
        assert whole.damaged in said and said.isprintable() and len(said) < 700
        return "refused"
    with zipfile.ZipFile(whole.damaged) as archive:  # other members may be damaged
        network = [archive.read(name) for name in (CONFIG, WEIGHTS)]
    if network == whole.network:
        return "the same"
    stored = stored_weights(network[1])
    graph = holding(graph, stored)
    if same(graph, whole.graph):
        return "the same"
    expected = papers_painting(graph)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", PaintingWarning)
        painted = Stylizer(whole.damaged, "openvino", "float32").paint(PICTURE)
    if not np.isfinite(painted).all():
        assert told and whole.damaged in str(told[0].message)
        return "painted"
    assert -1e-3 <= painted.min() and painted.max() <= 255 + 1e-3
    largest = max(np.abs(array).max() for arrays in stored.values() for array in arrays)
    if largest < 100:  # float32 is as good as float64
        np.testing.assert_allclose(painted, expected, atol=0.5)
    return "painted"


def holding(graph, stored):
    """The graph with the weights that h5py finds; those that it had must be the same."""

    def rule(node, inputs):
        if not node.shapes:
            return None
        arrays = dict(zip(node.shapes, stored[node.name], strict=True))
        for name, array in arrays.items():
            np.testing.assert_array_equal(node.weights[name], array.astype("float32"))
        arrays = {name: array.astype("float64") for name, array in arrays.items()}
        return dataclasses.replace(node, inputs=inputs, weights=arrays)

    return rewrite(graph, rule)


def same(one, other):
    """Whether two graphs are the same network with the same weights."""
    return len(one.nodes) == len(other.nodes) and all(
        (a.op, a.name, a.options) == (b.op, b.name, b.options)
        and all(np.array_equal(a.weights[name], b.weights[name]) for name in b.weights)
        for a, b in zip(one.nodes, other.nodes, strict=True)
    )


def papers_painting(graph, margin=Stylizer.margin):
    """The painting of `PICTURE`, of which the picture mirrored outwards is painted."""
    pixels = PICTURE[None].astype("float64")
    border = ((0, 0), (margin, margin), (margin, margin), (0, 0))
    with np.errstate(all="ignore"):
        painted = papers_network(graph, np.pad(pixels, border, mode="reflect"), pixels)
    return painted[0, margin:-margin, margin:-margin]


def test_the_oracle_paints_as_the_whole_style_does(whole):
    stored = stored_weights(dict(whole.parts)[WEIGHTS])
    expected = papers_painting(holding(whole.graph, stored))
    painted = Stylizer(whole.path, "openvino", "float32").paint(PICTURE)
    np.testing.assert_allclose(painted, expected, atol=1e-2)
    assert painted.std() > 5
