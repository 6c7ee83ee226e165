"""Several engines of one style, each with a part of the processor's cores."""

import os

from fusion_style.inference.choice import StyleChoice
from fusion_style.inference.engines.openvino import OpenVINOEngine
from fusion_style.inference.stylizer import Stylizer


def load_workers(
    style: str | StyleChoice, engine: str = "auto", precision: str = "auto",
    workers: int = 1, stroke: float | None = None,
) -> list[Stylizer]:  # fmt: skip
    """Return as many Stylizers as frames are to be painted at a time.

    Engines of OpenVINO share the cores. A single engine uses all of them.

    Args:
        style, engine, precision, stroke: see `Stylizer`.
        workers: how many.

    Raises:
        ValueError: as `Stylizer` does.
    """
    stylizers = [Stylizer(style, engine, precision, stroke) for _ in range(workers)]
    for stylizer in stylizers:
        if workers > 1 and isinstance(stylizer.engine, OpenVINOEngine):
            threads = max(1, (os.cpu_count() or 1) // workers)
            stylizer.engine.settings["INFERENCE_NUM_THREADS"] = threads
    return stylizers
