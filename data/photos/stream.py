"""PhotoStream: batches of crops that depend only on the seed and the position."""

import functools
import os
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.images import PictureError
from fusion_style.data.photos.cache import MemoryCache
from fusion_style.data.photos.crops import KeptPhotograph, ScaledPhotograph, mirrored
from fusion_style.data.photos.sources import Photographs

if TYPE_CHECKING:
    import tensorflow as tf

SCALES = 2**32 - 1  # used instead of an epoch's number to draw the photographs' scales


class PhotoStream:
    """Give an endless stream of crops of photographs, in a new order every epoch.

    The crop at a position depends only on the seed and the position, bit for bit, with
    and without a cache. The scale of a photograph's crops is drawn once. Their place, and
    whether they are flipped, is drawn again in every epoch. A photograph that cannot be
    read is replaced by another one, and `skipped` gets its name and the reason. A crop of
    one color is replaced too: see `varies`.

    Args:
        photographs: a `Folder` or a `TensorFlowDataset`.
        size: side of the crops in pixels.
        seed: the same seed gives the same photographs, crops and order.
        skipped: {name: reason} of photographs known to be unreadable; others are added.
        cache: a cache of `data.photos.cache` for decoded photographs, or None.

    Attributes:
        failure: the error that ended the stream, or None. It is kept here because tf.data
            hides it in an error of its own.
        left_out: names of readable photographs that must not be used.

    Raises:
        PictureError: if none of the photographs can be read.
    """

    attempts = 1000

    def __init__(
        self,
        photographs: Photographs,
        size: int,
        seed: int = 0,
        skipped: dict[str, str] | None = None,
        cache: MemoryCache | None = None,
    ) -> None:
        self.photographs, self.size, self.seed = photographs, size, seed
        self.cache = cache
        self.skipped = {} if skipped is None else skipped
        self.failure: PictureError | None = None
        self.left_out: set[str] = set()
        self.order = functools.lru_cache(2)(self.order)  # type: ignore[method-assign]
        self.crop(0)

    def order(self, epoch: int) -> np.ndarray:
        """Return the order of the photographs in an epoch, a permutation."""
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.photographs))

    def crop(self, position: int) -> np.ndarray:
        """Return the crop at a position from 0 up: uint8 RGB (size, size, 3)."""
        return self.find(position)[1]

    def names(self, number: int, batch: int) -> list[str]:
        """Return the names of the photographs in batch `number` (from 0), each once."""
        positions = range(number * batch, (number + 1) * batch)
        return list(dict.fromkeys(self.find(position)[0] for position in positions))

    def find(self, position: int) -> tuple[str, np.ndarray]:
        """Return the name of the photograph at a position, and its crop.

        Raises:
            PictureError: if `attempts` photographs in a row cannot be used.
        """
        epoch, place = divmod(int(position), len(self.photographs))
        for attempt in range(self.attempts):
            rng = np.random.default_rng((self.seed, epoch, place, attempt))
            replacement = rng.integers(len(self.photographs))
            index = int(replacement if attempt else self.order(epoch)[place])
            name = self.photographs.names[index]
            if name in self.skipped or name in self.left_out:
                continue
            try:
                crop = self.random_crop(index, rng)
                if varies(crop):
                    return name, crop
            except PictureError as error:
                source = str(self.photographs.source(index))
                self.skipped[name] = str(error).replace(source, name)
        why = self.skipped.get(name, f"{name} shows a single color")
        self.failure = PictureError(
            f"{self.attempts} photographs in a row could not be read, or show a single "
            f"color. The last: {why}"
        )
        raise self.failure

    def random_crop(self, index: int, rng: np.random.Generator) -> np.ndarray:
        """Return a random square of a photograph, flipped half of the time.

        Returns:
            uint8 RGB (size, size, 3).

        Raises:
            PictureError: if the photograph cannot be read.
        """
        photograph = self.photograph(index)
        room = photograph.height - self.size, photograph.width - self.size
        top, left = rng.integers(room, endpoint=True)
        flip = rng.random() < 0.5
        square = photograph.crop(top, left, self.size)
        return mirrored(square) if flip else square

    def photograph(self, index: int) -> ScaledPhotograph | KeptPhotograph:
        """Return a photograph at the scale of its crops, from the cache if it is there."""
        share = np.random.default_rng((self.seed, SCALES, index)).random()
        if self.cache is None:
            return ScaledPhotograph(self.photographs.source(index), self.size, share)
        key = f"{self.photographs.stamp(index)}|{self.size}|{share}"
        pixels = self.cache.get(key)
        if pixels is None:
            source = self.photographs.source(index)
            photograph = ScaledPhotograph(source, self.size, share)
            if not self.cache.fits(photograph.height * photograph.width * 3):
                return photograph
            pixels = photograph.whole()
            self.cache.put(key, pixels)
        return KeptPhotograph(pixels)

    def batches(
        self, batch: int, start: int = 0, worker: int = 0, workers: int = 1
    ) -> "tf.data.Dataset":
        """Return the stream as a tf.data.Dataset, read and decoded in parallel.

        Args:
            batch: photographs in a batch.
            start: number of the first batch; a resumed training gives its step.
            worker, workers: the number of this worker, from 0, and how many there are; each
                reads its own part of every batch.

        Returns:
            An infinite dataset of float32 (batch / workers, size, size, 3), 0-255.
        """
        import tensorflow as tf

        part = batch // workers
        shape = (part, self.size, self.size, 3)

        def crops(number: np.ndarray) -> np.ndarray:
            first = number * batch + worker * part
            return np.stack([self.crop(int(first) + i) for i in range(part)])

        def read(number: "tf.Tensor") -> "tf.Tensor":
            pixels = tf.numpy_function(crops, [number], tf.uint8, stateful=False)
            return tf.cast(tf.ensure_shape(pixels, shape), tf.float32)

        numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max // batch)
        # One thread makes one batch. AUTOTUNE is off: it takes seconds to use the second
        # core, and its own thread may sleep for a minute before an iterator can be deleted.
        batches = numbers.map(read, num_parallel_calls=max(2, os.cpu_count() or 1))
        options = tf.data.Options()
        options.autotune.enabled = False
        return batches.prefetch(2).with_options(options)


def varies(crop: np.ndarray) -> bool:
    """Return whether any pixel of a crop differs from another.

    A crop of one color teaches nothing: every norm subtracts a constant, so the exact
    gradient of its loss is 0 for all weights except the last shift. The computed gradient
    is not exact: each norm multiplies, by up to 1 / √ε = 316, numbers that should cancel in
    the end. After several norms it is infinite. One pixel that differs by one level is
    enough for a sound gradient.

    Args:
        crop: (height, width, channels).
    """
    return bool((crop != crop[:1, :1]).any())
