"""Style files of many paintings, with made-up weights."""

import dataclasses

import numpy as np

from fusion_style.models.conditions import Condition
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.support import tiny

NETWORK = tiny.TINY_TRAINING["network"]
FOUR = tuple(
    Condition(painting, stroke, f"{painting}.jpg", title, "Somebody", "1900")
    for painting, title in (("wave", "The Wave"), ("udnie", "Udnie"))
    for stroke in (256, 512)
)


def save_many(path, conditions=FOUR, norm="instance", seed=0):
    """Writes a file whose rows of γ and β are random, each another; returns its path."""
    network = build_network(
        network=NETWORK, norm=norm, width=0.25, conditions=len(conditions)
    )
    rng = np.random.default_rng(seed)
    for weight in network.weights:
        if weight.path.split("/")[-1] in ("gamma", "beta"):
            middle = weight.path.endswith("gamma")
            weight.assign(rng.normal(middle, 0.3, weight.shape))
    recipe = {
        "settings": {"network": NETWORK},
        "photographs": 0,
        "conditions": [dataclasses.asdict(condition) for condition in conditions],
    }
    save_network(network, path, recipe)
    return str(path)
