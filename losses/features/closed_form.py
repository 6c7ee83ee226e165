"""Where a distillation begins: each convolution fitted to the teacher's in closed form.

Layer after layer, in the order of `losses.features.distilled`: least squares from what
the student sees there to what the teacher's convolution gives before its ReLU. A
product of two convolutions is the reduced-rank regression (Izenman 1975).
"""

from collections.abc import Sequence

import keras
import numpy as np
import scipy.linalg
from keras import ops

from fusion_style.losses.features.distilled import NARROW, ORDER, POOLED, WIDE

RIDGE = 1e-4  # of the inputs' mean square
SAMPLES = 384  # positions of each picture


def teachers_name(name: str) -> str:
    """Return Keras's name of VGG19's convolution `name`: "block3_conv1" for "3_1"."""
    return "block{}_conv{}".format(*name.split("_"))


def begin_from(
    student: keras.Model, teacher: keras.Model, pictures: Sequence[np.ndarray]
) -> None:
    """Fit the student's convolutions to the teacher's, one after the other.

    Args:
        student: of `vgg19_distilled`.
        teacher: VGG19 from preprocessed pictures, with Keras's names of its layers.
        pictures: preprocessed float32 batches, (batch, height, width, 3), all of one
            size. The more there are, the better: 64 pictures of 128² are enough.
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
    """Return the network as deep as what the convolution after `before` sees."""
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
    """Return (patches of what the student sees, what the teacher gives) at random places.

    Args:
        seen, taught: the networks of student and teacher up to there.
        target: the teacher's convolution.
        pictures: preprocessed batches.
        reduce: (channels, fewer) matrix that the student's features pass first.

    Returns:
        (samples, 9 · channels), (samples, the teacher's channels) before the ReLU.
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
    """Return (slopes, intercepts) of the ridge regression of `y` on `x`."""
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
    """Fit 3×3 → 1×1 by reduced-rank regression of the teacher's outputs."""
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
    """Fit 1×1 → 3×3 to those of the teacher's channels that explain the others best."""
    few, channels = NARROW[name]
    _, values = samples(seen, taught, target, pictures)
    outputs = np.maximum(values, 0).astype(np.float64)
    root = scipy.linalg.cholesky(outputs.T @ outputs + 1e-3 * np.eye(values.shape[1]))
    chosen = scipy.linalg.qr(root, mode="r", pivoting=True)[1][:channels]

    # The directions of what is seen that matter to the teacher's kernels.
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
    # As large as what is seen, so that all kernels are about as large as He et al.'s:
    # what learns by steps of one size needs that.
    reduce *= np.sqrt(np.trace(second) / len(second))

    patches, _ = samples(seen, taught, target, pictures, reduce)
    slopes, level = least_squares(patches, values[:, chosen])
    student.get_layer(f"narrow{name}").set_weights(
        [reduce[None, None], np.zeros(few, reduce.dtype)]
    )
    student.get_layer(f"conv{name}").set_weights(
        [slopes.reshape(3, 3, few, channels), level]
    )
