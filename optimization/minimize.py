"""Minimize an objective over the pixels of a picture: L-BFGS, Adam, gradient descent.

Gatys, Ecker & Bethge 2016 use L-BFGS. Deep dream (Mordvintsev et al. 2015) uses gradient
ascent. TensorFlow, PyTorch and JAX work: see `optimization.gradients`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fusion_style.optimization.gradients import Objective, value_and_gradient
from fusion_style.optimization.methods import METHODS

LEARNING_RATES = {"lbfgs": 1.0, "adam": 5.0, "gd": 1.5}  # L-BFGS ignores it


class Step(NamedTuple):
    """The state after an iteration, for callbacks.

    Attributes:
        iteration: number of iterations done, including those of an earlier run.
        pixels: float32 (height, width, 3), 0-255; a copy that the callback may change.
        terms: {"total": float, and each term of the objective, unweighted: float}.
        state: {name: array}, from which `minimize` can continue.
    """

    iteration: int
    pixels: np.ndarray
    terms: dict[str, float]
    state: dict[str, Any]


class Minimized(NamedTuple):
    """The result of `minimize`.

    Attributes:
        pixels: float32 (height, width, 3), 0-255.
        losses: the terms at the start and after every iteration, each a dict as in
            `Step.terms`.
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
    """Minimize an objective by changing the pixels of a picture.

    Example: Gatys' method with our loss


        loss = PerceptualLoss(painting, LossConfig("vgg19"))
        result = minimize(PictureObjective(loss, photograph), photograph)

    Args:
        objective: function from a tensor (1, height, width, 3), 0-255, to a float32
            scalar and a dict of float32 scalars, such as
            `losses.objective.PictureObjective`.
        start: the picture to begin with, float32 RGB (height, width, 3), 0-255.
        method: "lbfgs" (SciPy's L-BFGS-B with bounds 0-255), "adam" or "gd". The last
            two clip pixels to 0-255 after every step.
        iterations: how many; L-BFGS evaluates the objective about once in each.
        learning_rate: in gray levels. For Adam its learning rate; for gradient descent the
            mean change of pixels in the first step. L-BFGS ignores it.
        callback: called with a `Step` after every iteration; a true result stops the run.
        normalize: for gradient descent. If true, every gradient is divided by its mean
            magnitude (as in deep dream). If false, gradients are divided by the mean
            magnitude of the first one; then the rate grows by a tenth after every step
            that lowers the objective, and is halved if a step would raise it. With jitter
            the rate is constant, because every step has another objective.
        jitter: before each gradient is computed, the picture is shifted at random by up to
            this many pixels, and afterwards shifted back (deep dream). Not for L-BFGS.
        seed: of the jitter.
        done, state: `iteration` and `state` of the last `Step` of an earlier run, to
            continue from its pixels. Adam and gradient descent continue as if they had
            never stopped. L-BFGS starts without the steps that it had remembered.

    Returns:
        `Minimized`.

    Raises:
        ValueError: for an unknown method, a learning rate that is not positive, or
            jitter with L-BFGS.
        NotImplementedError: if the backend is not TensorFlow, PyTorch or JAX.
        FloatingPointError: as soon as the objective or its gradient is not finite.
    """
    if method not in METHODS:
        raise ValueError(
            f"method must be one of {', '.join(METHODS)}. Received: {method!r}"
        )
    if method == "lbfgs" and jitter:
        raise ValueError(f"L-BFGS cannot be used with jitter. Received: jitter = {jitter}")
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
    """Evaluate an objective, count iterations, and keep their losses."""

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
        """Return whether all iterations are done, or the callback stopped the run."""
        return self.stopped or self.done >= self.iterations

    def evaluate(self, pixels: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective and its gradient at float32 pixels (height, width, 3).

        Raises:
            FloatingPointError: if they are not finite.
        """
        shift = (0, 0)
        if self.jitter:  # the same shifts when an earlier run is continued
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
        """End an iteration whose result are the pixels that were evaluated last."""
        self.done += 1
        self.losses.append(self.terms)
        if self.callback:
            step = Step(self.done, np.array(pixels, np.float32), self.terms, state)
            self.stopped = bool(self.callback(step))
