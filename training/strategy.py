"""Where a training runs: one device, or several of one machine in step."""

import contextlib
import re

import keras


def make_strategy(devices="auto"):
    """The distribution strategy for `devices`; None for one device.

    Call it before TensorFlow touches a device.

    Args:
        devices: "auto" (every GPU, or the CPU), "cpu", "gpu", or with a number of
            replicas, as in "gpu:2"; "cpu:2" makes two logical CPU devices.

    Returns:
        A `tf.distribute.MirroredStrategy`, or None: one device needs none, and
        Keras compiles a step with XLA only without one.

    Raises:
        ValueError: if `devices` is not of that form, or there are not so many.
    """
    match = re.fullmatch(r"(auto|cpu|gpu)(?::([1-9]\d*))?", devices)
    if not match or devices.startswith("auto:"):
        raise ValueError(
            f"devices must be auto, cpu, gpu, cpu:N or gpu:N. Received: {devices!r}"
        )
    kind, count = match[1], int(match[2] or 0)
    if keras.backend.backend() != "tensorflow":
        if count > 1:
            raise ValueError(
                f"devices={devices} needs KERAS_BACKEND=tensorflow: several devices "
                f"are tf.distribute's. The backend is {keras.backend.backend()}"
            )
        return None
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if kind == "cpu":
        tf.config.set_visible_devices([], "GPU")
        gpus = []
    if kind == "gpu" and len(gpus) < max(count, 1):
        raise ValueError(
            f"devices={devices}, but TensorFlow sees {len(gpus)} GPUs. Use --devices cpu, "
            "or see tensorflow.org/install for a TensorFlow with GPU support"
        )
    if kind == "cpu" and count > 1:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * count,
        )
    count = count or len(gpus) or 1
    if count == 1:
        return None
    names = [f"{'GPU' if gpus else 'CPU'}:{i}" for i in range(count)]
    return tf.distribute.MirroredStrategy(names)


def scope(strategy):
    """The context in which variables are created."""
    return strategy.scope() if strategy else contextlib.nullcontext()


def synchronize_batch_norm(network):
    """Makes batch norm's statistics those of the global batch, on all replicas."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def jit_compile():
    """What to give `compile`: Keras's own choice, but no XLA for TensorFlow on a CPU.

    There it would replace oneDNN's convolutions by slower ones.
    """
    on_cpu = not keras.distribution.list_devices("gpu")
    return False if keras.backend.backend() == "tensorflow" and on_cpu else "auto"
