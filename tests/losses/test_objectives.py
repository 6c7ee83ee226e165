"""Objectives of pixels: against NumPy, closed forms, finite differences, backends."""

import os
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from fusion_style.losses.config import LossConfig
from fusion_style.losses.dream import Dream
from fusion_style.losses.gatys import GatysLoss, content_loss, gram_per_position, style_loss
from fusion_style.losses.objective import PictureObjective
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.optimization.gradients import value_and_gradient
from fusion_style.optimization.minimize import minimize
from fusion_style.tests.support.objective_on_backend import GATYS, KINDS, found, make_loss
from fusion_style.tests.support.pictures import ROOT
from fusion_style.tests.support.tiny import TINY_LOSS, picture

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def perceptual():
    keras.utils.set_random_seed(0)
    return PerceptualLoss(
        picture(20, 24), replace(TINY_LOSS, tv_weight=1e-4), also=["relu1_2"]
    )


@pytest.fixture(scope="module")
def gatys():
    keras.utils.set_random_seed(0)
    return GatysLoss(picture(16, 18), replace(TINY_LOSS, **GATYS))


def rectified(*shape):
    """Features after a ReLU, some of them 0."""
    return np.maximum(RNG.normal(size=shape), 0).astype("float32")


def through_relu(function):
    """`function` of the features before a ReLU, as an objective."""
    return lambda x: (ops.sum(function(ops.relu(x))), {})


def test_gatys_content_and_its_closed_form():
    """∂L/∂F = F − P where F > 0, else 0 (Gatys et al. 2016, eq. 2)."""
    before, target = RNG.normal(size=(6, 5, 3)).astype("float32"), rectified(1, 6, 5, 3)
    features = np.maximum(before, 0)
    value, _, gradient = value_and_gradient(
        through_relu(lambda f: content_loss(f, target))
    )(before)
    assert value == pytest.approx(0.5 * ((features - target[0]) ** 2).sum(), rel=1e-5)
    expected = np.where(before > 0, features - target[0], 0)
    np.testing.assert_allclose(gradient, expected, atol=1e-5)


def test_gatys_style_and_its_closed_form():
    """∂E/∂F = 1 / (N² M²) Fᵀ(G − A) where F > 0, else 0 (eq. 6)."""
    height, width, channels = 6, 5, 4
    before = RNG.normal(size=(height, width, channels)).astype("float32")
    painting = rectified(1, height, width, channels)
    value, _, gradient = value_and_gradient(
        through_relu(lambda f: style_loss(f, gram_per_position(painting)))
    )(before)
    n, m = channels, height * width
    f = np.maximum(before, 0).reshape(m, n).astype(np.float64)
    a = painting.reshape(m, n).astype(np.float64)
    difference = f.T @ f - a.T @ a
    assert value == pytest.approx((difference**2).sum() / (4 * n**2 * m**2), rel=1e-5)
    expected = np.where(f > 0, f @ difference / (n**2 * m**2), 0)
    np.testing.assert_allclose(gradient.reshape(m, n), expected, atol=1e-6)


def test_gatys_terms_against_numpy(gatys):
    photograph, painted = picture(16, 18), picture(16, 18)
    painting = picture(16, 18)
    gatys.see_style(painting)
    p, a, f = (
        {k: np.asarray(v[0], np.float64) for k, v in gatys.network(x[None]).items()}
        for x in (photograph, painting, painted)
    )
    content = 0.5 * ((f["relu1_2"] - p["relu1_2"]) ** 2).sum()
    style = 0
    for layer, weight in (("relu1_1", 0.25), ("relu2_1", 0.75)):
        n, m = f[layer].shape[-1], f[layer][..., 0].size
        g, target = (x[layer].reshape(m, n).T @ x[layer].reshape(m, n) for x in (f, a))
        style += weight * ((g - target) ** 2).sum() / (4 * n**2 * m**2)
    variation = sum(np.abs(np.diff(painted, axis=i)).sum() for i in (0, 1))

    total, terms = PictureObjective(gatys, photograph)(painted[None])
    for name, value in {"content": content, "style": style, "variation": variation}.items():
        assert float(terms[name]) == pytest.approx(value, rel=1e-3)
    assert float(total) == pytest.approx(content + 1e3 * style + 2 * variation, rel=1e-3)


@pytest.mark.parametrize("kind", ["perceptual", "gatys", "dream"])
def test_gradient_against_finite_differences(kind, perceptual, gatys):
    loss = gatys if kind == "gatys" else perceptual
    dream = Dream(["relu2_1:3", "relu1_2=2"]) if kind == "dream" else None
    photograph, painted = picture(14, 12), picture(14, 12)
    evaluate = value_and_gradient(PictureObjective(loss, photograph, dream, 0.3))
    gradient = evaluate(painted)[2]
    # Mostly uphill: at random, there would be little but rounding to be seen.
    direction = gradient / gradient.std() + RNG.normal(size=painted.shape)
    direction = direction.astype("float32")
    up, down = (evaluate(painted + step * direction)[0] for step in (0.1, -0.1))
    slope = float((gradient * direction).sum())
    assert (up - down) / 0.2 == pytest.approx(slope, rel=2e-2)


