"""Devices: what --devices says, and the GPUs that Keras's backend sees.

Every floor may use this file.
"""

import re


def parse_devices(devices: str) -> tuple[str, int]:
    """Return (kind, number) for "auto", "cpu", "gpu", "cpu:N" or "gpu:N"; 0 for no number.

    Raises:
        ValueError: for other text.
    """
    match = re.fullmatch(r"(auto|cpu|gpu)(?::([1-9]\d{0,3}))?", devices)
    if not match or devices.startswith("auto:"):
        raise ValueError(
            f"devices must be auto, cpu, gpu, cpu:N or gpu:N. Received: {devices!r}"
        )
    return match[1], int(match[2] or 0)


def gpus() -> list[str]:
    """Return the names of the GPUs; an empty list if there is none."""
    import keras

    if keras.backend.backend() == "torch":  # for which Keras cannot list devices
        import torch

        if torch.backends.mps.is_available():
            return ["mps"]
        return [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    try:
        return keras.distribution.list_devices("gpu")
    except RuntimeError:  # JAX raises it if there is no GPU
        return []
