"""A narrow network of three conditions, and what paints with a mix of them."""

import keras
import numpy as np

from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network

ROWS = [
    {"painting": "wave", "stroke": 256, "title": "The Wave", "painter": "Hokusai"},
    {"painting": "wave", "stroke": 512, "title": "The Wave", "painter": "Hokusai"},
    {"painting": "udnie", "stroke": 256, "title": "Udnie"},
]


def save_several(path, norm="instance"):
    """Writes a style file of `ROWS`, untrained."""
    keras.utils.set_random_seed(0)
    network = build_network(norm=norm, width=0.0625, conditions=len(ROWS))
    rng = np.random.default_rng(0)
    for layer in network._flatten_layers():
        if hasattr(layer, "gamma"):
            layer.gamma.assign(rng.normal(1, 0.3, layer.gamma.shape))
            layer.beta.assign(rng.normal(0, 0.3, layer.beta.shape))
        if hasattr(layer, "moving_variance"):
            layer.moving_variance.assign(np.full(layer.moving_variance.shape, 0.5))
    recipe = {
        "settings": {"network": "fusion", "norm": norm},
        "photographs": 0,
        "conditions": ROWS,
    }
    save_network(network, path, recipe)


def paint_mix(path, mix, pixels):
    """The painting of a mix of the file's rows, by our own engine."""
    stylizer = Stylizer(path, "openvino", "float32")
    stylizer.style = stylizer.engine.graph.style(mix)
    return stylizer.paint(pixels)
