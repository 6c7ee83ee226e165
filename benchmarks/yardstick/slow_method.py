"""The slow method, and how many of its iterations one pass of a network is worth.

Gatys et al.'s: L-BFGS over one picture's pixels. Johnson et al. 2016, Fig. 5, find the
loss of one pass where 50 to 100 iterations from white noise come to. From the photograph
is the stronger rival, for its content is there already.
"""

import math

import numpy as np
import tqdm

from fusion_style.optimization.minimize import minimize

STARTS = "photo", "noise"


def run(objective, photograph, iterations, start="photo"):
    """{term: its values at the start and after every iteration, iterations + 1 of them}.

    Where L-BFGS finds nothing better any more, the last values stay.

    Args:
        objective: see `optimization.minimize.minimize`.
        photograph: float32 RGB (height, width, 3), 0-255.
        start: of `STARTS`; the noise is white, uniform, and always the same.
    """
    first = photograph
    if start == "noise":
        first = np.random.default_rng(0).uniform(0, 255, photograph.shape)
    with tqdm.tqdm(total=iterations, unit="iteration", leave=False) as bar:

        def callback(step):
            bar.update()  # whose result would stop it

        result = minimize(objective, first, "lbfgs", iterations, callback=callback)
    terms = result.losses + [result.losses[-1]] * (iterations + 1 - len(result.losses))
    return {name: [float(f"{at[name]:.6g}") for at in terms] for name in terms[0]}


def worth(totals, total):
    """The number of iterations after which the slow method is as good as `total`.

    Between two iterations the loss is taken to fall evenly over the logarithm of
    their number, as Fig. 5 draws it.

    Args:
        totals: of the slow method at the start and after every iteration.
        total: a painting's.

    Returns:
        At least 1; infinity if no iteration is as good, 0 if the first is better or
        `total` is not a number.
    """
    totals = np.minimum.accumulate(totals)
    if not total <= totals[1]:  # true of what is not a number, too
        return 0.0
    if total < totals[-1]:
        return math.inf
    after = max(1, int(np.argmax(totals <= total)))
    if after == 1:
        return 1.0
    share = (totals[after - 1] - total) / (totals[after - 1] - totals[after])
    return math.exp(np.interp(share, [0, 1], np.log([after - 1, after])))


def worth_said(iterations, most):
    """A number of `worth` as text: "< 1", "63.4" or "> 400"."""
    if iterations == math.inf:
        return f"> {most}"
    return f"{iterations:.1f}" if iterations else "< 1"
