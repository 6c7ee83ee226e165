"""Compute the gradient of a scalar with respect to a picture's pixels.

Keras has no function for this, so there is one for each backend.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from fusion_style.backend import jit_compile

Objective = Callable[[Any], tuple[Any, dict[str, Any]]]
Differentiate = Callable[[Any], tuple[Any, dict[str, Any], Any]]
Evaluate = Callable[[np.ndarray], tuple[float, dict[str, float], np.ndarray]]


def value_and_gradient(objective: Objective) -> Evaluate:
    """Return a compiled function that evaluates an objective and its gradient.

    Args:
        objective: function from a tensor (1, height, width, 3), 0-255, to a float32 scalar
            and a dict of float32 scalars, written in `keras.ops`.

    Returns:
        Function from float32 pixels (height, width, 3) to (value: float,
        {term: float}, gradient: float32 (height, width, 3)).

    Raises:
        NotImplementedError: if the backend is not TensorFlow, PyTorch or JAX.
    """
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise NotImplementedError(
            f"Pixels can be optimized with the Keras backends {', '.join(BACKENDS)}. "
            f"KERAS_BACKEND is {backend}"
        )
    differentiate = BACKENDS[backend](objective)

    def evaluate(pixels: np.ndarray) -> tuple[float, dict[str, float], np.ndarray]:
        value, terms, gradient = differentiate(np.asarray(pixels[None], np.float32))
        terms = {name: float(ops.convert_to_numpy(term)) for name, term in terms.items()}
        gradient = ops.convert_to_numpy(gradient)[0]
        return float(ops.convert_to_numpy(value)), terms, gradient

    return evaluate


def with_tensorflow(objective: Objective) -> Differentiate:
    """Differentiate with a gradient tape in a compiled function."""
    import tensorflow as tf

    @tf.function(jit_compile=jit_compile() is not False or None)
    def differentiate(pictures: Any) -> tuple[Any, dict[str, Any], Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            value, terms = objective(pictures)
        return value, terms, tape.gradient(value, pictures)

    return lambda pictures: differentiate(tf.constant(pictures))


def with_jax(objective: Objective) -> Differentiate:
    """Differentiate with `jax.value_and_grad`, compiled."""
    import jax

    differentiate = jax.jit(jax.value_and_grad(objective, has_aux=True))

    def apply(pictures: Any) -> tuple[Any, dict[str, Any], Any]:
        (value, terms), gradient = differentiate(pictures)
        return value, terms, gradient

    return apply


def with_torch(objective: Objective) -> Differentiate:
    """Differentiate with PyTorch's autograd."""
    import torch

    def differentiate(pictures: Any) -> tuple[Any, dict[str, Any], Any]:
        pictures = ops.convert_to_tensor(pictures).requires_grad_()
        value, terms = objective(pictures)
        (gradient,) = torch.autograd.grad(value, pictures)
        return value, terms, gradient

    return differentiate


BACKENDS = {"tensorflow": with_tensorflow, "jax": with_jax, "torch": with_torch}
