"""Photographs in which nothing varies, or a single pixel: no training is lost to them."""

import dataclasses

import keras
import numpy as np
import pytest
from PIL import Image

import fusion_style.training.trainer
from fusion_style.data.images import PictureError
from fusion_style.data.photos.sources import Folder
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.config import NetworkConfig
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.tiny import TINY_LOSS
from fusion_style.training.trainer import (
    LONGEST,
    build_trainer,
    compile_trainer,
    longest_gradient,
)

SIZE, STEPS = 16, 60
FLAT = {"black": 0, "white": 255, "color": (200, 30, 77)}


def write(folder, flat):
    """Write twelve photographs with texture and, if asked, six without."""
    folder.mkdir()
    for i in range(12):
        Image.fromarray(made_up_photograph(24, 20, i)).save(folder / f"{i}.png")
    for name, color in FLAT.items() if flat else ():
        pixels = np.full((SIZE, SIZE, 3), color, np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        pixels[SIZE // 2, SIZE // 3] = 255 - pixels[0, 0]
        Image.fromarray(pixels).save(folder / f"{name}_lit.png")
    return Folder(str(folder))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Photographs with texture, and those with half as many flat or lit ones beside."""
    folder = tmp_path_factory.mktemp("flat")
    return write(folder / "without", flat=False), write(folder / "with", flat=True)


def test_no_crop_is_of_one_color(folders):
    stream = PhotoStream(folders[1], SIZE)
    found = [stream.find(position) for position in range(180)]  # ten epochs
    assert not {name for name, _ in found} & {f"{name}.png" for name in FLAT}
    assert all(np.ptp(crop, axis=(0, 1)).max() > 0 for _, crop in found)
    assert {f"{name}_lit.png" for name in FLAT} <= {name for name, _ in found}
    assert stream.skipped == {}  # they can be read
    again = PhotoStream(folders[1], SIZE)
    np.testing.assert_array_equal(again.crop(77), found[77][1])
    assert again.names(5, 3) == list(dict.fromkeys(name for name, _ in found[15:18]))


def test_a_folder_of_nothing_else_is_one_clear_line(tmp_path):
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "night.png")
    with pytest.raises(PictureError, match="The last: night.png shows a single color"):
        PhotoStream(Folder(str(tmp_path)), SIZE)


@pytest.mark.parametrize(
    ("network", "norm", "batch", "seeds", "most"),
    [
        ("fusion", "instance", 1, 3, 1.2),
        ("inception", "batch", 2, 1, 1.1),
        ("johnson", "batch", 1, 3, 1.2),
    ],
)
def test_a_training_is_as_good_with_them(
    network, norm, batch, seeds, most, folders, monkeypatch
):
    """Each network, norm and batch size, but for the mobile network, is here."""
    found = loss_with_over_without(network, norm, batch, seeds, folders, monkeypatch)
    assert found < most


@pytest.mark.thorough
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("network", ["fusion", "johnson", "inception", "mobile"])
def test_every_training_is_as_good_with_them(network, norm, batch, folders, monkeypatch):
    """Norms use the crops' own statistics.

    After 60 steps, 30% of the moving averages is still what they began with (0.98^60).
    """
    found = loss_with_over_without(network, norm, batch, 12, folders, monkeypatch, own=True)
    assert found < 1.1


def loss_with_over_without(network, norm, batch, seeds, folders, monkeypatch, own=False):
    """The same network, trained with them and without, paints held-out photographs.

    Compared are the mean losses of its paintings of the same 16 crops with texture, after
    trainings with `seeds` orders of the photographs. After so few steps, another order
    alone changes the loss by up to half.
    """
    monkeypatch.setattr(fusion_style.training.trainer, "jit_compile", lambda: False)
    keras.utils.set_random_seed(0)
    painting = made_up_photograph(24, 24, 99).astype(np.float32)
    config = NetworkConfig(network=network, norm=norm, width=0.125)
    trainer = build_trainer([painting], config, [TINY_LOSS])
    compile_trainer(trainer, 2e-3, STEPS)
    transformer, start = trainer.transformer, {}
    weights = transformer.get_weights()
    trainer.optimizer.save_own_variables(start)
    start = {name: np.array(value) for name, value in start.items()}
    held_out = [made_up_photograph(SIZE, SIZE, 100 + i) for i in range(16)]
    held_out = np.stack(held_out).astype(np.float32)

    def loss_after(folder, seed):
        transformer.set_weights(weights)
        trainer.optimizer.load_own_variables(start)
        batches = PhotoStream(folder, SIZE, seed).batches(batch)
        history = trainer.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0)
        assert np.isfinite(history.history["loss"]).all()
        assert all(np.isfinite(w).all() for w in transformer.get_weights())
        terms = trainer.perceptual_loss(held_out, transformer(held_out, training=own))
        return float(np.mean(trainer.perceptual_loss.total(terms)))

    without, with_them = (
        np.mean([loss_after(folder, seed) for seed in range(seeds)]) for folder in folders
    )
    print(f"{network}, {norm} norm, batches of {batch}: {with_them / without:.2f}")
    return with_them / without


def test_the_longest_gradient_grows_with_the_weights_of_the_loss():
    painting = made_up_photograph(24, 24).astype(np.float32)

    def longest(**told):
        return longest_gradient(
            PerceptualLoss(painting, dataclasses.replace(TINY_LOSS, **told))
        )

    assert longest() == LONGEST
    assert longest(style_weight=7.0) == 7 * LONGEST
    assert longest(steady_weight=100.0) == LONGEST
    assert longest(reduction="sum") is None
    assert longest(content_weight=0, style_weight=0, tv_weight=0) is None
