"""Lessons: paintings times strokes, which photograph learns which, and their losses."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.photos import prefetch
from fusion_style.data.photos.sources import Folder
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.conditions import Condition
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.tiny import TINY_LOSS, picture
from fusion_style.training import strategy
from fusion_style.training.by_style import COLUMNS, StyleLosses
from fusion_style.training.draws import Draws
from fusion_style.training.paintings import SmallPaintingWarning, lessons, read_painting
from fusion_style.training.strategy import with_lessons


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
