"""The slow method, and how many of its iterations one pass of a network is worth.

The slow method is that of Gatys et al.: L-BFGS on the pixels of one picture. In Johnson et
al. 2016, Fig. 5, it needs 50 to 100 iterations from white noise to reach the loss of one
pass of the network. It needs fewer iterations from the photograph, which has the content
already.
"""

import math

import numpy as np
import tqdm

from fusion_style.optimization.minimize import minimize

STARTS = "photo", "noise"


def run(objective, photograph, iterations, start="photo"):
    """Run the slow method; return {term: its values}, iterations + 1 of each.

    The values are those at the start and after every iteration. If L-BFGS stops early, its
    last values are repeated.

    Args:
        objective: see `optimization.minimize.minimize`.
        photograph: float32 RGB (height, width, 3), 0-255.
        iterations: how many.
        start: one of `STARTS`; the noise is white, uniform, and always the same.
    """
    first = photograph
    if start == "noise":
        first = np.random.default_rng(0).uniform(0, 255, photograph.shape)
    with tqdm.tqdm(total=iterations, unit="iteration", leave=False) as bar:

        def callback(step):
            bar.update()  # its result is not returned, because it would stop the run

        result = minimize(objective, first, "lbfgs", iterations, callback=callback)
    terms = result.losses + [result.losses[-1]] * (iterations + 1 - len(result.losses))
    return {name: [float(f"{at[name]:.6g}") for at in terms] for name in terms[0]}


def worth(totals, total):
    """Return after how many iterations the slow method is as good as a picture.

    Between two iterations, the loss is interpolated linearly over the logarithm of their
    number, as Fig. 5 of Johnson et al. 2016 draws it.

    Args:
        totals: total loss of the slow method at the start and after every iteration.
        total: total loss of the picture.

    Returns:
        At least 1; infinity if no iteration is as good; 0 if the first iteration is better,
        or `total` is not a number.
    """
    totals = np.minimum.accumulate(totals)
    if not total <= totals[1]:  # also true if `total` is not a number
        return 0.0
    if total < totals[-1]:
        return math.inf
    after = max(1, int(np.argmax(totals <= total)))
    if after == 1:
        return 1.0
    share = (totals[after - 1] - total) / (totals[after - 1] - totals[after])
    return math.exp(np.interp(share, [0, 1], np.log([after - 1, after])))


def worth_said(iterations, most):
    """Return a number of `worth` as text: "< 1", "63.4" or "> 400"."""
    if iterations == math.inf:
        return f"> {most}"
    return f"{iterations:.1f}" if iterations else "< 1"
