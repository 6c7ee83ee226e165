"""The registry of engines, and the choice of one."""

import importlib.util
import os

from fusion_style.inference.engines.engine import Engine
from fusion_style.inference.engines.keras import BACKENDS, KerasEngine, use_backend
from fusion_style.inference.engines.openvino import OpenVINOEngine
from fusion_style.models.graph import Graph

ENGINES = ("auto", "openvino", *BACKENDS)
PRECISIONS = ("auto", "float32", "bfloat16", "int8")


def load_engine(
    graph: Graph, engine: str = "auto", precision: str = "auto", device: str | None = None
) -> Engine:
    """Return an engine for a graph.

    Args:
        graph: from `models.rewrites.painting`.
        engine: "openvino"; a backend of Keras: "tensorflow", "jax" or "torch"; or "auto":
            Keras's backend if it sees an NVIDIA GPU, otherwise OpenVINO on the CPU.
        precision: "float32", "bfloat16", "int8" (OpenVINO only), or "auto": with OpenVINO
            bfloat16 if the processor has it, otherwise float32.
        device: where a backend of Keras paints, such as "gpu:1"; by default its first GPU,
            or the CPU.

    Raises:
        ValueError: for other names, or if the engine is not installed, or cannot be used
            with the precision or the graph.
    """
    check_names(engine, precision)
    if precision == "int8":
        from fusion_style.inference.engines.int8 import quantized_engine

        return quantized_engine(graph)
    engine = choose_engine() if engine == "auto" else engine
    if engine == "openvino":
        return OpenVINOEngine(graph, precision)
    use_backend(engine)
    return KerasEngine(graph, precision, device)


def choose_engine() -> str:
    """Return Keras's backend if it sees an NVIDIA GPU, which OpenVINO cannot use.

    Otherwise return "openvino". Without an NVIDIA driver there is no such GPU, and the slow
    import of a backend is not needed.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    driver = os.path.exists("/proc/driver/nvidia/version")
    if not driver or not importlib.util.find_spec(backend):
        return "openvino"
    use_backend(backend)
    from fusion_style.devices import gpus

    return backend if gpus() else "openvino"


def check_names(engine: str, precision: str) -> None:
    """Raise ValueError for names that are not in `ENGINES` or `PRECISIONS`."""
    if engine not in ENGINES:
        raise ValueError(
            f"engine must be one of {', '.join(ENGINES)}. Received: {engine!r}"
        )
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision must be one of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    if precision == "int8" and engine not in ("auto", "openvino"):
        raise ValueError(
            f"precision int8 needs the engine openvino. Received: engine {engine!r}"
        )
