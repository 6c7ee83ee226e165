"""Distillation: a student learns the features and Gram matrices of a loss network.

The two terms of `losses.perceptual` use squared differences of features and of their Gram
matrices. So the student learns both, each divided by the teacher's mean square, from
pictures like those that a loss network sees in a training.
"""

import os
from collections.abc import Iterable

import keras
import numpy as np
import safetensors.numpy
from keras import ops

from fusion_style.files import replacing
from fusion_style.losses.terms import EPSILON, Tensor, gram_matrix

GRAM = 5.0  # weight of the Gram matrices; the weight of features is 1


class Distiller(keras.Model):
    """Train `student` to agree with `teacher`.

    Args:
        student, teacher: models from preprocessed pictures, (batch, height, width, 3), to
            {layer: features}, with the same layers and shapes.

    Attributes:
        student, teacher: the arguments.
    """

    def __init__(self, student: keras.Model, teacher: keras.Model) -> None:
        super().__init__()
        self.student, self.teacher = student, teacher
        teacher.trainable = False

    def call(self, pictures: Tensor) -> dict[str, Tensor]:
        """Return the student's {layer: features} for preprocessed pictures."""
        return self.student(pictures)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Return how far the student's features `y_pred` are from the teacher's of `x`."""
        taught = self.teacher(x)
        terms = [
            part
            for layer, ours in y_pred.items()
            for part in disagreement(ours, ops.stop_gradient(taught[layer]))
        ]
        return sum(terms)


def disagreement(ours: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the error of the features, and `GRAM` times the error of the Gram matrices.

    Args:
        ours, theirs: features of one layer, (batch, height, width, channels).

    Returns:
        Two scalars. The first is 1 if all of our features are 0.
    """
    features = ops.mean(ops.square(ours - theirs)) / (
        ops.mean(ops.square(theirs)) + EPSILON
    )
    gram = gram_matrix(theirs)
    square = ops.sum(ops.square(gram_matrix(ours) - gram), axis=(1, 2))
    # The Gram matrix of a flat picture is nearly 0. The batch's mean limits its weight.
    scale = ops.sum(ops.square(gram), axis=(1, 2))
    scale = 0.5 * (scale + ops.mean(scale))
    return features, GRAM * ops.mean(square / (scale + EPSILON))


def save_float16(network: keras.Model, path: str | os.PathLike[str]) -> None:
    """Write a network's weights in float16, as `weights.load_state_dict` reads them.

    Raises:
        OSError: if the file cannot be written.
    """
    state: dict[str, np.ndarray] = {}
    for layer in network.layers:
        if layer.weights:
            kernel, bias = (np.asarray(weight, np.float16) for weight in layer.weights)
            kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
            state |= {f"{layer.name}.weight": kernel, f"{layer.name}.bias": bias}
    with replacing(path) as temporary:
        safetensors.numpy.save_file(state, temporary)


def explained(
    student: keras.Model, teacher: keras.Model, batches: Iterable[np.ndarray]
) -> dict[str, float]:
    """Return how much of the variance of the teacher's features the student explains.

    Args:
        student, teacher: as `Distiller` takes them.
        batches: preprocessed float32 batches, (batch, height, width, 3).

    Returns:
        {layer: 1 - squared error / variance}.
    """
    error: dict[str, float] = {}
    square, total, count = dict(error), dict(error), dict(error)
    for batch in batches:
        ours, theirs = student(batch), teacher(batch)
        for layer in ours:
            truth = np.asarray(theirs[layer], np.float64)
            difference = np.square(np.asarray(ours[layer]) - truth).sum()
            error[layer] = error.get(layer, 0) + difference
            square[layer] = square.get(layer, 0) + np.square(truth).sum()
            total[layer] = total.get(layer, 0) + truth.sum(axis=(0, 1, 2))
            count[layer] = count.get(layer, 0) + truth[..., 0].size
    mean = {layer: np.square(total[layer]).sum() / count[layer] for layer in error}
    return {layer: 1 - error[layer] / (square[layer] - mean[layer]) for layer in error}
