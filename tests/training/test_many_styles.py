"""Learning several paintings at several strokes in one network, and adding to it."""

import json
import os
import signal

import numpy as np
import pytest

from fusion_style.models.conditions import Condition, read_conditions
from fusion_style.models.loading import load_graph, load_network
from fusion_style.models.style_file import read_recipe
from fusion_style.tests.support import tiny_train, worker
from fusion_style.tests.support.forked import Forked
from fusion_style.tests.support.pictures import assert_same
from fusion_style.tests.support.tiny import TINY_TRAINING, as_flags
from fusion_style.tests.training.test_workers import learn as learn_together


@pytest.fixture(scope="module")
def given(paintings, photographs):
    return TINY_TRAINING | {
        "style": paintings, "data": photographs, "style_size": [24, 40],
        "checkpoint_every": 0, "devices": "cpu", "learning_rate": 1e-3,
    }  # fmt: skip


@pytest.fixture(scope="module")
def trained(given, tmp_path_factory):
    """The folder of a training of 12 steps that nothing disturbed."""
    folder = tmp_path_factory.mktemp("trained")
    flags = as_flags(given | {"steps": 12, "out": "many.keras"})
    status, printed, errors = Forked(tiny_train.main, flags, folder=folder).result()
    assert status == 0, errors[-2000:]
    assert "sea 24 " in printed and "Learned from 48 photographs" in printed
    return folder


def test_a_file_of_many(trained):
    record = read_recipe(trained / "many.keras")
    assert record["settings"]["conditions"] == 4 and "painting" not in record
    assert [one["file"] for one in record["paintings"]] == ["sea.png", "wood.png"]
    found = read_conditions(trained / "many.keras")
    assert found[0].title == "The Sea" and found[3] == Condition("wood", 40, "wood.png")
    assert load_graph(trained / "many.keras").conditions == 4
    (last,) = record["by_style"][-1:]
    assert last["step"] == 12 and len(last["loss"]) == 4
    whole = sum(entry["photographs"][0] for entry in record["by_style"])
    assert whole == 12  # a quarter of 48
    network = load_network(trained / "many.keras")
    for row in network.get_layer("conv1_norm").gamma.numpy()[1:]:
        assert (row != network.get_layer("conv1_norm").gamma.numpy()[0]).any()
    assert os.path.isfile(trained / "many.training" / "preview.jpg")


@pytest.mark.parametrize("balance", [False, True])
def test_stopped_and_resumed_is_the_same_training(trained, given, balance, tmp_path):
    flags = as_flags(given | {"steps": 12, "out": "many.keras"})
    if balance:
        flags.append("--balance")
        status, _, errors = Forked(tiny_train.main, flags, folder=tmp_path).result()
        assert status == 0, errors[-2000:]
        trained, flags[-2] = tmp_path, "--out=again.keras"
    out = flags[-2 if balance else -1].partition("=")[2]
    stopped = Forked(tiny_train.main, flags, 11, signal.SIGINT, folder=tmp_path).result()
    assert stopped[0] == 1, stopped[2][-2000:]
    go_on = stopped[1].split("python train.py ")[1].split()
    assert Forked(tiny_train.main, go_on, folder=tmp_path).result()[0] == 0
    assert_same(trained / "many.keras", tmp_path / out)
    one, two = (read_recipe(path) for path in (trained / "many.keras", tmp_path / out))
    assert one["by_style"] == two["by_style"] and one["history"] == two["history"]


def test_two_devices_are_one(given, tmp_path):
    settings, found = given | {"steps": 6}, []
    for devices, out in ("cpu", "1.keras"), ("cpu:2", "2.keras"):
        more = {"devices": devices, "out": out}
        status, history, errors = Forked(
            worker.main, settings | more, folder=tmp_path
        ).result(timeout=150)
        assert status == 0, errors[-2000:]
        found.append((json.loads(history), read_recipe(tmp_path / out)["by_style"]))
    for one, two in zip(*(history for history, _ in found), strict=True):
        assert one == pytest.approx(two, rel=1e-5)
    (one, two) = (entries[-1] for _, entries in found)
    for name in ("loss", "content", "style"):
        assert one[name] == pytest.approx(two[name], rel=1e-3)
    weights = [load_network(tmp_path / f"{n}.keras").get_weights() for n in (1, 2)]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def test_two_workers_are_one(given, tmp_path):
    settings = given | {"steps": 4}
    found = []
    for workers in (1, 2):
        results = learn_together(tmp_path, workers, **settings, out=f"{workers}.keras")
        assert [status for status, _, _ in results] == [0] * workers, results[0][2][-2000:]
        found.append(read_recipe(tmp_path / f"{workers}.keras"))
    for one, two in zip(*(record["history"] for record in found), strict=True):
        assert one == pytest.approx(two, rel=1e-5)
    one, two = (record["by_style"][-1]["style"] for record in found)
    assert one == pytest.approx(two, rel=1e-3)


def test_one_style_is_a_head_start_for_many(learn):
    learn(steps=1, out="one.keras")
    options = {"init_from": "one.keras", "learning_rate": 1e-12}
    learn(style_size=[24, 40], steps=1, out="two.keras", **options)
    one, two = load_graph("one.keras"), load_graph("two.keras")
    for row in np.eye(2):
        np.testing.assert_allclose(two.style(row), one.style(), atol=1e-9)
    with pytest.raises(ValueError, match="conditions=2.* does not fit .*conditions=3"):
        learn(style_size=[24, 32, 40], steps=1, out="no.keras", init_from="two.keras")


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_adding_holds_all_that_was(norm, learn, paintings):
    sea = os.path.join(paintings, "sea.png")
    learn(style=sea, norm=norm, steps=2, out="one.keras")
    options = {"add_to": "one.keras", "learning_rate": 0.01}
    wood = os.path.join(paintings, "wood.png")
    record = learn(style=wood, style_size=[24, 40], steps=3, out="more.keras", **options)
    assert record["settings"]["conditions"] == 3 and record["settings"]["norm"] == norm
    assert record["started_from"]["steps"] == 2
    found = read_conditions("more.keras")
    assert [(one.painting, one.stroke) for one in found] == [
        ("sea", 24), ("wood", 24), ("wood", 40),
    ]  # fmt: skip
    one, more = load_graph("one.keras"), load_graph("more.keras")
    for old, new in zip(one.nodes, more.nodes, strict=True):
        for name, weight in old.weights.items():
            kept = new.weights[name][0] if name in ("gamma", "beta") else new.weights[name]
            np.testing.assert_array_equal(weight, kept)
    np.testing.assert_array_equal(one.style(), more.style([1, 0, 0]))
    assert (more.style([0, 1, 0]) != more.style([0, 0, 1])).any()
    record = learn(style=sea, style_size=40, steps=1, out="most.keras",
                   add_to="more.keras")  # fmt: skip
    assert len(record["conditions"]) == 4
    most = load_graph("most.keras")
    for row in np.eye(3):
        np.testing.assert_array_equal(most.style([*row, 0]), more.style(row))


def test_what_cannot_be_added(learn, paintings):
    with pytest.raises(ValueError, match="Give add_to or init_from, not both"):
        learn(add_to="one.keras", init_from="one.keras", steps=1)
    with pytest.raises(ValueError, match="There is no style one.keras"):
        learn(add_to="one.keras", steps=1)
    sea = {"style": os.path.join(paintings, "sea.png"), "steps": 1}
    learn(**sea, out="one.keras")
    with pytest.raises(ValueError, match="one.keras has learned sea 24 already"):
        learn(**sea, add_to="one.keras", out="two.keras")
