"""int8: a network's convolutions in 8-bit integers, prepared once for each style.

Post-training quantization by NNCF: the ranges of the activations are calibrated on
photographs. What stays in floating point: the photograph's normalization, the first
convolution (256 levels of its input are too few), sums and joins, the output's tanh.
"""

import importlib.metadata
import importlib.util
import io
import logging
import os
import tempfile
import zipfile

import numpy as np

from fusion_style.data.images import read_picture, resize, sample_photographs
from fusion_style.files import sha256
from fusion_style.inference.engines.cache import cached
from fusion_style.inference.engines.registry import (
    openvino_core,
    openvino_inputs,
    openvino_model,
)
from fusion_style.inference.statistics import statistics

SIZE, COUNT = 256, 24  # of the calibration's pictures
FLOATING = ["Subtract", "Multiply", "Tanh", "Add", "Concat"]
DRAWN_BY = "models/deploy.py", "models/rewrites.py", "inference/engines/operations.py"
# What decides how a network is drawn and quantized, besides the style itself.
SOURCES = (
    "models/deploy.py",
    "models/rewrites.py",
    "inference/engines/operations.py",
    __file__,
)


def quantized_model(deployment, path):
    """The int8 `openvino.Model` of a style, from the user's cache or made anew.

    Args:
        deployment: of the style.
        path: of the style file.

    Raises:
        ValueError: if the style has instance norm, or NNCF is needed and not there.
    """
    if deployment.norms:
        raise ValueError(
            "precision int8 needs a style with batch norm: instance norm's numbers are "
            f"not known before the photograph is. {path} has instance norm"
        )
    data = cached(key(path), lambda: pack(quantize(deployment)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return openvino_core().read_model(archive.read("xml"), archive.read("bin"))


def key(path):
    """Names everything that the quantized model depends on."""
    root = __file__
    for _ in range(3):
        root = os.path.dirname(os.path.abspath(root))
    sources = [sha256(os.path.join(root, source)) for source in (*DRAWN_BY, __file__)]
    return " ".join([importlib.metadata.version("openvino"), sha256(path), *sources])


def quantize(deployment):
    """An `openvino.Model` of the deployment with int8 convolutions.

    Raises:
        ValueError: if NNCF is not installed.
    """
    if not importlib.util.find_spec("nncf"):
        raise ValueError(
            "precision int8 needs NNCF, once for each style, to prepare it: "
            "pip install nncf"
        )
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)  # it names every layer left alone

    model = openvino_model(deployment.draw)
    model.reshape({0: [1, SIZE, SIZE, 3]})
    nodes = model.get_ordered_ops()
    first = next(node for node in nodes if node.get_type_name() == "Convolution")
    pictures = [
        openvino_inputs(picture[None], *statistics(picture)) for picture in calibration()
    ]
    return nncf.quantize(
        model,
        nncf.Dataset(pictures),
        subset_size=COUNT,
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(
            names=[first.get_friendly_name()], types=FLOATING, validate=False
        ),
    )


def calibration():
    """Squares of the sample photographs at many scales, float32 (SIZE, SIZE, 3)."""
    rng = np.random.default_rng(0)
    photographs = [read_picture(path).pixels for path in sample_photographs()]
    for i in range(COUNT):
        photograph = photographs[i % len(photographs)]
        side = rng.integers(SIZE * 3 // 4, min(photograph.shape[:2]), endpoint=True)
        top, left = (rng.integers(n - side, endpoint=True) for n in photograph.shape[:2])
        square = photograph[top : top + side, left : left + side]
        yield resize(np.ascontiguousarray(square), SIZE, SIZE)


def pack(model):
    """An `openvino.Model` as the bytes of one file."""
    import openvino

    data = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        openvino.serialize(model, os.path.join(folder, "int8.xml"))
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in ("xml", "bin"):
                archive.write(os.path.join(folder, f"int8.{part}"), part)
    return data.getvalue()
