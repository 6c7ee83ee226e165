"""What tests share: small made-up pictures, and a narrow network in a style file."""

import importlib
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# On a GPU other sums are rounded, and the first process takes the memory of all.
os.environ.update(CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")

import numpy as np
import pytest
from absl import flags
from made_up_weights import write_darknet
from PIL import Image
from tiny import TINY_TRAINING, build_tiny_network

import training.learn
from models.checkpoint import load_network, save_network
from models.transformer import build_network

SCRIPTS = (
    "train",
    "stylize",
    "optimize",
    "benchmarks.quality",
    "benchmarks.runtime",
    "benchmarks.loss_curve",
    "benchmarks.ablation",
    "benchmarks.gallery",
)


def made_up_photograph(height, width, seed=0):
    """Smooth colours with some grain, uint8 RGB."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), int)
    return np.clip(smooth + rng.integers(-9, 10, smooth.shape), 0, 255).astype(np.uint8)


def trained_like(network):
    """Random norms, with the statistics of what goes through them."""
    rng = np.random.default_rng(0)
    for norm in network._flatten_layers():
        if hasattr(norm, "moving_mean"):
            norm.gamma.assign(rng.normal(1, 0.1, norm.gamma.shape))
            norm.beta.assign(rng.normal(0, 0.1, norm.beta.shape))
            norm.momentum = 0
    pictures = np.stack([made_up_photograph(64, 64, seed) for seed in range(4)])
    network(pictures.astype(np.float32), training=True)
    return network


def import_script(name):
    """One of `SCRIPTS` as a module: their flags have names in common."""
    for script in SCRIPTS:
        flags.FLAGS.remove_flag_values(
            [flag.name for flag in flags.FLAGS.get_flags_for_module(script)]
        )
        sys.modules.pop(script, None)
    path = sys.path.copy()  # of which benchmarks replace the first, their own folder
    try:
        return importlib.import_module(name)
    finally:
        sys.path[:] = path


def assert_same(first, second):
    """That two style files have the same weights, to the bit."""
    pairs = zip(*(load_network(p).get_weights() for p in (first, second)), strict=True)
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)


def interrupt_at(patch, last):
    """Lets a training in this process end with KeyboardInterrupt in step `last`."""
    add = training.learn.RunRecord.add

    def interrupt(self, step, losses):
        if step == last:
            raise KeyboardInterrupt
        return add(self, step, losses)

    patch.setattr(training.learn.RunRecord, "add", interrupt)


@pytest.fixture
def learn(painting, photographs, tmp_path, monkeypatch):
    """`learn_style` with a tiny network, in a folder of its own."""
    monkeypatch.setattr(training.learn, "build_network", build_tiny_network)
    monkeypatch.chdir(tmp_path)

    def learn(**settings):
        given = {"style": painting, "data": photographs} | TINY_TRAINING | settings
        return training.learn.learn_style(**given)

    return learn


@pytest.fixture
def photograph():
    return made_up_photograph(37, 50)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A folder of eight JPEGs, two of them in a folder inside."""
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "inside").mkdir()
    for i in range(8):
        path = folder / ("inside" if i > 5 else ".") / f"{i}.jpg"
        Image.fromarray(made_up_photograph(60 + i, 90 - 5 * i, i)).save(path, quality=95)
    return str(folder)


@pytest.fixture(scope="session")
def painting(tmp_path_factory):
    path = tmp_path_factory.mktemp("painting") / "painting.png"
    Image.fromarray(made_up_photograph(50, 40, 99)).save(path)
    return str(path)


@pytest.fixture(scope="session")
def style(tmp_path_factory):
    """A style file with an untrained narrow network."""
    path = str(tmp_path_factory.mktemp("style") / "narrow.keras")
    recipe = {
        "settings": {"network": "fusion"},
        "painting": {"file": "painting.png"},
        "photographs": 0,
    }
    save_network(build_network(width=0.125), path, recipe)
    return path


@pytest.fixture(scope="session")
def darknet(tmp_path_factory):
    """(path of a made-up .weights file, its layers)."""
    path = tmp_path_factory.mktemp("darknet") / "tiny.weights"
    return path, write_darknet(path)
