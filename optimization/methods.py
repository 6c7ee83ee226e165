"""The optimizers: L-BFGS, Adam, gradient descent.

Each function iterates until the run is over:

    Args:
        run: a `Run` of `optimization.minimize`, which evaluates the objective.
        pixels: float32 (height, width, 3), 0-255, evaluated already.
        value, gradient: of the objective at these pixels.
        learning_rate: in gray levels; L-BFGS ignores it.
        normalize: whether gradient descent divides each gradient by its mean magnitude.
        state: {name: array} of an earlier run that is continued.

    Returns:
        The pixels after the last iteration.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.optimize

if TYPE_CHECKING:
    from fusion_style.optimization.minimize import Run

MEMORY = 10  # pairs of steps and gradients that L-BFGS remembers


def lbfgs(
    run: "Run",
    pixels: np.ndarray,
    value: float,
    gradient: np.ndarray,
    learning_rate: float,
    normalize: bool,
    state: dict[str, Any],
) -> np.ndarray:
    """Minimize by SciPy's L-BFGS-B.

    The first step of L-BFGS-B has length 1. Pixels are scaled so that this step changes
    them by one gray level (root mean square).
    """
    unit = math.sqrt(pixels.size)
    known: dict[str, Any] = {"x": pixels, "value": value, "gradient": gradient}

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        x = to_pixels(x)
        if not np.array_equal(x, known["x"]):
            known["value"], known["gradient"] = run.evaluate(x)
            known["x"] = x
        return known["value"], known["gradient"].ravel().astype(np.float64) * unit

    def to_pixels(x: np.ndarray) -> np.ndarray:
        return (x * unit).reshape(pixels.shape).astype(np.float32)

    def callback(intermediate_result: Any) -> None:
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
        # If a line search finds nothing better, L-BFGS starts once more without the steps
        # that it remembers. If this does not help, float32 gradients allow no better
        # result.
        if run.done == before:
            break
    return pixels


def adam(
    run: "Run",
    pixels: np.ndarray,
    value: float,
    gradient: np.ndarray,
    learning_rate: float,
    normalize: bool,
    state: dict[str, Any],
) -> np.ndarray:
    """Minimize by Adam (Kingma & Ba 2015, algorithm 1); pixels stay within 0-255."""
    first, second, epsilon = 0.9, 0.999, 1e-7
    mean = state.get("mean", np.zeros_like(pixels))
    square = state.get("square", np.zeros_like(pixels))
    # Adam does not depend on the gradient's scale, except for epsilon.
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


def gradient_descent(
    run: "Run",
    pixels: np.ndarray,
    value: float,
    gradient: np.ndarray,
    learning_rate: float,
    normalize: bool,
    state: dict[str, Any],
) -> np.ndarray:
    """Minimize by gradient descent, x ← x − ηg.

    If a step does not raise the objective, η grows by a tenth. Otherwise the step is taken
    back and η is halved. With jitter, the objectives of two steps cannot be compared, and η
    is constant. With `normalize`, η depends on each gradient instead.
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
