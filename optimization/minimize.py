"""A picture's own pixels as the parameters: L-BFGS, Adam, gradient descent.

Gatys, Ecker & Bethge 2016 minimize by L-BFGS; Mordvintsev et al. 2015 dream by
gradient ascent. On any Keras backend; see `optimization.gradients`.
"""

import math
from typing import NamedTuple

import numpy as np
import scipy.optimize

from fusion_style.optimization.gradients import value_and_gradient

LEARNING_RATES = {"lbfgs": None, "adam": 5.0, "gd": 1.5}
MEMORY = 10  # pairs of steps and gradients that L-BFGS remembers


class Step(NamedTuple):
    """What a callback is told after every iteration.

    Attributes:
        iteration: how many were done, with those of an earlier run.
        pixels: float32 (height, width, 3), 0-255; the callback's own copy.
        terms: {"total": float, and the objective's terms, unweighted}.
        state: {name: array} from which `minimize` goes on.
    """

    iteration: int
    pixels: np.ndarray
    terms: dict
    state: dict


class Minimized(NamedTuple):
    """What `minimize` returns.

    Attributes:
        pixels: float32 (height, width, 3), 0-255.
        losses: the terms at the start and after every iteration, dicts as in `Step`.
    """

    pixels: np.ndarray
    losses: list


def minimize(
    objective,
    start,
    method="lbfgs",
    iterations=400,
    learning_rate=None,
    callback=None,
    normalize=False,
    jitter=0,
    seed=0,
    done=0,
    state=None,
):
    """Changes a picture until an objective is small.

    Example, Gatys' method with our loss:

        loss = PerceptualLoss(painting, "vgg19")
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
    elif learning_rate <= 0:
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
    """Evaluates the objective, counts iterations and keeps their losses."""

    def __init__(self, objective, iterations, callback, jitter, seed, done):
        self.differentiate = value_and_gradient(objective)
        self.iterations, self.callback = iterations, callback
        self.jitter, self.seed, self.done = jitter, seed, done
        self.terms, self.losses, self.stopped = {}, [], False
        self.evaluations = done

    @property
    def over(self):
        return self.stopped or self.done >= self.iterations

    def evaluate(self, pixels):
        """(objective, gradient) at float32 pixels (height, width, 3)."""
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

    def report(self, pixels, state):
        """Ends an iteration, at the pixels that were evaluated last."""
        self.done += 1
        self.losses.append(self.terms)
        if self.callback:
            step = Step(self.done, np.array(pixels, np.float32), self.terms, state)
            self.stopped = bool(self.callback(step))


def lbfgs(run, pixels, value, gradient, learning_rate, normalize, state):
    """SciPy's L-BFGS-B. Its first step has length 1, so pixels are given to it in
    units that make this one gray level each."""
    unit = math.sqrt(pixels.size)
    known = {"x": pixels, "value": value, "gradient": gradient}

    def function(x):
        x = to_pixels(x)
        if not np.array_equal(x, known["x"]):
            known["value"], known["gradient"] = run.evaluate(x)
            known["x"] = x
        return known["value"], known["gradient"].ravel().astype(np.float64) * unit

    def to_pixels(x):
        return (x * unit).reshape(pixels.shape).astype(np.float32)

    def callback(intermediate_result):
        run.report(to_pixels(intermediate_result.x), {})
        if run.over:
            raise StopIteration

    while not run.over:
        before = run.done
        result = scipy.optimize.minimize(
            function,
            known["x"].ravel().astype(np.float64) / unit,
            jac=True,
            method="L-BFGS-B",
            bounds=scipy.optimize.Bounds(
                np.zeros(pixels.size), np.full(pixels.size, 255 / unit)
            ),
            callback=callback,
            options={
                "maxiter": run.iterations,
                "maxfun": 20 * run.iterations,
                "maxcor": MEMORY,
                "ftol": 0,
                "gtol": 0,
            },
        )
        pixels = to_pixels(result.x)
        # A line search that finds nothing better is tried once more without what was
        # remembered; if that helps no more, it is as good as float32 gradients tell.
        if run.done == before:
            break
    return pixels


def adam(run, pixels, value, gradient, learning_rate, normalize, state):
    """Kingma & Ba 2015, algorithm 1, and pixels kept within 0-255."""
    first, second, epsilon = 0.9, 0.999, 1e-7
    mean = state.get("mean", np.zeros_like(pixels))
    square = state.get("square", np.zeros_like(pixels))
    # Adam doesn't see the gradient's scale, but for epsilon.
    scale = np.float32(state.get("scale", np.abs(gradient).mean() or 1))
    while not run.over:
        t = run.done + 1
        gradient = gradient / scale
        mean = first * mean + np.float32(1 - first) * gradient
        square = second * square + np.float32(1 - second) * np.square(gradient)
        rate = learning_rate * math.sqrt(1 - second**t) / (1 - first**t)
        pixels = pixels - np.float32(rate) * mean / (np.sqrt(square) + epsilon)
        pixels = np.clip(pixels, 0, 255).astype(np.float32)
        value, gradient = run.evaluate(pixels)
        run.report(pixels, {"mean": mean, "square": square, "scale": scale})
    return pixels


def gradient_descent(run, pixels, value, gradient, learning_rate, normalize, state):
    """x ← x − ηg; η is halved, and the step taken back, where the objective would rise.

    With jitter, objectives of two steps don't compare, and η stays.
    """
    magnitude = float(np.abs(gradient).mean()) or 1.0
    rate = float(state.get("rate", learning_rate / magnitude))
    while not run.over:
        if normalize:
            rate = learning_rate / (float(np.abs(gradient).mean()) or 1.0)
        trial = np.clip(pixels - np.float32(rate) * gradient, 0, 255)
        terms = run.terms
        new_value, new_gradient = run.evaluate(trial)
        if normalize or run.jitter or new_value <= value:
            pixels, value, gradient = trial, new_value, new_gradient
            rate *= 1.0 if run.jitter else 1.1
        else:
            rate, run.terms = rate / 2, terms
        run.report(pixels, {"rate": np.float64(rate)})
    return pixels


METHODS = {"lbfgs": lbfgs, "adam": adam, "gd": gradient_descent}
