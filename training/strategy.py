"""Where a training runs: on one device, several devices, or several machines."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from fusion_style.data.photos import prefetch
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.devices import gpus, parse_devices
from fusion_style.training.draws import Draws

if TYPE_CHECKING:
    import tensorflow as tf


def make_strategy(devices: str = "auto") -> Any:
    """Return the distribution strategy for `devices` and TF_CONFIG; None for one device.

    Call this before TensorFlow uses a device. If TF_CONFIG names several workers, this
    waits for all of them.

    Args:
        devices: "auto" (all GPUs, or the CPU), "cpu", "gpu", or with a number of replicas,
            such as "gpu:2"; "cpu:2" makes two logical CPU devices. With several machines,
            these are the devices of each machine.

    Returns:
        A `tf.distribute.MirroredStrategy` or `MultiWorkerMirroredStrategy`, or None for
        one device, because Keras compiles a step with XLA only without a strategy.

    Raises:
        ValueError: if `devices` is not of that form, there are fewer devices, the backend
            computes on other devices, or TF_CONFIG is not valid.
    """
    kind, count = parse_devices(devices)
    workers = worker()[1]
    if keras.backend.backend() != "tensorflow":
        if count > 1 or workers > 1:
            what = f"devices={devices}" if count > 1 else "TF_CONFIG"
            raise ValueError(
                f"{what} needs KERAS_BACKEND=tensorflow: only TensorFlow can train on "
                f"several devices. The backend is {keras.backend.backend()}"
            )
        if kind != "auto" and (kind == "gpu") != bool(gpus()):
            raise ValueError(
                f"devices={devices}, but {keras.backend.backend()} sees "
                f"{', '.join(gpus()) or 'no GPU'} and chooses its devices itself"
            )
        return None
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    if kind == "cpu":
        tf.config.set_visible_devices([], "GPU")
        found = []
    elif count and workers == 1:  # otherwise TensorFlow uses memory of the other GPUs too
        tf.config.set_visible_devices(found[:count], "GPU")
    if kind == "gpu" and len(found) < max(count, 1):
        raise ValueError(
            f"devices={devices}, but TensorFlow sees {len(found)} GPUs. Use --devices cpu, "
            "or see tensorflow.org/install for a TensorFlow with GPU support"
        )
    if workers > 1:
        return among_workers(tf, kind, count, found)
    if kind == "cpu" and count > 1:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * count,
        )
    count = count or len(found) or 1
    if count == 1:
        return None
    names = [f"{'GPU' if found else 'CPU'}:{i}" for i in range(count)]
    return tf.distribute.MirroredStrategy(names)


def among_workers(tf: Any, kind: str, count: int, found: list[Any]) -> Any:
    """Return the strategy for several machines, with `count` GPUs of each.

    Raises:
        ValueError: for several CPU devices on each machine.
    """
    if kind == "cpu" and count > 1:
        raise ValueError(
            f"devices=cpu:{count} is for one machine. With several workers in TF_CONFIG, "
            "each worker uses its GPUs, or its CPU as one device"
        )
    if found and count:
        tf.config.set_visible_devices(found[:count], "GPU")
    return tf.distribute.MultiWorkerMirroredStrategy()


def worker() -> tuple[int, int]:
    """Return (number of this worker, number of workers), from TF_CONFIG; (0, 1) without it.

    Worker 0 is the chief, which writes the files.

    Raises:
        ValueError: if TF_CONFIG is not of the form that TensorFlow documents.
    """
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text or "{}")
        cluster = config.get("cluster", {})
        chiefs, others = len(cluster.get("chief", ())), len(cluster.get("worker", ()))
        if chiefs + others < 2:
            return 0, 1
        index = int(config["task"]["index"])
        if config["task"]["type"] == "worker":
            index += chiefs
        elif config["task"]["type"] != "chief":
            raise ValueError("the task's type must be worker or chief")
        if index >= chiefs + others:
            raise ValueError(f"there is no worker {index}")
        return index, chiefs + others
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"TF_CONFIG is not valid: {error!r}. It must be JSON such as "
            '{"cluster": {"worker": ["a:2222", "b:2222"]}, '
            f'"task": {{"type": "worker", "index": 0}}}}. Received: {text}'
        ) from None


def is_chief() -> bool:
    """Return whether this process writes the files: it is worker 0, or the only one."""
    return worker()[0] == 0


def scope(strategy: Any) -> contextlib.AbstractContextManager[Any]:
    """Return the context in which to create variables."""
    return strategy.scope() if strategy else contextlib.nullcontext()


def batches_for(
    strategy: Any, stream: PhotoStream, batch: int, start: int, draws: Draws | None = None
) -> Any:
    """Return the batches of a stream for `fit`, beginning with number `start`.

    Each worker reads its own part of each batch. So the whole batch does not depend on the
    number of workers.

    Args:
        strategy: from `make_strategy`.
        stream: the stream of photographs.
        batch: number of photographs in a batch, of all workers together.
        start: number of the first batch.
        draws: if given, batches are (photographs, lessons); lessons are (batch,).
    """
    if keras.backend.backend() != "tensorflow":
        plain = prefetch.batches(stream, batch, start)
        return plain if draws is None else with_lessons(plain, draws, batch, start)
    number, workers = worker()
    if workers == 1:
        return dataset(stream, draws, batch, start)
    replica = batch // strategy.num_replicas_in_sync
    return strategy.distribute_datasets_from_function(
        lambda _: dataset(stream, draws, batch, start, number, workers).rebatch(replica)
    )


def with_lessons(
    batches: Iterator[tuple[np.ndarray]], draws: Draws, batch: int, start: int
) -> Iterator[tuple[tuple[np.ndarray, np.ndarray]]]:
    """Yield the batches together with the lessons of their photographs."""
    for number, (photographs,) in enumerate(batches, start):
        yield ((photographs, draws.at(number * batch, batch)),)


def dataset(
    stream: PhotoStream, draws: Draws | None, batch: int, *part: int
) -> "tf.data.Dataset":
    """Return `PhotoStream.batches`; with `draws`, together with the photographs' lessons.

    Args:
        stream, draws, batch: see `batches_for`.
        part: start, worker and workers, as `PhotoStream.batches` takes them.
    """
    import tensorflow as tf

    photographs = stream.batches(batch, *part)
    if draws is None:
        return photographs
    start, number, workers = (*part, 0, 1)[:3]
    count = batch // workers

    def at(step: np.ndarray) -> np.ndarray:
        return draws.at(int(step) * batch + number * count, count)

    def read(step: "tf.Tensor") -> "tf.Tensor":
        found = tf.numpy_function(at, [step], tf.int32, stateful=False)
        return tf.ensure_shape(found, (count,))

    numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max // batch)
    return tf.data.Dataset.zip(((photographs, numbers.map(read)),))


def anyone(strategy: Any, flag: bool) -> bool:
    """Return whether `flag` is true on any worker. All must call this after a step."""
    if worker()[1] == 1:
        return flag
    import tensorflow as tf

    return bool(strategy.reduce("SUM", tf.constant(float(flag)), axis=None) > 0)


def log_shape() -> tuple[int, ...]:
    """Return the shape of logged values: Keras averages over workers along an axis."""
    return () if worker()[1] == 1 else (1,)


def lost_worker(error: Exception) -> ConnectionError | None:
    """Return a clear error if `error` was raised because another worker ended, or None."""
    if worker()[1] == 1 or not type(error).__module__.startswith("tensorflow"):
        return None
    return ConnectionError(
        "Another worker ended or cannot be reached. Start all of them again with --resume. "
        f"TensorFlow says: {str(error).strip().splitlines()[0]}"
    )


def synchronize_batch_norm(network: keras.Model) -> None:
    """Let batch norm use the statistics of the whole batch, over all replicas."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
