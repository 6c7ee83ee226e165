"""Which feature maps a loss looks at, and how much each counts."""

import math
from collections.abc import Iterable, Mapping


def layer_weights(layers: Mapping[str, float] | Iterable[str]) -> dict[str, float]:
    """Return {name: weight}, summing to 1.

    Args:
        layers: {name: weight}, or ["name", "name=weight", …]; without a number, 1.

    Raises:
        ValueError: for weights that are no numbers, negative, or all 0.
    """
    mapping = isinstance(layers, Mapping)
    layers = dict(layers) if mapping else list(layers)
    try:
        if mapping:
            weights = layers
        else:
            pairs = (layer.partition("=") for layer in layers)
            weights = {name: float(weight or 1) for name, _, weight in pairs}
        total = sum(weights.values())
        sound = all(weight >= 0 for weight in weights.values()) and 0 <= total < math.inf
    except ValueError:
        sound = False
    if not sound or weights and not total:
        said = ", ".join(map(str, layers.items() if mapping else layers))
        raise ValueError(
            "Layers' weights must be numbers, none negative, and not all 0. "
            f"Received: {said}"
        )
    return {name: weight / total for name, weight in weights.items()}