def test_several_paintings_mix_their_gram_matrices(perceptual):
    paintings = [picture(12, 12), picture(15, 11)]
    grams = []
    for painting in paintings:
        perceptual.see_style(painting)
        grams.append(perceptual.style_targets["relu2_1"])
    perceptual.see_style(paintings, [3, 1])
    expected = 0.75 * np.asarray(grams[0]) + 0.25 * np.asarray(grams[1])
    np.testing.assert_allclose(perceptual.style_targets["relu2_1"], expected, rtol=1e-4)
    with pytest.raises(ValueError, match="for each of 2 paintings"):
        perceptual.see_style(paintings, [1.0])


def test_mixed_gram_matrices_are_a_weighted_sum_of_gatys_losses(gatys):
    """Up to a constant: differences between two pictures are the same."""
    paintings, pictures = (
        [picture(12, 14), picture(12, 14)],
        [picture(12, 14)[None], picture(12, 14)[None]],
    )

    def difference():
        return float(np.diff([gatys.style(gatys.network(x))[0] for x in pictures])[0])

    apart = []
    for painting in paintings:
        gatys.see_style(painting)
        apart.append(difference())
    gatys.see_style(paintings, [1, 3])
    assert difference() == pytest.approx(0.25 * apart[0] + 0.75 * apart[1], rel=1e-3)


def test_average_pooling():
    keras.utils.set_random_seed(0)
    config = replace(
        TINY_LOSS, style_layers=("relu2_1",), content_layers=(), pooling="average"
    )
    mean = PerceptualLoss(picture(8, 8), config).network
    x = picture(8, 8)[None]
    base = next(layer for layer in mean.layers if isinstance(layer, keras.Model))
    conv = base.get_layer("block1_conv2")
    before = keras.Model(base.input, conv.output)(mean.layers[1](x))
    pooled = np.asarray(before).reshape(1, 4, 2, 4, 2, 64).mean(axis=(2, 4))
    expected = base.get_layer("block2_conv1")(pooled)
    np.testing.assert_allclose(mean(x)["relu2_1"], expected, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match="pooling must be one of max, average"):
        PerceptualLoss(picture(8, 8), replace(config, pooling="min"))


@pytest.mark.parametrize("target", ["relu2_1", "relu1_2:5"])
def test_a_dream_becomes_more_active(target):
    keras.utils.set_random_seed(0)
    photograph = picture(20, 18)
    dream = Dream([target])
    config = LossConfig("vgg16", "random", content_layers=(), tv_weight=0)
    loss = PerceptualLoss(None, config, also=dream.layers)
    objective = PictureObjective(loss, photograph, dream)
    result = minimize(objective, photograph, "gd", 8, normalize=True, jitter=4)
    assert result.losses[-1]["dream"] > 1.1 * result.losses[0]["dream"]

    layer, _, channel = target.partition(":")
    features = np.asarray(loss.network(photograph[None])[layer], np.float64)
    wanted = features[..., int(channel)] if channel else features
    expected = wanted.mean() / features.std()
    still = objective(photograph[None])[1]["dream"]
    assert float(still) == pytest.approx(expected, rel=1e-4)


def test_channels_that_are_not_there(perceptual):
    with pytest.raises(ValueError, match="relu1_2 has the channels 0 to 63"):
        PictureObjective(perceptual, picture(12, 12), Dream(["relu1_2:64"]))
    with pytest.raises(ValueError, match="LAYER or LAYER:CHANNEL. Received: 'relu1_2:x'"):
        Dream(["relu1_2:x"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_other_backends_agree(backend, kind, tmp_path):
    """Gatys' objective, and ours with the palette and a dream."""
    pytest.importorskip(backend)
    data = {name: picture(16, 18) for name in ("painting", "photograph", "painted")}
    weights = make_loss(kind, data["painting"]).network.get_weights()
    here, path = found(kind, **data, weights=weights), tmp_path / "data.npz"
    np.savez(path, **data, **{f"w{i}": weight for i, weight in enumerate(weights)})
    program = os.path.join(ROOT, "tests", "support", "objective_on_backend.py")
    subprocess.run(
        [sys.executable, program, kind, path],
        env=os.environ | {"KERAS_BACKEND": backend}, check=True,
    )  # fmt: skip
    with np.load(path) as there:
        assert float(there["value"]) == pytest.approx(here["value"], rel=1e-3)
        scale = np.abs(here["gradient"]).max()
        np.testing.assert_allclose(
            there["gradient"] / scale, here["gradient"] / scale, atol=1e-3
        )
        assert there["totals"][-1] < there["totals"][0]
