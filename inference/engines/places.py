"""Places: the devices on which engines paint, for what --devices and --engine say."""

from typing import Any

from fusion_style.devices import gpus, parse_devices
from fusion_style.inference.engines.engine import Place
from fusion_style.inference.engines.keras import use_backend
from fusion_style.inference.engines.registry import check_names, choose_engine


def find_places(
    devices: str = "auto", engine: str = "auto", precision: str = "auto"
) -> list[Place]:
    """Return the places where to paint, each for an engine of its own.

    Call this before TensorFlow uses a device.

    Args:
        devices: "auto" (all GPUs that the engine can use, or the CPU), "cpu", "gpu", or
            with a number, such as "gpu:2". "cpu:2" stands for two engines: with OpenVINO
            each has half of the cores, with TensorFlow each has a logical CPU device.
        engine, precision: see `load_engine`.

    Raises:
        ValueError: if `devices` is not of that form, or there are fewer devices.
    """
    kind, count = parse_devices(devices)
    check_names(engine, precision)
    chosen = engine
    if engine == "auto":
        only = kind == "cpu" or precision == "int8"
        chosen = "openvino" if only else choose_engine()
    if chosen == "openvino":
        if kind == "gpu":
            why = "no GPU is seen" if engine == "auto" else "openvino paints on the CPU"
            raise ValueError(
                f"devices={devices}, but {why}. Use --devices cpu, or an --engine that "
                "sees a GPU"
            )
        return [Place(chosen)] * (count or 1)
    use_backend(chosen)
    if kind == "cpu":
        return [Place(chosen, name) for name in cpus(chosen, count or 1)]
    found = gpus()
    if kind == "gpu" and len(found) < max(count, 1):
        raise ValueError(
            f"devices={devices}, but {chosen} sees {len(found)} GPUs. Use --devices cpu, "
            f"or a {chosen} with GPU support"
        )
    if not found:
        return [Place(chosen)]
    return [Place(chosen, name) for name in found[: count or len(found)]]


def cpus(backend: str, count: int) -> list[str]:
    """Return the names of CPU devices; TensorFlow makes as many as are asked for.

    Raises:
        ValueError: if TensorFlow has used its CPU as fewer devices already.
    """
    if backend != "tensorflow" or count == 1:
        return ["cpu:0"] * count  # engines that share it
    import tensorflow as tf

    made: list[Any] = [tf.config.LogicalDeviceConfiguration()] * count
    try:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], made
        )
    except RuntimeError:  # it has been used
        there = len(tf.config.list_logical_devices("CPU"))
        if there < count:
            raise ValueError(
                f"devices=cpu:{count}, but TensorFlow has begun with {there} CPU devices. "
                "Choose devices before anything is painted"
            ) from None
    return [f"cpu:{i}" for i in range(count)]
