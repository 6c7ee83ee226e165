"""Paint in other runtimes with the files that export.py writes."""

import functools
import importlib.util
import os
from collections.abc import Callable

import numpy as np

from fusion_style.exports.config import ExportConfig
from fusion_style.exports.export import export_style

# {runtime: (format, the package that runs it)}
RUNTIMES = {
    "onnxruntime": ("onnx", "onnxruntime"),
    "litert": ("litert", "ai_edge_litert"),  # with XNNPACK
    "openvino": ("openvino", "openvino"),
    "tensorflow": ("savedmodel", "tensorflow"),
}
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def installed(runtime: str) -> bool:
    """Return whether a runtime and the writer of its format are installed."""
    needed = (RUNTIMES[runtime][1], *(["onnx"] if runtime == "onnxruntime" else []))
    return all(importlib.util.find_spec(name) for name in needed)


def painter(style: str, runtime: str, folder: str, precision: str = "float32") -> Callable:
    """Return a function that paints pictures with exported files of their size.

    Args:
        style: a shipped style's name, or a style file.
        runtime: a key of `RUNTIMES`.
        folder: where to write the files.
        precision: of the weights.

    Returns:
        Function from and to float32 RGB (height, width, 3), 0-255.
    """

    @functools.cache
    def sized(height: int, width: int) -> Callable:
        format, _ = RUNTIMES[runtime]
        out = os.path.join(folder, f"{format}-{precision}-{width}x{height}")
        config = ExportConfig(style, format, out, f"{width}x{height}", precision)
        card = export_style(config)
        return load(os.path.join(out, card["name"]), runtime)

    return lambda x: sized(*x.shape[:2])(x[None])[0]


def load(path: str, runtime: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that paints (1, height, width, 3) with a file, on a CPU."""
    if runtime == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = THREADS or 0
        providers = ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(path, options, providers)
        return lambda x: session.run(["painting"], {"picture": x})[0]
    if runtime == "litert":
        from ai_edge_litert.interpreter import Interpreter

        run = Interpreter(path, num_threads=THREADS).get_signature_runner()
        return lambda x: run(picture=x)["painting"]
    if runtime == "openvino":
        import openvino

        hints = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        model = openvino.Core().compile_model(path, "CPU", hints)
        return lambda x: model({"picture": x})["painting"]
    import tensorflow as tf

    saved = tf.saved_model.load(path)
    run = saved.signatures["serving_default"]
    return lambda x, saved=saved: run(picture=tf.constant(x))["painting"].numpy()
