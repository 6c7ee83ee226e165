"""Several engines of one style: one on each device, or each with a part of the cores."""

import os

from fusion_style.inference.engines.openvino import OpenVINOEngine
from fusion_style.inference.engines.places import find_places
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.choice import StyleChoice


def load_workers(
    style: str | StyleChoice, engine: str = "auto", precision: str = "auto",
    workers: int | None = None, stroke: float | None = None, devices: str = "auto",
) -> list[Stylizer]:  # fmt: skip
    """Return as many Stylizers as frames are to be painted at a time.

    Each has an engine of its own. They take turns in going to the devices. Engines of
    OpenVINO share the cores. A single engine uses all of them.

    Args:
        style, engine, precision, stroke: see `Stylizer`.
        workers: how many; by default one on each device.
        devices: see `find_places`.

    Raises:
        ValueError: as `Stylizer` and `find_places` do, or for fewer workers than devices
            that were asked for by their number.
    """
    places = find_places(devices, engine, precision)
    workers = workers or len(places)
    if ":" in devices and workers < len(places):
        raise ValueError(
            f"workers must be at least {len(places)}, one for each of --devices {devices}. "
            f"Received: {workers}"
        )
    stylizers = []
    for number in range(workers):
        place = places[number % len(places)]
        stylizer = Stylizer(style, place.engine, precision, stroke, place.device)
        if workers > 1 and isinstance(stylizer.engine, OpenVINOEngine):
            stylizer.engine.use_threads(max(1, cores() // workers))
        stylizers.append(stylizer)
    return stylizers


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS, Windows
