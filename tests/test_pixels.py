"""Pixels optimised: objectives against NumPy and closed forms, optimizers, gradients."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from data.images import resize
from losses.dream import Dream
from losses.gatys import GatysLoss, content_loss, gram_per_position, style_loss
from losses.objective import PictureObjective
from losses.perceptual import PerceptualLoss, total_variation
from training.gradients import value_and_gradient
from training.memory import activations, bytes_needed, check_memory
from training.pixels import METHODS, minimise
from training.scales import enlarge_changes, first_pixels, sizes

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RNG = np.random.default_rng(0)
TINY = {
    "loss_network": "vgg16",
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": {"relu1_1": 1, "relu2_1": 3},
}


def picture(*shape):
    return RNG.uniform(0, 255, (*shape, 3)).astype("float32")


@pytest.fixture(scope="module")
def perceptual():
    keras.utils.set_random_seed(0)
    return PerceptualLoss(picture(20, 24), tv_weight=1e-4, also=["relu1_2"], **TINY)


@pytest.fixture(scope="module")
def gatys():
    keras.utils.set_random_seed(0)
    return GatysLoss(picture(16, 18), style_weight=1e3, tv_weight=2.0, **TINY)


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
    options = TINY | {"style_layers": ["relu2_1"], "content_layers": []}
    mean = PerceptualLoss(picture(8, 8), pooling="average", **options).network
    x = picture(8, 8)[None]
    base = next(layer for layer in mean.layers if isinstance(layer, keras.Model))
    conv = base.get_layer("block1_conv2")
    before = keras.Model(base.input, conv.output)(mean.layers[1](x))
    pooled = np.asarray(before).reshape(1, 4, 2, 4, 2, 64).mean(axis=(2, 4))
    expected = base.get_layer("block2_conv1")(pooled)
    np.testing.assert_allclose(mean(x)["relu2_1"], expected, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match="max or average"):
        PerceptualLoss(picture(8, 8), pooling="min", **options)


def quadratic(x):
    """Smallest at 100; 300 away from it would leave 0-255."""
    weights = ops.reshape(ops.arange(1.0, 4.0, dtype="float32"), (1, 1, 1, 3))
    total = ops.sum(weights * ops.square(x - 100.0))
    return total, {"squares": total}


@pytest.mark.parametrize("method", METHODS)
def test_a_known_minimum_is_found(method):
    steps = []
    result = minimise(quadratic, picture(5, 4), method, 150, callback=steps.append)
    np.testing.assert_allclose(result.pixels, 100, atol=1.5)
    totals = [terms["total"] for terms in result.losses]
    assert totals[-1] < 1e-3 * totals[0]
    assert [step.iteration for step in steps] == list(range(1, len(steps) + 1))
    assert len(totals) == len(steps) + 1
    assert steps[-1].terms == result.losses[-1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", ["photo", "noise"])
def test_every_optimizer_reduces_the_loss(method, start, perceptual):
    photograph = picture(16, 14)
    perceptual.see_style(picture(20, 24))
    objective = PictureObjective(perceptual, photograph)
    result = minimise(objective, first_pixels(start, photograph, 1), method, 12)
    totals = [terms["total"] for terms in result.losses]
    assert len(totals) == 13
    assert totals[-1] < 0.9 * totals[0]
    assert result.pixels.dtype == np.float32
    assert 0 <= result.pixels.min() and result.pixels.max() <= 255


@pytest.mark.parametrize("method", METHODS)
def test_pixels_stay_pixels(method):
    result = minimise(lambda x: (ops.sum(x), {}), picture(3, 3), method, 40, 30.0)
    np.testing.assert_allclose(result.pixels, 0, atol=1e-3)


def test_adam_is_keras_adam():
    start = picture(4, 4)
    variable = keras.Variable(start)
    optimizer = keras.optimizers.Adam(2.0, epsilon=1e-7)
    weights = np.arange(1, 4, dtype="float32")
    for _ in range(8):
        optimizer.apply([2 * weights * (np.asarray(variable) - 100)], [variable])
    result = minimise(quadratic, start, "adam", 8, learning_rate=2.0)
    np.testing.assert_allclose(result.pixels, variable, atol=1e-2)


@pytest.mark.parametrize("method", ["adam", "gd"])
def test_going_on_is_as_if_never_stopped(method):
    options = {"jitter": 2, "seed": 5} if method == "adam" else {}
    start = picture(6, 7)
    objective = lambda x: (ops.sum(total_variation(x)), {})  # noqa: E731
    whole = minimise(objective, start, method, 9, **options)
    steps = []
    minimise(
        objective, start, method, 9, **options,
        callback=lambda step: steps.append(step) or step.iteration == 4,
    )  # fmt: skip
    assert len(steps) == 4
    rest = minimise(
        objective, steps[-1].pixels, method, 9, **options,
        done=steps[-1].iteration, state=steps[-1].state,
    )  # fmt: skip
    np.testing.assert_array_equal(rest.pixels, whole.pixels)
    assert len(rest.losses) == 9 - 4 + 1


def test_lbfgs_goes_on_from_where_it_was_stopped():
    start = picture(5, 4)
    first = minimise(quadratic, start, iterations=9, callback=lambda s: s.iteration == 2)
    assert len(first.losses) == 3
    rest = minimise(quadratic, first.pixels, iterations=9, done=2)
    assert rest.losses[0]["total"] == pytest.approx(first.losses[-1]["total"])
    assert rest.losses[-1]["total"] < first.losses[-1]["total"]
    nothing = minimise(quadratic, start, iterations=9, done=9)
    np.testing.assert_array_equal(nothing.pixels, start)


def test_what_is_not_finite_ends_it():
    with pytest.raises(FloatingPointError, match="no longer finite after 0 iterations"):
        minimise(lambda x: (ops.sum(ops.log(x - 300.0)), {}), picture(3, 3), "adam", 3)


def test_what_cannot_be():
    with pytest.raises(ValueError, match="method must be one of lbfgs, adam, gd"):
        minimise(quadratic, picture(3, 3), "newton")
    with pytest.raises(ValueError, match="no jitter"):
        minimise(quadratic, picture(3, 3), jitter=3)
    with pytest.raises(ValueError, match="more than 0"):
        minimise(quadratic, picture(3, 3), "adam", learning_rate=-1.0)


@pytest.mark.parametrize("target", ["relu2_1", "relu1_2:5"])
def test_a_dream_becomes_more_active(target):
    keras.utils.set_random_seed(0)
    photograph = picture(20, 18)
    dream = Dream([target])
    loss = PerceptualLoss(
        None, "vgg16", "random", content_layers=[], tv_weight=0, also=dream.layers
    )
    objective = PictureObjective(loss, photograph, dream)
    result = minimise(objective, photograph, "gd", 8, normalize=True, jitter=4)
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


def test_sizes_from_small_to_large():
    assert sizes(300, 600, 512, 3) == [(64, 128), (128, 256), (256, 512)]
    assert sizes(300, 600, 512, 9)[0] == (16, 32)
    assert sizes(30, 40, None) == [(30, 40)]
    with pytest.raises(ValueError, match="would have 64×6"):
        sizes(10, 100, 64)


def test_what_was_changed_is_enlarged_and_details_stay():
    photograph = picture(32, 48)
    smooth = np.clip(photograph, 60, 180)  # what is added keeps it within 0-255
    small = resize(smooth, 16, 24)
    np.testing.assert_allclose(enlarge_changes(small, smooth, 32, 48), smooth, atol=1e-3)
    brighter = enlarge_changes(small + 20, smooth, 32, 48)
    np.testing.assert_allclose(brighter, smooth + 20, atol=1e-3)


def test_noise_is_seeded():
    photograph = picture(9, 8)
    first, again, other = (first_pixels("noise", photograph, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 50
    assert first_pixels("photo", photograph) is photograph


def test_memory_is_counted_by_hand(perceptual):
    """Of VGG16 to relu2_1 at 8×8: the input, two convolutions, a pool, a convolution."""
    total, largest = activations(perceptual.network, 8, 8)
    assert total == 8 * 8 * (3 + 64 + 64) + 4 * 4 * (64 + 128)
    assert largest == 8 * 8 * 64


def test_what_does_not_fit_is_refused(perceptual, monkeypatch):
    said = []
    check_memory(perceptual.network, (32, 48), "lbfgs", said.append)
    assert "48×32 pixels will need about" in said[0]
    monkeypatch.setattr("training.memory.bytes_there", lambda: int(2e9))
    with pytest.raises(MemoryError, match="Give a --size of at most") as error:
        check_memory(perceptual.network, (30_000, 20_000), "lbfgs")
    side = int(str(error.value).split()[-1])
    fits = bytes_needed(perceptual.network, side, side * 2 // 3)
    assert 0.9 * 2e9 < fits <= 2.01e9


OTHER_BACKEND = """
import sys
import numpy as np
from losses.gatys import GatysLoss
from losses.objective import PictureObjective
from training.gradients import value_and_gradient
from training.pixels import minimise
data = dict(np.load(sys.argv[1]))
loss = GatysLoss(
    data["painting"], 1.0, 1e3, 2.0, loss_network="vgg16", loss_weights="random",
    content_layers=["relu1_2"], style_layers={"relu1_1": 1, "relu2_1": 3})
