"""An objective's value, gradient and first steps, on the backend that runs this.

As a program: objective_on_backend.py KIND FILE.npz, with the arrays that `found` takes;
what it returns takes their place.
"""

import dataclasses
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from fusion_style.losses.dream import Dream
from fusion_style.losses.gatys import GatysLoss
from fusion_style.losses.objective import PictureObjective
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.optimization.gradients import value_and_gradient
from fusion_style.optimization.minimize import minimize
from fusion_style.tests.support.tiny import TINY_LOSS

GATYS = {"content_weight": 1.0, "style_weight": 1e3, "tv_weight": 2.0}
KINDS = {
    "gatys": (GatysLoss, GATYS, None),
    "perceptual": (PerceptualLoss, {}, Dream(["relu2_2:7"])),
}


def make_loss(kind, painting):
    make, weights, _ = KINDS[kind]
    return make(painting, dataclasses.replace(TINY_LOSS, **weights), also=["relu2_2"])


def found(kind, painting, photograph, painted, weights):
    """{"value", "gradient", "totals"} with these weights of the loss network."""
    loss = make_loss(kind, painting)
    loss.network.set_weights(weights)
    loss.see_style(painting)
    objective = PictureObjective(loss, photograph, KINDS[kind][-1])
    value, _, gradient = value_and_gradient(objective)(painted)
    losses = minimize(objective, painted, iterations=2).losses
    totals = [terms["total"] for terms in losses]
    return {"value": value, "gradient": gradient, "totals": totals}


if __name__ == "__main__":
    kind, path = sys.argv[1:]
    data = dict(np.load(path))
    weights = [data.pop(f"w{i}") for i in range(len(data) - 3)]
    np.savez(path, **found(kind, **data, weights=weights))
