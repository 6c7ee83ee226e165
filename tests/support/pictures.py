"""What tests share: small made-up pictures, scripts as modules, trainings that end."""

import importlib
import pathlib
import sys

import numpy as np
from absl import flags
from PIL import Image

import fusion_style.training.learn
from fusion_style.models.loading import load_network

ROOT = str(pathlib.Path(__file__).parents[2])
SCRIPTS = (
    "fusion_style.train",
    "fusion_style.stylize",
    "fusion_style.optimize",
    "fusion_style.export",
    "fusion_style.benchmarks.quality",
    "fusion_style.benchmarks.runtime",
    "fusion_style.benchmarks.loss_curve",
    "fusion_style.benchmarks.ablation",
    "fusion_style.benchmarks.front",
    "fusion_style.benchmarks.gallery",
    "fusion_style.benchmarks.soak",
)


def made_up_photograph(height, width, seed=0):
    """Smooth colors with some grain, uint8 RGB."""
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
    return importlib.import_module(name)


def assert_same(first, second):
    """That two style files have the same weights, to the bit."""
    pairs = zip(*(load_network(p).get_weights() for p in (first, second)), strict=True)
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)


def interrupt_at(patch, last):
    """Lets a training in this process end with KeyboardInterrupt in step `last`."""
    add = fusion_style.training.learn.RunRecord.add

    def interrupt(self, step, losses):
        if step == last:
            raise KeyboardInterrupt
        return add(self, step, losses)

    patch.setattr(fusion_style.training.learn.RunRecord, "add", interrupt)
