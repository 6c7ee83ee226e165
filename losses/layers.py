"""Which feature maps a loss compares, and the weight of each."""

import math
from collections.abc import Collection, Mapping


def layer_weights(layers: Mapping[str, float] | Collection[str]) -> dict[str, float]:
    """Return {name: weight}, with weights that are scaled to sum to 1.

    Args:
        layers: {name: weight}, or a list of "name" (of weight 1) and "name=weight".

    Raises:
        ValueError: if a weight is not a number or negative, or all are 0.
    """
    said = ", ".join(map(str, layers.items() if isinstance(layers, Mapping) else layers))
    weights: dict[str, float] = {}
    try:
        if isinstance(layers, Mapping):
            weights = dict(layers)
        else:
            pairs = (layer.partition("=") for layer in layers)
            weights = {name: float(weight or 1) for name, _, weight in pairs}
        total = sum(weights.values())
        sound = all(weight >= 0 for weight in weights.values()) and 0 <= total < math.inf
    except ValueError:
        sound = False
    if not sound or weights and not total:
        raise ValueError(
            "Layers' weights must be numbers, none negative, and not all 0. "
            f"Received: {said}"
        )
    return {name: weight / total for name, weight in weights.items()}
