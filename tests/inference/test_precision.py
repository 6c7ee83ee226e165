"""--precision bfloat16: what is computed in it, what is not, and that it learns alike."""

import keras
import numpy as np
import pytest
from keras import ops

from fusion_style.losses.config import LossConfig
from fusion_style.losses.perceptual import PerceptualLoss, gram_matrix
from fusion_style.models.keras_builder import build_network
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.training.trainer import StyleTrainer

LAYERS = ("relu1_2",), ("relu1_1", "relu2_1")


def make_trainer(policy):
    """A narrow network and a shallow loss, the same weights for every policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(0)
        painting = made_up_photograph(32, 32, 9).astype("float32")
        loss = PerceptualLoss(painting, LossConfig("vgg16", "random", *LAYERS))
        return StyleTrainer(build_network(norm="batch", width=0.25), loss)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.fixture(scope="module")
def trainers():
    full, half = (make_trainer(policy) for policy in ("float32", "mixed_bfloat16"))
    for network in ("transformer", "perceptual_loss.network"):
        source, target = full, half
        for name in network.split("."):
            source, target = getattr(source, name), getattr(target, name)
        for a, b in zip(source.weights, target.weights, strict=True):
            np.testing.assert_array_equal(a, b)  # one seed, one start
    return full, half


@pytest.fixture(scope="module")
def photographs():
    return np.stack([made_up_photograph(32, 32, i) for i in range(4)]).astype("float32")


def loss_and_gradients(trainer, photographs):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        painted = trainer(photographs, training=True)
        loss = trainer.compute_loss(photographs, y_pred=painted)
    return loss, tape.gradient(loss, trainer.trainable_variables)


def test_activations_are_half_and_all_else_is_whole(trainers, photographs):
    _, trainer = trainers
    for network in (trainer.transformer, trainer.perceptual_loss.network):
        for layer in network._flatten_layers():
            if isinstance(layer, keras.layers.Conv2D):
                assert layer.compute_dtype == "bfloat16" and layer.kernel.dtype == "float32"
    ends = ("input_norm", "mirror", "tanh", "output", "painted")
    for name in ends:
        assert trainer.transformer.get_layer(name).compute_dtype == "float32"
    features = trainer.perceptual_loss.network(photographs)
    assert {keras.backend.standardize_dtype(f.dtype) for f in features.values()} == {
        "bfloat16"
    }
    floats = [gram_matrix(f) for f in features.values()]
    floats += trainer.perceptual_loss(photographs, photographs).values()
    floats += trainer.perceptual_loss.style_targets.values()
    assert {keras.backend.standardize_dtype(t.dtype) for t in floats} == {"float32"}


def test_the_loss_and_its_gradients_are_close_to_float32(trainers, photographs):
    (whole, exact), (half, rough) = (loss_and_gradients(t, photographs) for t in trainers)
    assert keras.backend.standardize_dtype(half.dtype) == "float32"
    assert float(half) == pytest.approx(float(whole), rel=0.02)
    assert {keras.backend.standardize_dtype(g.dtype) for g in rough} == {"float32"}
    assert all(np.isfinite(g).all() for g in rough)
    a, b = (np.concatenate([np.ravel(g) for g in grads]) for grads in (exact, rough))
    assert a @ b / np.sqrt((a @ a) * (b @ b)) > 0.8  # rounding noise of 20 layers


def test_updates_are_float32(trainers, photographs):
    """A step far below bfloat16's resolution still moves the weights."""
    _, trainer = trainers
    trainer.compile(keras.optimizers.SGD(1e-9), jit_compile=False)
    assert {v.dtype for v in trainer.optimizer.variables if "iter" not in v.path} <= {
        "float32"
    }
    kernel = trainer.transformer.get_layer("conv4").kernel
    before = ops.convert_to_numpy(kernel).copy()
    trainer.train_on_batch(photographs)
    moved = np.abs(ops.convert_to_numpy(kernel) - before)
    assert 0 < moved.max() < 1e-3 * np.abs(before).max()
