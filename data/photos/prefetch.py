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
    """Yield the stream's batches in order, read and decoded by threads.

    These are the batches of `PhotoStream.batches`, made without TensorFlow.

    Args:
        stream: gives a crop for each position.
        batch: photographs in a batch.
        start: number of the first batch; a resumed training gives its step.
        ahead: how many batches are read in advance.

    Yields:
        Tuples with one array, as `fit` takes them: float32 (batch, size, size, 3), 0-255.

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
