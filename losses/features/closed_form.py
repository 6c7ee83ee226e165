"""The first step of a distillation: fit each convolution to the teacher's in closed form.

The layers are fitted one after the other, in the order of `losses.features.distilled`, by
least squares: from the student's inputs there to the outputs of the teacher's convolution
before its ReLU. A product of two convolutions is fitted by reduced-rank regression (Izenman
1975).
"""

from collections.abc import Sequence

import keras
import numpy as np
import scipy.linalg
from keras import ops

from fusion_style.losses.features.distilled import NARROW, ORDER, POOLED, WIDE

RIDGE = 1e-4  # ridge penalty, as a share of the inputs' mean square
SAMPLES = 384  # positions in each picture


def teachers_name(name: str) -> str:
    """Return Keras's name for a convolution of VGG19: "block3_conv1" for "3_1"."""
    return "block{}_conv{}".format(*name.split("_"))


def begin_from(
    student: keras.Model, teacher: keras.Model, pictures: Sequence[np.ndarray]
) -> None:
    """Fit the student's convolutions to the teacher's, one after the other.

    Args:
        student: from `vgg19_distilled`. Its weights are set.
        teacher: VGG19 for preprocessed pictures, with Keras's names of layers.
        pictures: preprocessed float32 batches, (batch, height, width, 3), all of one
            size. More pictures are better; 64 pictures of 128×128 pixels are enough.
    """
    first = teacher.get_layer(teachers_name("1_1"))
    student.get_layer("conv1_1").set_weights(first.get_weights())
    before = "1_1"
    for name in ORDER:
        seen, taught = inputs_of(student, before, ""), inputs_of(teacher, before, "block")
        target = teacher.get_layer(teachers_name(name))
        if name in WIDE:
            fit_wide(student, name, *samples(seen, taught, target, pictures))
        else:
            fit_narrow(student, name, seen, taught, target, pictures)
        before = name


def inputs_of(network: keras.Model, before: str, block: str) -> keras.Model:
    """Return the network up to the input of the convolution that follows `before`.

    Args:
        network: student or teacher.
        before: a convolution, such as "3_1".
        block: "block" for the teacher, with Keras's names; "" for the student.
    """
    if before in POOLED:
        layer = f"block{before[0]}_pool" if block else f"pool{before[0]}"
    else:
        layer = teachers_name(before) if block else f"relu{before}"
    return keras.Model(network.input, network.get_layer(layer).output)


def samples(
    seen: keras.Model,
    taught: keras.Model,
    target: keras.layers.Layer,
    pictures: Sequence[np.ndarray],
    reduce: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the student's inputs and the teacher's outputs at the same random places.

    Args:
        seen, taught: student and teacher, each up to the input of the convolution.
        target: the teacher's convolution.
        pictures: preprocessed batches.
        reduce: a matrix (channels, fewer) that the student's features are multiplied with
            first, or None.

    Returns:
        The student's 3×3 patches, (samples, 9 · channels), and the teacher's outputs before
        the ReLU, (samples, the teacher's channels).
    """
    rng = np.random.default_rng(0)
    patches, values = [], []
    for batch in pictures:
        x = np.asarray(seen(batch))
        if reduce is not None:
            x = x @ reduce
        y = ops.conv(taught(batch), target.kernel, padding="same") + target.bias
        count, height, width, _ = x.shape
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        at = rng.integers(0, [[count], [height], [width]], (3, SAMPLES * count))
        picture, row, column = at
        around = [x[picture, row + i, column + j] for i in range(3) for j in range(3)]
        patches.append(np.concatenate(around, axis=1))
        values.append(np.asarray(y)[picture, row, column])
    return np.concatenate(patches), np.concatenate(values)


def least_squares(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes and intercepts of the ridge regression of `y` on `x`.

    Args:
        x: (samples, inputs).
        y: (samples, outputs).

    Returns:
        float64 (inputs, outputs) and (outputs,).
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    mean, level = x.mean(axis=0), y.mean(axis=0)
    x, y = x - mean, y - level
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram)
    slopes = scipy.linalg.solve(gram, x.T @ y, assume_a="pos")
    return slopes, level - mean @ slopes


def fit_wide(
    student: keras.Model, name: str, patches: np.ndarray, values: np.ndarray
) -> None:
    """Fit a wide layer (3×3, then 1×1) by reduced-rank regression.

    Args:
        student: its layers called `name` are set.
        name: a key of `WIDE`.
        patches, values: from `samples`.
    """
    few, _ = WIDE[name]
    slopes, level = least_squares(patches, values)
    fitted = patches @ slopes
    axes = np.linalg.eigh(np.cov(fitted.T))[1][:, : -few - 1 : -1]
    kernel = (slopes @ axes).reshape(3, 3, -1, few)
    student.get_layer(f"conv{name}").set_weights([kernel, np.zeros(few, kernel.dtype)])
    student.get_layer(f"widen{name}").set_weights([axes.T[None, None], level])


def fit_narrow(
    student: keras.Model,
    name: str,
    seen: keras.Model,
    taught: keras.Model,
    target: keras.layers.Layer,
    pictures: Sequence[np.ndarray],
) -> None:
    """Fit a narrow layer (1×1, then 3×3).

    It computes those of the teacher's channels that explain the other channels best.

    Args:
        student: its layers called `name` are set.
        name: a key of `NARROW`.
        seen, taught, target, pictures: as `samples` takes them.
    """
    few, channels = NARROW[name]
    _, values = samples(seen, taught, target, pictures)
    outputs = np.maximum(values, 0).astype(np.float64)
    root = scipy.linalg.cholesky(outputs.T @ outputs + 1e-3 * np.eye(values.shape[1]))
    chosen = scipy.linalg.qr(root, mode="r", pivoting=True)[1][:channels]

    # The directions in the input that matter to the teacher's kernels.
    kernel = np.asarray(target.kernel)[..., chosen]  # (3, 3, inputs, chosen)
    flat = kernel.transpose(2, 0, 1, 3).reshape(kernel.shape[2], -1)
    second = np.zeros((len(flat), len(flat)))
    for batch in pictures:
        features = np.asarray(seen(batch)).reshape(-1, len(flat))
        second += features.T @ features / len(features)
    second[np.diag_indices_from(second)] += 1e-4 * np.trace(second) / len(second)
    root = scipy.linalg.cholesky(second)  # upper: rootᵀ · root
    axes = np.linalg.svd(root @ flat, full_matrices=False)[0][:, :few]
    reduce = scipy.linalg.solve_triangular(root, axes).astype(np.float32)
    # Scaled to the size of the input, so that all kernels are about as large as those of He
    # et al. 2015. Adam's steps have one size for all kernels, and need this.
    reduce *= np.sqrt(np.trace(second) / len(second))

    patches, _ = samples(seen, taught, target, pictures, reduce)
    slopes, level = least_squares(patches, values[:, chosen])
    student.get_layer(f"narrow{name}").set_weights(
        [reduce[None, None], np.zeros(few, reduce.dtype)]
    )
    student.get_layer(f"conv{name}").set_weights(
        [slopes.reshape(3, 3, few, channels), level]
    )
