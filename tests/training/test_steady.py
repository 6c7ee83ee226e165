"""Learning to hold still: nothing changes without it, and it can be resumed."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from fusion_style.losses import temporal
from fusion_style.models.config import NetworkConfig
from fusion_style.models.loading import load_network
from fusion_style.tests.support.pictures import assert_same, interrupt_at
from fusion_style.tests.support.tiny import TINY_LOSS, picture
from fusion_style.tests.training.test_workers import assert_the_same
from fusion_style.tests.training.test_workers import learn as learn_together
from fusion_style.training.trainer import build_trainer


def test_without_it_nothing_is_computed(learn, monkeypatch):
    with monkeypatch.context() as patch:
        for name in ("random_shift", "moved", "noisy", "unsteadiness"):
            patch.delattr(temporal, name)
        record = learn(steps=2)
    assert "steady" not in record["history"][0]
    assert record["settings"]["steady_weight"] == 0


def test_it_is_learned_logged_and_resumed(learn, monkeypatch, capsys):
    given = {"steps": 6, "steady_weight": 10.0, "norm": "batch", "checkpoint_every": 0}
    whole = learn(**given, out="whole.keras")
    entry = whole["history"][0]
    assert 0 < entry["steady"] < 1
    known = 0.15 * entry["content"] + entry["style"] + 5e-4 * entry["variation"]
    assert entry["loss"] == pytest.approx(known + 10 * entry["steady"], rel=1e-4)
    assert "steady=0." in capsys.readouterr().err
    with monkeypatch.context() as patch:
        interrupt_at(patch, 4)
        with pytest.raises(KeyboardInterrupt):
            learn(**given, out="stopped.keras")
    with pytest.raises(ValueError, match="steady_weight = 10.0. Received: 1.0"):
        learn(**given | {"steady_weight": 1.0}, out="stopped.keras", resume=True)
    resumed = learn(**given, out="stopped.keras", resume=True)
    assert resumed["resumed"] and resumed["history"] == whole["history"]
    assert_same("whole.keras", "stopped.keras")


def test_the_second_painting_leaves_batch_norm_alone(learn):
    """After one step, the statistics are those of the first pass only."""
    found = []
    for weight in (0.0, 10.0):
        out = f"{weight:g}.keras"
        learn(steps=1, norm="batch", steady_weight=weight, out=out)
        network = load_network(out)
        found.append([np.array(v) for v in network.non_trainable_variables])
    assert len(found[0]) >= 6
    for first, second in zip(*found, strict=True):
        np.testing.assert_array_equal(first, second)


def test_two_devices_learn_the_same(painting, photographs, tmp_path):
    given = {"style": painting, "data": photographs, "norm": "batch", "steps": 4}
    given["steady_weight"] = 10.0
    found = []
    for name, devices in (("one", "cpu"), ("two", "cpu:2")):
        out = f"{name}.keras"
        ((status, history, errors),) = learn_together(
            tmp_path, **given, devices=devices, out=out
        )
        assert status == 0, errors[-2000:]
        found.append((tmp_path / out, history))
    (first, history), (second, other) = found
    assert_the_same((first, json.loads(history)), second, other)


def test_each_style_is_compared_with_itself():
    keras.utils.set_random_seed(0)
    config = NetworkConfig("tiny", width=0.125, conditions=2)
    loss = replace(TINY_LOSS, steady_weight=2.0)
    paintings = [picture(24, 24), picture(24, 24)]
    trainer = build_trainer(paintings, config, [loss], seed=5)
    for weight in trainer.transformer.trainable_variables:  # γ and β are all the same
        weight.assign_add(keras.random.normal(weight.shape, stddev=0.1, seed=1))
    trainer.begin_at(11)
    photographs, lessons = picture(2, 20, 20), np.array([1, 0], "int32")
    painted = np.asarray(trainer((photographs, lessons), training=True))
    value = float(trainer.compute_loss((photographs, lessons), y_pred=painted))

    shift = np.asarray(temporal.random_shift(5, 11))
    moved = temporal.noisy(temporal.moved(photographs, shift), 5, 11)
    again = np.asarray(trainer((moved, lessons), training=True))
    expected = np.asarray(temporal.unsteadiness(again, painted, shift))
    assert float(trainer.steady.result()) == pytest.approx(expected.mean(), rel=1e-5)
    assert int(trainer.step) == 12
    terms = trainer.perceptual_loss.of(lessons)(photographs, painted)
    total = trainer.perceptual_loss.total(terms | {"steady": expected})
    assert value == pytest.approx(float(np.mean(total)), rel=1e-5)
