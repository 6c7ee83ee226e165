"""How well a distilled loss network agrees with its teacher, on unseen pictures."""

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
    """Return the table of a distillation, as Markdown.

    Args:
        pictures: of photographs that the student has not seen.
        painting: path of the painting whose style the pictures are compared with.
        student, teacher: (loss network, its weights).
        count: pictures that both judge.

    Returns:
        For each level, the share of the variance of the teacher's features that the
        student explains on photographs; for the style and content terms, Spearman's
        rank correlation over pictures of all qualities, and by how much the student's
        differ from the teacher's.
    """
    judges = [judge(painting, pictures.size, *network) for network in (student, teacher)]
    networks = [features_of(loss.network) for loss in judges]
    lines = ["| level | variance explained, photographs |", "|---|---|"]
    shares = explained(*networks, photographs(pictures, min(count, 128)))
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
    """Return a loss network's judgment of one painting, by the levels of the student."""
    pixels = read_picture(painting).pixels
    pixels = resize(pixels, *fit_size(*pixels.shape[:2], 2 * size, min))
    return PerceptualLoss(pixels, LossConfig(network, weights))


def photographs(pictures: JudgedPictures, count: int) -> Iterable[np.ndarray]:
    """Yield `count` preprocessed photographs, in batches."""
    prepare = Preprocessing(**CAFFE)
    for start in range(0, count, BATCH):
        rngs = [np.random.default_rng((4, i)) for i in range(start, start + BATCH)]
        yield np.asarray(prepare(np.stack([pictures.one(r, "photograph") for r in rngs])))


def terms_of(
    loss: PerceptualLoss, pictures: JudgedPictures, count: int
) -> dict[str, np.ndarray]:
    """Return {term: (count,)} of pictures made of photographs, well and badly."""
    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        seen, made = zip(*(pictures.pair(number) for number in numbers), strict=True)
        for name, term in loss(np.stack(seen), np.stack(made)).items():
            found.setdefault(name, []).append(np.asarray(term))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def features_of(network: keras.Model) -> keras.Model:
    """Return what a loss network does with a picture that is preprocessed already."""
    return network.layers[-1]
