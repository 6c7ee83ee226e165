"""Distilling a loss network: where it begins, what it sees, and that it goes on."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from fusion_style.files import sha256
from fusion_style.losses.features.closed_form import begin_from
from fusion_style.losses.features.distill import disagreement, explained
from fusion_style.losses.features.distilled import MEASURED, vgg19_distilled
from fusion_style.losses.features.networks import build_loss_network
from fusion_style.losses.perceptual import gram_matrix
from fusion_style.training import distill
from fusion_style.training.judged import JudgedPictures, crop

RNG = np.random.default_rng(0)


def smooth(height, width):
    """A picture with colors and edges, uint8 RGB."""
    coarse = RNG.uniform(0, 255, (4, 4, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC))


@pytest.fixture
def folder(tmp_path):
    for i in range(3):
        Image.fromarray(smooth(40, 50)).save(tmp_path / f"{i}.png")
    return tmp_path


def test_it_begins_closer_than_at_random():
    """The closed form explains most of what a random VGG19 sees, at every level."""
    keras.utils.set_random_seed(0)
    teacher = build_loss_network("vgg19", MEASURED, "random").layers[-1]
    whole = vgg19_distilled()
    outputs = {layer: whole.get_layer(layer).output for layer in MEASURED}
    student = keras.Model(whole.input, outputs)
    batch = np.stack([smooth(32, 32) for _ in range(4)]).astype("float32") - 128
    begin_from(whole, teacher, [batch])
    shares = explained(student, teacher, [batch])
    assert shares.pop("relu1_1") == pytest.approx(1, abs=1e-6)
    assert min(shares.values()) > 0.7


def test_disagreement_against_numpy():
    ours, theirs = RNG.normal(size=(2, 3, 5, 4, 6)).astype("float32")
    features, gram = map(float, disagreement(ours, theirs))
    assert features == pytest.approx(
        np.square(ours - theirs).sum() / np.square(theirs).sum()
    )
    a, b = (np.asarray(gram_matrix(x), np.float64) for x in (ours, theirs))
    squares = np.square(b).sum((1, 2))
    scale = (squares + squares.mean()) / 2
    expected = 5 * (np.square(a - b).sum((1, 2)) / scale).mean()
    assert gram == pytest.approx(expected, rel=1e-4)


def test_judged_pictures_are_functions_of_their_number(folder):
    paths = sorted(map(str, folder.glob("*.png")))
    painted = np.stack([np.concatenate([smooth(24, 24)] * 2, axis=-1)])
    first, again = (JudgedPictures(paths, paths[:1], painted, 16) for _ in range(2))
    for number in range(12):
        one = first[number]
        assert one.shape == (16, 16, 3) and one.dtype == np.float32
        assert 0 <= one.min() <= one.max() <= 255
        np.testing.assert_array_equal(one, again[number])
        for half in first.pair(number):
            assert half.shape == (16, 16, 3) and 0 <= half.min() <= half.max() <= 255
    photograph, made = first.pair(4)  # a painted one: here painting changes nothing
    np.testing.assert_array_equal(photograph, made)


@pytest.mark.parametrize("shape", [(16, 16), (9, 30), (200, 17), (64, 48)])
def test_crops_are_squares_of_any_picture(shape):
    square = crop(smooth(*shape).astype("float32"), 16, np.random.default_rng(1))
    assert square.shape == (16, 16, 3)


def test_it_goes_on_where_it_was_interrupted(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(distill, "BEGINNING", 8)
    out = tmp_path / "new" / "student.safetensors"
    command = [
        "--weights", "random", "--data", str(folder), "--valid", str(folder),
        "--paintings", str(folder), "--out", str(out), "--size", "32", "--batch", "2",
        "--painted", "0", "--judged", "5", "--steps",
    ]  # fmt: skip
    distill.main([*command, "1"])
    assert "step 1: " in capsys.readouterr().out
    before = sha256(out)
    distill.main([*command, "2"])
    printed = capsys.readouterr().out
    assert "step 2: " in printed and "fitted in closed form" not in printed
    assert "| relu4_1 |" in printed and "| style |" in printed
    assert sha256(out) != before
    paper = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert paper["sha256"] == sha256(out) and paper["recipe"]["steps"] == 2
    network = build_loss_network("vgg19_distilled", weights=out)
    assert all(np.isfinite(w).all() for w in network.get_weights())
