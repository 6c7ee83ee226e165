"""Fusion Style: fast neural style transfer on TensorFlow and Keras 3.

    import fusion_style

    painted = fusion_style.Stylizer("starry_night")(fusion_style.read_picture("photo.jpg"))
    fusion_style.write_picture("painted.jpg", painted)

`import fusion_style` imports nothing else. The module of each name is imported when the
name is first used.
"""

import importlib

__version__ = "0.2.0"

PUBLIC = {
    "ExportConfig": "fusion_style.exports.config",
    "LossConfig": "fusion_style.losses.config",
    "NetworkConfig": "fusion_style.models.config",
    "OptimizeConfig": "fusion_style.optimization.config",
    "Stylizer": "fusion_style.inference.stylizer",
    "TrainConfig": "fusion_style.training.config",
    "export_style": "fusion_style.exports.export",
    "learn_style": "fusion_style.training.learn",
    "optimize_picture": "fusion_style.optimization.picture",
    "read_picture": "fusion_style.data.images",
    "write_picture": "fusion_style.data.images",
}
__all__ = ["__version__", *PUBLIC]


def __getattr__(name: str) -> object:
    """Return a public name, and import its module (PEP 562)."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'fusion_style' has no attribute {name!r}")
    return getattr(importlib.import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
