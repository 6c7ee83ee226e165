"""Measure how well a distilled loss network agrees with its teacher on new pictures."""

from collections.abc import Iterable

import keras
import numpy as np
import scipy.stats

from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.losses.config import LossConfig
from fusion_style.losses.features.distill import explained
from fusion_style.losses.features.preprocessing import CAFFE, Preprocessing
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.training.judged import JudgedPictures

BATCH = 8


def table(
    pictures: JudgedPictures,
    painting: str,
    student: tuple[str, str],
    teacher: tuple[str, str],
    count: int = 500,
) -> str:
    """Return two tables about a distillation, as Markdown.

    Args:
        pictures: made from photographs that the student has not seen.
        painting: path of the painting with whose style the pictures are compared.
        student, teacher: (loss network, its weights).
        count: how many pictures both judge.

    Returns:
        The first table has, for each level, the share of the variance of the teacher's
        features that the student explains on photographs. The second has, for the content
        and style terms over pictures of all qualities, Spearman's rank correlation and the
        mean difference from the teacher's terms, relative to their mean.
    """
    judges = [judge(painting, pictures.size, *network) for network in (student, teacher)]
    networks = [features_of(loss.network) for loss in judges]
    lines = ["| level | variance explained, photographs |", "|---|---|"]
    shares = explained(networks[0], networks[1], photographs(pictures, min(count, 128)))
    lines += [f"| {layer} | {share:.3f} |" for layer, share in shares.items()]
    terms = [terms_of(loss, pictures, count) for loss in judges]
    lines += ["", f"| term | rank correlation, {count} pictures | mean departure |"]
    lines.append("|---|---|---|")
    for name in ("content", "style"):
        ours, theirs = (term[name] for term in terms)
        rank = scipy.stats.spearmanr(ours, theirs).statistic
        departure = np.mean(np.abs(ours - theirs)) / np.mean(theirs)
        lines.append(f"| {name} | {rank:.4f} | {departure:.1%} |")
    return "\n".join(lines)


def judge(painting: str, size: int, network: str, weights: str) -> PerceptualLoss:
    """Return the loss of one painting, with the default layers of a loss network.

    Args:
        painting: path of the painting.
        size: side of the judged pictures in pixels; the painting's shorter side is twice
            it.
        network, weights: see `LossConfig`.
    """
    pixels = read_picture(painting).pixels
    pixels = resize(pixels, *fit_size(pixels.shape[0], pixels.shape[1], 2 * size, min))
    return PerceptualLoss(pixels, LossConfig(network, weights))


def photographs(pictures: JudgedPictures, count: int) -> Iterable[np.ndarray]:
    """Yield `count` preprocessed photographs in batches, (batch, size, size, 3)."""
    prepare = Preprocessing(**CAFFE)
    for start in range(0, count, BATCH):
        rngs = [np.random.default_rng((4, i)) for i in range(start, start + BATCH)]
        yield np.asarray(prepare(np.stack([pictures.one(r, "photograph") for r in rngs])))


def terms_of(
    loss: PerceptualLoss, pictures: JudgedPictures, count: int
) -> dict[str, np.ndarray]:
    """Return {term: array (count,)} for pictures of all qualities made from photographs."""
    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        seen, made = zip(*(pictures.pair(number) for number in numbers), strict=True)
        for name, term in loss(np.stack(seen), np.stack(made)).items():
            found.setdefault(name, []).append(np.asarray(term))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def features_of(network: keras.Model) -> keras.Model:
    """Return the part of a loss network that takes preprocessed pictures."""
    return network.layers[-1]
