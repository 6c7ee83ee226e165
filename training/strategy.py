"""Where a training runs: one device, several in step, or several machines in step."""

import contextlib
import json
import os
import re
from typing import Any

import keras

from fusion_style.data.photos import prefetch
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.devices import gpus


def make_strategy(devices: str = "auto") -> Any:
    """Return the distribution strategy for `devices` and TF_CONFIG; None for one device.

    Call it before TensorFlow touches a device. With several workers in TF_CONFIG it
    waits for all of them.

    Args:
        devices: "auto" (every GPU, or the CPU), "cpu", "gpu", or with a number of
            replicas, as in "gpu:2"; "cpu:2" makes two logical CPU devices. Of each
            machine, if there are several.

    Returns:
        A `tf.distribute.MirroredStrategy` or `MultiWorkerMirroredStrategy`, or None:
        one device needs none, and Keras compiles a step with XLA only without one.

    Raises:
        ValueError: if `devices` is not of that form, there are not so many, the
            backend computes elsewhere, or TF_CONFIG cannot be followed.
    """
    match = re.fullmatch(r"(auto|cpu|gpu)(?::([1-9]\d*))?", devices)
    if not match or devices.startswith("auto:"):
        raise ValueError(
            f"devices must be auto, cpu, gpu, cpu:N or gpu:N. Received: {devices!r}"
        )
    kind, count = match[1], int(match[2] or 0)
    workers = worker()[1]
    if keras.backend.backend() != "tensorflow":
        if count > 1 or workers > 1:
            what = f"devices={devices}" if count > 1 else "TF_CONFIG"
            raise ValueError(
                f"{what} needs KERAS_BACKEND=tensorflow: several devices "
                f"are tf.distribute's. The backend is {keras.backend.backend()}"
            )
        if kind != "auto" and (kind == "gpu") != bool(gpus()):
            raise ValueError(
                f"devices={devices}, but {keras.backend.backend()} sees "
                f"{', '.join(gpus()) or 'no GPU'}, and itself chooses what it computes on"
            )
        return None
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    if kind == "cpu":
        tf.config.set_visible_devices([], "GPU")
        found = []
    elif count and workers == 1:  # else TensorFlow would take memory on the others, too
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
    """Return the strategy of several machines, each with `count` of its GPUs."""
    if kind == "cpu" and count > 1:
        raise ValueError(
            f"devices=cpu:{count} is for one machine. With several workers in TF_CONFIG, "
            "each brings its GPUs, or its CPU as one device"
        )
    if found and count:
        tf.config.set_visible_devices(found[:count], "GPU")
    return tf.distribute.MultiWorkerMirroredStrategy()


def worker() -> tuple[int, int]:
    """Return (this process's number, how many there are), from TF_CONFIG; (0, 1) without.

    Number 0 is the chief: it writes the files.

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
            f"TF_CONFIG cannot be followed: {error!r}. It is JSON such as "
            '{"cluster": {"worker": ["a:2222", "b:2222"]}, '
            f'"task": {{"type": "worker", "index": 0}}}}. Received: {text}'
        ) from None


def is_chief() -> bool:
    """Return whether this process writes the files: the only one, or number 0."""
    return worker()[0] == 0


def scope(strategy: Any) -> contextlib.AbstractContextManager[Any]:
    """Return the context in which variables are created."""
    return strategy.scope() if strategy else contextlib.nullcontext()


def batches_for(strategy: Any, stream: PhotoStream, batch: int, start: int) -> Any:
    """Return a stream's batches, for `fit`, from number `start` on.

    Each worker reads its own part of each batch, so the batch is the same one however
    many there are.
    """
    if keras.backend.backend() != "tensorflow":
        return prefetch.batches(stream, batch, start)
    number, workers = worker()
    if workers == 1:
        return stream.batches(batch, start)
    replica = batch // strategy.num_replicas_in_sync
    return strategy.distribute_datasets_from_function(
        lambda _: stream.batches(batch, start, number, workers).rebatch(replica)
    )


def anyone(strategy: Any, flag: bool) -> bool:
    """Return whether `flag` is true for any worker; all must ask, after the same step."""
    if worker()[1] == 1:
        return flag
    import tensorflow as tf

    return bool(strategy.reduce("SUM", tf.constant(float(flag)), axis=None) > 0)


def log_shape() -> tuple[int, ...]:
    """Return a logged value's shape: Keras takes the mean over workers along an axis."""
    return () if worker()[1] == 1 else (1,)


def lost_worker(error: Exception) -> ConnectionError | None:
    """Return an error in plain words if this one is of a worker without the others."""
    if worker()[1] == 1 or not type(error).__module__.startswith("tensorflow"):
        return None
    return ConnectionError(
        "Another worker ended or cannot be reached. Start all of them again with --resume. "
        f"TensorFlow says: {str(error).strip().splitlines()[0]}"
    )


def synchronize_batch_norm(network: keras.Model) -> None:
    """Make batch norm's statistics those of the global batch, on all replicas."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
