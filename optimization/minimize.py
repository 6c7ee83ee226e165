"""A picture's own pixels as the parameters: L-BFGS, Adam, gradient descent.

Gatys, Ecker & Bethge 2016 minimize by L-BFGS; Mordvintsev et al. 2015 dream by
gradient ascent. On any Keras backend; see `optimization.gradients`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fusion_style.optimization.gradients import Objective, value_and_gradient
from fusion_style.optimization.methods import METHODS

LEARNING_RATES = {"lbfgs": 1.0, "adam": 5.0, "gd": 1.5}  # L-BFGS does not look at it


class Step(NamedTuple):
    """Tell a callback what there is after an iteration.

    Attributes:
        iteration: how many were done, with those of an earlier run.
        pixels: float32 (height, width, 3), 0-255; the callback's own copy.
        terms: {"total": float, and the objective's terms, unweighted}.
        state: {name: array} from which `minimize` goes on.
    """

    iteration: int
    pixels: np.ndarray
    terms: dict[str, float]
    state: dict[str, Any]


class Minimized(NamedTuple):
    """Hold what `minimize` returns.

    Attributes:
        pixels: float32 (height, width, 3), 0-255.
        losses: the terms at the start and after every iteration, dicts as in `Step`.
    """

    pixels: np.ndarray
    losses: list[dict[str, float]]


def minimize(
    objective: Objective,
    start: np.ndarray,
    method: str = "lbfgs",
    iterations: int = 400,
    learning_rate: float | None = None,
    callback: Callable[[Step], object] | None = None,
    normalize: bool = False,
    jitter: int = 0,
    seed: int = 0,
    done: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Minimized:
    """Change a picture until an objective is small.

    Example, Gatys' method with our loss:

        loss = PerceptualLoss(painting, LossConfig("vgg19"))
        result = minimize(PictureObjective(loss, photograph), photograph)

    Args:
        objective: function from a tensor (1, height, width, 3), 0-255, to a float32
            scalar and a dict of float32 scalars, such as
            `losses.objective.PictureObjective`.
        start: the picture to begin with, float32 RGB (height, width, 3), 0-255.
        method: "lbfgs" (SciPy's L-BFGS-B within 0-255), "adam" or "gd". The latter
            two clip to 0-255 after every step.
        iterations: how many; L-BFGS evaluates the objective about once in each.
        learning_rate: in gray levels. Adam's; for gradient descent how far pixels
            move in the first step, on average. L-BFGS has none.
        callback: called with a `Step` after every iteration; true stops.
        normalize: gradient descent divides every gradient by its mean magnitude (as
            deep dream does). Otherwise by the first one's; then its rate grows by a
            tenth after every step down, and is halved where a step would lead up. With
            jitter the rate stays, since every step sees another objective.
        jitter: the picture is rolled by up to so many pixels, at random, before each
            gradient is taken, and back (deep dream). Not with L-BFGS.
        seed: of the jitter.
        done, state: of the last `Step` of an earlier run, to go on from its pixels.
            Adam and gradient descent go on as if never stopped; L-BFGS begins to
            remember anew.

    Returns:
        `Minimized`.

    Raises:
        ValueError: for an unknown method, a learning rate that is not positive, or
            jitter with L-BFGS.
        NotImplementedError: on another backend than those of `optimization.gradients`.
        FloatingPointError: as soon as objective or gradient is not finite.
    """
    if method not in METHODS:
        raise ValueError(
            f"method must be one of {', '.join(METHODS)}. Received: {method!r}"
        )
    if method == "lbfgs" and jitter:
        raise ValueError("L-BFGS needs an objective that holds still: no jitter")
    if learning_rate is None:
        learning_rate = LEARNING_RATES[method]
    if learning_rate <= 0:
        raise ValueError(f"learning_rate must be more than 0. Received: {learning_rate}")
    start = np.clip(np.asarray(start, np.float32), 0, 255)
    run = Run(objective, iterations, callback, jitter, seed, done)
    value, gradient = run.evaluate(start)
    run.losses.append(run.terms)
    if done < iterations:
        options = (learning_rate, normalize, dict(state or {}))
        pixels = METHODS[method](run, start, value, gradient, *options)
    else:
        pixels = start
    return Minimized(pixels, run.losses)


class Run:
    """Evaluate the objective, count iterations and keep their losses."""

    def __init__(
        self,
        objective: Objective,
        iterations: int,
        callback: Callable[[Step], object] | None,
        jitter: int,
        seed: int,
        done: int,
    ) -> None:
        self.differentiate = value_and_gradient(objective)
        self.iterations, self.callback = iterations, callback
        self.jitter, self.seed, self.done = jitter, seed, done
        self.terms: dict[str, float] = {}
        self.losses: list[dict[str, float]] = []
        self.stopped = False
        self.evaluations = done

    @property
    def over(self) -> bool:
        """Whether all iterations are done, or the callback stopped them."""
        return self.stopped or self.done >= self.iterations

    def evaluate(self, pixels: np.ndarray) -> tuple[float, np.ndarray]:
        """Return (objective, gradient) at float32 pixels (height, width, 3)."""
        shift = (0, 0)
        if self.jitter:  # the same one when an earlier run is gone on with
            rng = np.random.default_rng((self.seed, self.evaluations))
            shift = tuple(rng.integers(-self.jitter, self.jitter + 1, 2))
        rolled = np.roll(pixels, shift, (0, 1))
        self.evaluations += 1
        value, terms, gradient = self.differentiate(rolled)
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            raise FloatingPointError(
                f"The objective is no longer finite after {self.done} iterations: "
                f"{terms}. Try a lower --learning_rate or other weights"
            )
        self.terms = {"total": value, **terms}
        return value, np.roll(gradient, (-shift[0], -shift[1]), (0, 1))

    def report(self, pixels: np.ndarray, state: dict[str, Any]) -> None:
        """End an iteration, at the pixels that were evaluated last."""
        self.done += 1
        self.losses.append(self.terms)
        if self.callback:
            step = Step(self.done, np.array(pixels, np.float32), self.terms, state)
            self.stopped = bool(self.callback(step))
