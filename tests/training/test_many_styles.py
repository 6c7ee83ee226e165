"""Learning several paintings at several strokes in one network, and adding to it."""

import json
import os
import signal

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.photos import prefetch
from fusion_style.data.photos.sources import Folder
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.conditions import Condition, read_conditions
from fusion_style.models.loading import load_graph, load_network
from fusion_style.models.style_file import read_recipe
from fusion_style.tests.support import tiny_train, worker
from fusion_style.tests.support.forked import Forked
from fusion_style.tests.support.pictures import assert_same, made_up_photograph
from fusion_style.tests.support.tiny import TINY_LOSS, TINY_TRAINING, as_flags, picture
from fusion_style.tests.training.test_workers import learn as learn_together
from fusion_style.training import strategy
from fusion_style.training.by_style import COLUMNS, StyleLosses
from fusion_style.training.draws import Draws
from fusion_style.training.paintings import SmallPaintingWarning, lessons, read_painting
from fusion_style.training.strategy import with_lessons


@pytest.fixture(scope="module")
def paintings(tmp_path_factory):
    """A folder of two paintings, and a table that knows one."""
    folder = tmp_path_factory.mktemp("paintings")
    for i, name in enumerate(("sea", "wood")):
        Image.fromarray(made_up_photograph(60, 50, 90 + i)).save(folder / f"{name}.png")
    row = {"title": "The Sea", "painter": "A. Painter", "year": 1872}
    (folder / "paintings.json").write_text(json.dumps({"sea.png": row}))
    return str(folder)


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


def test_lessons_are_paintings_times_strokes(paintings):
    found = lessons(paintings, (24, 40))
    said = {"title": "The Sea", "painter": "A. Painter", "year": "1872"}
    assert [lesson.condition for lesson in found] == [
        Condition("sea", 24, "sea.png", **said), Condition("sea", 40, "sea.png", **said),
        Condition("wood", 24, "wood.png"), Condition("wood", 40, "wood.png"),
    ]  # fmt: skip
    assert lessons(os.path.join(paintings, "wood.png"), 24) == found[2:3]
    with pytest.raises(ValueError, match="There are 2 paintings called sea"):
        lessons([paintings, os.path.join(paintings, "sea.png")], 24)
    with pytest.raises(ValueError, match="There are 2 strokes of 24"):
        lessons(paintings, [24, 24])


@pytest.mark.parametrize(("name", "text"), [
    ("paintings.json", "[1]"), ("paintings.json", '{"a.png": 1}'), ("paintings.json", "{"),
    ("paintings.csv", "a,b\n1,2\n"),
])  # fmt: skip
def test_a_table_that_cannot_be_read(name, text, tmp_path):
    Image.fromarray(made_up_photograph(20, 20)).save(tmp_path / "a.png")
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name} should say each file's title"):
        lessons(str(tmp_path), 16)


def test_a_table_of_a_spreadsheet(tmp_path):
    Image.fromarray(made_up_photograph(20, 20)).save(tmp_path / "a.png")
    text = "\ufefffile,title,painter,year\na.png,A,B,\n"
    (tmp_path / "paintings.csv").write_text(text, "utf-8")
    (found,) = lessons(str(tmp_path), 16)
    assert found.condition == Condition("a", 16, "a.png", "A", "B", "")


def test_a_small_painting_says_so(paintings):
    with pytest.warns(SmallPaintingWarning, match="sea.png has a shorter side of 50 pixel"):
        pixels = read_painting(lessons(paintings, 80)[0])
    assert min(pixels.shape[:2]) == 80


def test_draws_are_even_and_a_function_of_the_position():
    draws = Draws(3, 5)
    whole = draws.at(0, 60)
    assert (np.bincount(whole) == 12).all()
    for first in (0, 3, 7, 29):
        np.testing.assert_array_equal(Draws(3, 5).at(first, 8), whole[first : first + 8])
    assert (np.sort(whole.reshape(-1, 5)) == np.arange(5)).all()
    assert (Draws(4, 5).at(0, 60) != whole).any()
    pairs = set(zip(whole[:-1].tolist(), whole[1:].tolist(), strict=True))
    assert len(pairs) > 15  # no fixed order


