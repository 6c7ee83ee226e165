"""Batches of a stream of photographs for backends other than TensorFlow."""

import concurrent.futures
import itertools
import os
from collections.abc import Iterator

import numpy as np

from fusion_style.data.photos.stream import PhotoStream


def batches(
    stream: PhotoStream, batch: int, start: int = 0, ahead: int = 4
) -> Iterator[tuple[np.ndarray]]:
    """Yield the stream's batches, read and decoded by threads, in order.

    What `PhotoStream.batches` gives, without TensorFlow.

    Args:
        stream: gives a crop for each position.
        batch: photographs in a batch.
        start: the first batch's number; a training that goes on gives its step.
        ahead: so many batches are begun before they are asked for.

    Yields:
        (float32 (batch, size, size, 3), 0-255), a tuple of one, as `fit` wants it.

    Raises:
        PictureError: if none of the photographs can be read.
    """
    positions = itertools.count(start * batch)
    pool = concurrent.futures.ThreadPoolExecutor(min(32, os.cpu_count() or 1))
    try:
        waiting: list[concurrent.futures.Future[np.ndarray]] = []
        while True:
            while len(waiting) < (1 + ahead) * batch:
                waiting.append(pool.submit(stream.crop, next(positions)))
            ready, waiting = waiting[:batch], waiting[batch:]
            yield (np.stack([crop.result() for crop in ready]).astype(np.float32),)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
