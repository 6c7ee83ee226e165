"""The finite-loss guard: trainings that diverge, and go back to the last checkpoint."""

import os
import shutil

import numpy as np
import pytest
from keras import ops

import fusion_style.training.trainer
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.loading import load_network
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import read_recipe
from fusion_style.tests.support.pictures import assert_same, interrupt_at


def with_nan(monkeypatch, at, times):
    """Makes batch number `at` not a number, the first `times` that it is asked for."""
    batches, left = PhotoStream.batches, [times]

    def spoiled(self, batch, start=0, *args):
        left[0] -= 1
        if left[0] < 0:
            return batches(self, batch, start, *args)
        good = batches(self, batch, start, *args).enumerate(start)
        return good.map(lambda n, x: x * np.nan if n == at else x)

    monkeypatch.setattr(PhotoStream, "batches", spoiled)


class Eager(fusion_style.training.trainer.StyleTrainer):
    """Without a graph, which takes longer to make than the few steps to run."""

    def compile(self, *args, **kwargs):
        super().compile(*args, run_eagerly=True, **kwargs)


def test_a_loss_that_is_not_finite_rolls_back(learn, monkeypatch, capsys):
    monkeypatch.setattr(fusion_style.training.trainer, "StyleTrainer", Eager)
    with monkeypatch.context() as patch:
        with_nan(patch, at=3, times=1)
        record = learn(steps=6, checkpoint_every=0, out="whole.keras")
    assert record["finished"]
    # The loss of step 4 is found before a checkpoint could be made of it.
    expected = {"step": 4, "to": 3, "learning_rate": 1e-3}
    assert record["rollbacks"] == [expected]
    assert "back to step 3, with half the learning rate" in capsys.readouterr().err
    assert [entry["step"] for entry in record["history"]] == [6]
    assert np.isfinite(record["history"][0]["loss"])

    # Stopped after it, steps 5 and 6 have half the rate too: as if never stopped.
    with monkeypatch.context() as patch:
        with_nan(patch, at=3, times=1)
        interrupt_at(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            learn(steps=6, checkpoint_every=0, out="cut.keras")
    again = learn(steps=6, checkpoint_every=0, out="cut.keras", resume=True)
    assert again["rollbacks"] == [expected] and again["resumed"] == [4]
    assert_same("whole.keras", "cut.keras")
    assert again["history"] == record["history"]


def spoil(monkeypatch, name, forward):
    """Make a photograph's loss not a number, or only the gradient of its loss."""
    find, call = PhotoStream.find, PerceptualLoss.__call__

    def marked(self, position):
        found, crop = find(self, position)
        return found, np.full_like(crop, 77) if found == name else crop

    def spoiled(self, photographs, pictures):
        terms = call(self, photographs, pictures)
        bad = ops.all(photographs == 77, axis=(1, 2, 3))
        if forward:
            terms["style"] = ops.where(bad, np.nan, terms["style"])
        else:  # the root of 0: ∞ · 0
            zero = 0 * ops.sum(pictures, axis=(1, 2, 3))
            terms["style"] = terms["style"] + ops.sqrt(ops.where(bad, zero, 1.0))
        return terms

    monkeypatch.setattr(PhotoStream, "find", marked)
    monkeypatch.setattr(PerceptualLoss, "__call__", spoiled)


@pytest.mark.parametrize("forward", [True, False], ids=["loss", "gradient"])
def test_photographs_that_fail_twice_are_left_out(learn, monkeypatch, capsys, forward):
    """Whether the loss is not finite, or the gradient, and so the next step's loss."""
    monkeypatch.setattr(fusion_style.training.trainer, "StyleTrainer", Eager)
    spoil(monkeypatch, "3.jpg", forward)
    record = learn(steps=8, batch=2, out="whole.keras")
    assert record["finished"] and record["rollbacks"] == []
    (entry,) = record["left_out"]
    assert "3.jpg" in entry["photographs"] and len(entry["photographs"]) == 2
    # Of eight photographs, two in a step: each is there once in four steps.
    assert 1 <= entry["step"] <= 4 and entry["to"] == 0
    assert f"are left out: {entry['photographs'][0]}" in capsys.readouterr().err
    assert [entry["step"] for entry in record["history"]] == [8]
    if not forward:
        return

    # A training that goes on leaves them out, too.
    with monkeypatch.context() as patch:
        interrupt_at(patch, 7)
        with pytest.raises(KeyboardInterrupt):
            learn(steps=8, batch=2, checkpoint_every=0, out="cut.keras")
    again = learn(steps=8, batch=2, out="cut.keras", resume=True)
    assert again["finished"] and again["rollbacks"] == []
    assert again["left_out"][0]["photographs"] == entry["photographs"]


def test_the_last_photographs_are_not_left_out(learn, monkeypatch, photographs, tmp_path):
    """What fails with all of them is not theirs: half the learning rate, three times."""
    monkeypatch.setattr(fusion_style.training.trainer, "StyleTrainer", Eager)
    (tmp_path / "one").mkdir()
    shutil.copy(os.path.join(photographs, "3.jpg"), tmp_path / "one")
    spoil(monkeypatch, "3.jpg", forward=True)
    with pytest.raises(FloatingPointError, match="after 3 rollbacks"):
        learn(steps=3, batch=1, data=str(tmp_path / "one"))
    assert read_recipe(style_path("painting.training"))["left_out"] == []


def test_a_training_that_diverges_again_and_again_ends(learn, monkeypatch):
    """With the last good network in the checkpoint, and nothing half-written."""
    monkeypatch.setattr(fusion_style.training.trainer, "StyleTrainer", Eager)
    with monkeypatch.context() as patch:
        with_nan(patch, at=0, times=9)
        with pytest.raises(
            FloatingPointError, match="after 3 rollbacks .* of step 0, is in"
        ):
            learn(steps=5, out="my.keras")
    assert sorted(os.listdir()) == ["my.training"]
    checkpoint = style_path("my.training")
    recipe, network = read_recipe(checkpoint), load_network(checkpoint)
    assert [r["to"] for r in recipe["rollbacks"]] == [0, 0, 0]
    assert recipe["rollbacks"][-1]["learning_rate"] == 2e-3 / 8
    assert recipe["left_out"] == []  # it failed with other photographs, too
    assert all(np.isfinite(w).all() for w in network.get_weights())