def test_shares_are_kept_in_every_stretch():
    shares = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    found = Draws(0, 5, shares).at(0, 5 * 400).reshape(-1, 5)
    counts = np.array([np.bincount(stretch, minlength=5) for stretch in found])
    assert (np.abs(counts - 5 * shares) < 1).all()
    np.testing.assert_allclose(counts.mean(axis=0), 5 * shares, atol=0.1)
    even = Draws(0, 5, np.full(5, 0.2)).at(0, 100).reshape(-1, 5)
    assert (np.sort(even) == np.arange(5)).all()


def test_losses_of_each_style_are_means():
    losses = StyleLosses(["a", "b", "c"], steps=20, every=10)
    rng = np.random.default_rng(0)
    which, values = rng.integers(0, 2, (20, 4)), rng.uniform(0.5, 1, (20, 4))
    for step in range(1, 21):
        sums = np.zeros((3, len(COLUMNS)))
        for style, value in zip(which[step - 1], values[step - 1], strict=True):
            sums[style] += [1, value, 2 * value, 3 * value, 4 * value]
        if step == 15:  # stopped, and gone on with
            saved, losses = losses.saved(), StyleLosses(["a", "b", "c"], 20, 10)
            losses.load(json.loads(json.dumps(saved)))
        full = losses.add(step, 0.5 * sums)
        assert bool(full) == (step in (10, 20))
    assert [entry["step"] for entry in losses.history] == [10, 20]
    expected = values[10:][which[10:] == 1].mean()
    assert losses.history[1]["style"][1] == pytest.approx(3 * expected, rel=1e-4)
    assert losses.history[1]["loss"][2] is None and "loss/c" not in full
    assert full["loss/b"] == losses.history[1]["loss"][1]


def test_balance_draws_what_falls_behind():
    losses = StyleLosses(["a", "b", "c", "d"], steps=100, every=10)
    assert losses.shares(9) is None
    losses.history = [{"step": 10, "loss": [0.1, 0.3, 5.0, None]}]
    found = losses.shares(10)
    assert found.sum() == pytest.approx(1) and found[2] == found.max() <= 4 * found.min()
    losses.history.append({"step": 20, "loss": [1.0, 1.0, 1.0, 1.0]})
    np.testing.assert_array_equal(losses.shares(19), found)
    np.testing.assert_allclose(losses.shares(20), 0.25)


def test_each_picture_is_compared_with_its_own_painting():
    paintings = [picture(20, 24), 0.5 * picture(16, 18), 80 + 0.2 * picture(30, 17)]
    many = PerceptualLoss([], TINY_LOSS)
    many.see_each(paintings)
    photographs, pictures, rows = picture(4, 16, 16), picture(4, 16, 16), [2, 0, 1, 2]
    found = many.of(np.array(rows))(photographs, pictures)
    for i, row in enumerate(rows):
        many.see_style(paintings[row])
        one = many(photographs[i : i + 1], pictures[i : i + 1])
        for name, term in one.items():
            assert float(found[name][i]) == pytest.approx(float(term[0]), rel=1e-4)


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


def test_every_backend_and_worker_draws_the_same(photographs):
    stream, draws = PhotoStream(Folder(photographs), 24), Draws(0, 5)
    found = with_lessons(prefetch.batches(stream, 4, 2), draws, 4, 2)
    whole = strategy.dataset(stream, draws, 4, 2)
    parts = [strategy.dataset(stream, draws, 4, 2, worker, 2) for worker in (0, 1)]
    for number, (one, two, *halves) in enumerate(
        zip(found, *(data.take(3).as_numpy_iterator() for data in (whole, *parts)),
            strict=False), 2,
    ):  # fmt: skip
        together = (np.concatenate([half[0][i] for half in halves]) for i in (0, 1))
        for a, b, c in zip(one[0], two[0], together, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(one[0][1], draws.at(4 * number, 4))


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
