"""The GPUs that Keras's backend sees. Every floor may use this file."""


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