loss.network.set_weights([data[f"w{i}"] for i in range(len(loss.network.weights))])
loss.see_style(data["painting"])
objective = PictureObjective(loss, data["photograph"])
value, terms, gradient = value_and_gradient(objective)(data["painted"])
result = minimise(objective, data["painted"], iterations=2)
totals = [terms["total"] for terms in result.losses]
np.savez(sys.argv[1], value=value, gradient=gradient, totals=totals)
"""


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_other_backends_agree(backend, gatys, tmp_path):
    pytest.importorskip(backend)
    data = {name: picture(16, 18) for name in ("painting", "photograph", "painted")}
    gatys.see_style(data["painting"])
    objective = PictureObjective(gatys, data["photograph"])
    value, _, gradient = value_and_gradient(objective)(data["painted"])
    weights = {f"w{i}": w for i, w in enumerate(gatys.network.get_weights())}
    path = tmp_path / "data.npz"
    np.savez(path, **data, **weights)
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, path],
        cwd=ROOT, env=os.environ | {"KERAS_BACKEND": backend}, check=True,
    )  # fmt: skip
    with np.load(path) as found:
        assert float(found["value"]) == pytest.approx(value, rel=1e-3)
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(found["gradient"] / scale, gradient / scale, atol=1e-3)
        assert found["totals"][-1] < 0.9 * found["totals"][0]
