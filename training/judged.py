"""Pictures like those that a loss network judges in a training, of all kinds and qualities.

They are photographs, paintings, and photographs painted by good and by bad networks. All of
these are also mixed, blurred, and given noise.
"""

from collections.abc import Sequence, Sized

import numpy as np
import scipy.ndimage

from fusion_style.data.images import PictureError, fit_size, read_picture, resize
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_network

KINDS = {"photograph": 0.35, "painting": 0.2, "painted": 0.45}  # their shares
NOISE, BLUR = 40.0, 2.5  # the largest deviations, in gray levels and in pixels
UNLEARNED = (0.0, 0.1, 0.3, 1.0)  # noise in kernels, relative to their deviation
AT_ONCE = 10  # photographs that a style paints at once


def crop(pixels: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random square of a picture at a random scale, mirrored in half of all cases.

    Args:
        pixels: float32 (height, width, channels), 0-255.
        size: side of the square, in pixels. It shows at least as many pixels of the
            picture.
        rng: draws the scale, the place and whether to mirror.

    Returns:
        float32 (size, size, channels), 0-255.
    """
    short = min(pixels.shape[:2])
    side = max(size, int(size * (short / size) ** rng.uniform(0, 1)))
    scaled = max(size, round(short * size / side))  # a smaller picture is enlarged
    pixels = resize(pixels, *fit_size(pixels.shape[0], pixels.shape[1], scaled, min))
    height, width = pixels.shape[:2]
    top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    square = pixels[top : top + size, left : left + size]
    return square[:, ::-1] if rng.random() < 0.5 else square


class JudgedPictures:
    """Give an endless sequence of such pictures. Each depends on the seed and its number.

    Args:
        photographs, paintings: paths of pictures.
        painted: pairs of a photograph and the painted photograph, as `paint` returns them.
        size: side of the square pictures, in pixels.
        seed: of everything random.

    Raises:
        PictureError: if a painting cannot be read.
    """

    def __init__(
        self,
        photographs: Sequence[str],
        paintings: Sequence[str],
        painted: np.ndarray,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        self.photographs, self.size, self.seed = list(photographs), size, seed
        self.paintings = [read_picture(path).pixels for path in paintings]
        self.painted = painted
        kinds: dict[str, Sized] = {
            "photograph": self.photographs,
            "painting": self.paintings,
            "painted": self.painted,
        }
        self.shares = {kind: KINDS[kind] for kind, there in kinds.items() if len(there)}

    def one(self, rng: np.random.Generator, kind: str | None = None) -> np.ndarray:
        """Return a picture of one of `KINDS` (by default a random kind), without noise."""
        if kind is None:
            shares = np.array(list(self.shares.values()))
            kind = rng.choice(list(self.shares), p=shares / shares.sum())
        if kind == "photograph":
            pixels = any_photograph(self.photographs, rng)
        elif kind == "painting":
            pixels = self.paintings[rng.integers(len(self.paintings))]
        else:
            pixels = self.painted[rng.integers(len(self.painted))][..., 3:]
        return crop(pixels.astype(np.float32), self.size, rng)

    def __getitem__(self, number: int) -> np.ndarray:
        """Return picture `number`: float32 RGB (size, size, 3), 0-255."""
        rng = np.random.default_rng((self.seed, 2, number))
        pixels = self.one(rng)
        if rng.random() < 0.25:  # as if half painted: two pictures are mixed
            share = rng.uniform(0, 1)
            pixels = share * pixels + (1 - share) * self.one(rng)
        if rng.random() < 0.15:
            pixels = blurred(pixels, rng.uniform(0.3, BLUR))
        if rng.random() < 0.25:
            pixels = pixels + rng.normal(0, rng.uniform(0, NOISE), pixels.shape)
        return np.clip(pixels, 0, 255).astype(np.float32)

    def batch(self, number: int, size: int) -> np.ndarray:
        """Return batch `number`: `size` pictures, float32 RGB (size, side, side, 3)."""
        return np.stack([self[number * size + i] for i in range(size)])

    def pair(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return pair `number`: a photograph, and a good or bad picture made from it.

        Each is float32 RGB (size, size, 3), 0-255.
        """
        rng = np.random.default_rng((self.seed, 3, number))
        way = number % (5 if len(self.painted) else 4)
        if way == 4:
            both = self.painted[rng.integers(len(self.painted))].astype(np.float32)
            both = crop(both, self.size, rng)
            return both[..., :3], both[..., 3:]
        photograph = self.one(rng, "photograph")
        if way == 0:
            picture = blurred(photograph, rng.uniform(0.3, 2 * BLUR))
        elif way == 1:
            noise = rng.normal(0, rng.uniform(0, 2 * NOISE), photograph.shape)
            picture = photograph + noise
        elif way == 2:
            share = rng.uniform(0, 1)
            picture = share * photograph + (1 - share) * self.one(rng, "painting")
        else:
            picture = self.one(rng)
        return photograph, np.clip(picture, 0, 255).astype(np.float32)


def blurred(pixels: np.ndarray, deviation: float) -> np.ndarray:
    """Return a picture blurred by a Gaussian with this deviation in pixels."""
    return scipy.ndimage.gaussian_filter(pixels, (deviation, deviation, 0))


def any_photograph(paths: list[str], rng: np.random.Generator) -> np.ndarray:
    """Return a random photograph. Paths that cannot be read are removed from the list.

    Raises:
        PictureError: if no path is left.
    """
    while paths:
        number = int(rng.integers(len(paths)))
        try:
            return read_picture(paths[number]).pixels
        except PictureError:
            paths.pop(number)
    raise PictureError("None of the photographs can be read")


def paint(
    photographs: Sequence[str],
    styles: Sequence[str],
    count: int,
    size: int,
    seed: int = 0,
) -> np.ndarray:
    """Return photographs beside painted photographs.

    Each style paints with its own weights, and with three amounts of noise in its kernels.
    A network that has learned nothing paints too.

    Args:
        photographs: paths of pictures.
        styles: paths of style files.
        count: how many photographs to paint, or a few more.
        size: side of the squares that are cut out of them, in pixels.
        seed: of everything random.

    Returns:
        uint8 (count, size, size, 6): RGB of the photograph, then RGB of the painted one.

    Raises:
        StyleFileError: if a style file cannot be read.
    """
    rng, photographs, pairs = np.random.default_rng((seed, 1)), list(photographs), []
    each = -(-count // (len(styles) * len(UNLEARNED) + 1))
    for style in [*styles, None]:
        network = load_network(style) if style else build_network()
        learned = [np.array(weight) for weight in network.trainable_weights]
        for noise in UNLEARNED if style else (0.0,):
            for weight, value in zip(network.trainable_weights, learned, strict=True):
                spread = noise * value.std() * rng.standard_normal(value.shape)
                weight.assign(value + spread)
            for start in range(0, each, AT_ONCE):
                squares = np.stack([
                    crop(any_photograph(photographs, rng), size, rng)
                    for _ in range(min(AT_ONCE, each - start))
                ])  # fmt: skip
                both = np.concatenate([squares, np.asarray(network(squares))], axis=-1)
                pairs.append(np.clip(np.nan_to_num(both), 0, 255).round().astype(np.uint8))
    return np.concatenate(pairs)
