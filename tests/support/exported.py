"""Exported files, and what paints with them."""

import os

import numpy as np
import pytest

from fusion_style.exports.config import ExportConfig
from fusion_style.exports.export import export_style
from fusion_style.inference.stylizer import Stylizer
from fusion_style.tests.support.pictures import made_up_photograph

ODD = (35, 46)  # height, width
ATOL = 0.5  # of 255: narrow untrained networks enlarge what rounding does


def exported(style, format, out, precision="float32", size=None, pixels="float32"):
    """Return (path of the exported file, model card)."""
    size = f"{size[1]}x{size[0]}" if size else None
    card = export_style(ExportConfig(style, format, str(out), size, precision, pixels))
    return os.path.join(out, card["name"]), card


def runtime(path, **more):
    """Return what paints with an exported file: from pixels to pixels."""
    if path.endswith(".onnx"):
        onnxruntime = pytest.importorskip("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options)
        return lambda x: session.run(None, {"picture": x[None], **more})[0][0]
    if path.endswith(".tflite"):
        litert = pytest.importorskip("ai_edge_litert.interpreter")
        paint = litert.Interpreter(path).get_signature_runner()
        return lambda x: paint(picture=x[None], **more)["painting"][0]
    if path.endswith(".xml"):
        import openvino

        hints = {"INFERENCE_PRECISION_HINT": "f32"}
        model = openvino.Core().compile_model(path, "CPU", hints)
        return lambda x: model({"picture": x[None], **more})["painting"][0]
    import tensorflow as tf

    name = f"with_{next(iter(more))}" if more else "serving_default"
    paint = tf.saved_model.load(path).signatures[name]
    return lambda x: paint(picture=tf.constant(x[None]), **more)["painting"].numpy()[0]


def picture(size=ODD, seed=0):
    return made_up_photograph(*size, seed).astype(np.float32)


def ours(style, pixels):
    return Stylizer(style, "openvino", "float32").paint(pixels)


def psnr(a, b):
    return 10 * np.log10(255**2 / np.square(a - b).mean())
