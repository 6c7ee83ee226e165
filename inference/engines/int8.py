"""int8: compute a network's convolutions with 8-bit integers, prepared once for each style.

NNCF quantizes the trained network, and calibrates the ranges of activations on photographs.
These stay in floating point: the photograph's standardization, the first convolution (256
levels are too few for its input), norms, additions and concatenations, and the last tanh.
With instance norm there are three models: one paints, one measures the norms' statistics,
one paints with given statistics. The last two are prepared when a large picture or a video
needs them.

Weights have seven bits. Processors without VNNI add two products of 8-bit numbers in 16
bits, which saturate at 32,767: 255 · 127 · 2 would not fit, 255 · 64 · 2 does.
"""

import functools
import importlib.util
import io
import json
import logging
import os
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.images import read_picture, resize, sample_photographs
from fusion_style.inference.engines.cache import cached
from fusion_style.inference.engines.compiled import key
from fusion_style.inference.engines.engine import PAINT
from fusion_style.inference.engines.openvino import (
    OpenVINOEngine,
    openvino_core,
    openvino_inputs,
    openvino_model,
)
from fusion_style.inference.statistics import photograph_of
from fusion_style.models.graph import Graph

if TYPE_CHECKING:
    import openvino

SIZE, COUNT = 256, 24  # side in pixels, and least number, of the pictures for calibration
LARGEST_WEIGHT = 64  # largest 8-bit weight with which no sum of two products saturates
FLOATING = [
    "Subtract", "Multiply", "Divide", "Sqrt", "Tanh", "Add", "Concat", "ReduceMean",
    "Split", "VariadicSplit",
]  # fmt: skip


class SlowerWarning(UserWarning):
    """int8 is no faster on this processor than painting with --precision auto."""


def quantized_engine(graph: Graph) -> OpenVINOEngine:
    """Return an engine that paints in int8. The user's cache keeps the quantized model.

    Args:
        graph: from `models.rewrites.painting`.

    Raises:
        ValueError: if NNCF is needed but not installed.

    Warns:
        SlowerWarning: if int8 is no faster on this processor.
    """
    name = key(graph, openvino_core())

    def kept(result: str, given: bool) -> tuple["openvino.Model", float]:
        make = functools.partial(prepare, graph, result, given)
        data = cached(f"{name} {result} {given}", make)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            model = openvino_core().read_model(archive.read("xml"), archive.read("bin"))
            return model, json.loads(archive.read("speed_up"))

    _, speed_up = kept(PAINT, False)
    if speed_up < 1.05:
        warnings.warn(
            f"int8 is {speed_up:.2f} times as fast here as --precision auto, which is more "
            "exact: this processor cannot multiply 8-bit numbers fast",
            SlowerWarning,
            stacklevel=3,
        )
    return OpenVINOEngine(graph, make_model=lambda _, *which: kept(*which)[0], kind="int8")


def prepare(graph: Graph, result: str = PAINT, given: bool = False) -> bytes:
    """Quantize a graph; return the model and its speed-up as the bytes of a zip file.

    Args, Raises: as `quantize`. Only the speed-up of a model that paints without given
        statistics is measured. For the others it is 0.
    """
    model = quantize(graph, result, given)
    measured = speed_up(graph, model) if result == PAINT and not given else 0.0
    return pack(model, measured)


def quantize(graph: Graph, result: str = PAINT, given: bool = False) -> "openvino.Model":
    """Return a model of the graph with int8 convolutions.

    Args:
        graph: from `models.rewrites.painting`.
        result, given: see `inference.engines.openvino.openvino_model`.

    Raises:
        ValueError: if NNCF is not installed.
    """
    if not importlib.util.find_spec("nncf"):
        raise ValueError(
            "precision int8 needs NNCF to prepare each style once: pip install nncf"
        )
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)  # it logs every ignored layer

    model = openvino_model(graph, result, given)
    model.reshape({"picture": [1, SIZE, SIZE, 3]})
    spared = [node.name for node in graph.layers("conv") if node.sees_pixels]
    styles, exact, pictures = rows(graph), OpenVINOEngine(graph, "float32"), []
    for i, picture in enumerate(calibration(max(COUNT, len(styles)))):
        fed = picture[None], photograph_of(picture), styles[i % len(styles)]
        statistics = exact.measure(*fed) if given else None
        pictures.append(openvino_inputs(model.inputs, *fed, statistics))
    quantized = nncf.quantize(
        model,
        nncf.Dataset(pictures),
        subset_size=len(pictures),
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=spared, types=FLOATING, validate=False),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=nncf.OverflowFix.ENABLE
        ),
    )
    quantized.reshape({"picture": [-1, -1, -1, 3]})
    return quantized


def rows(graph: Graph) -> list[np.ndarray]:
    """Return γ and β of each style that a graph has learned; see `Engine.paint`."""
    return [graph.style(weights) for weights in np.eye(graph.conditions)]


def calibration(count: int = COUNT) -> Iterator[np.ndarray]:
    """Yield squares of the sample photographs at many scales: float32 (SIZE, SIZE, 3)."""
    rng = np.random.default_rng(0)
    photographs = [read_picture(path).pixels for path in sample_photographs()]
    for i in range(count):
        photograph = photographs[i % len(photographs)]
        side = rng.integers(SIZE * 3 // 4, min(photograph.shape[:2]), endpoint=True)
        top, left = (rng.integers(n - side, endpoint=True) for n in photograph.shape[:2])
        square = photograph[top : top + side, left : left + side]
        yield resize(np.ascontiguousarray(square), SIZE, SIZE)


def speed_up(graph: Graph, quantized: "openvino.Model", repeats: int = 5) -> float:
    """Return how many times as fast the quantized model paints, compared with the graph.

    Both paint a square of `SIZE` pixels in turns, `repeats` times. Medians are compared.
    """
    picture, style = next(calibration()), rows(graph)[0]
    engines = (
        OpenVINOEngine(graph),
        OpenVINOEngine(graph, make_model=lambda *_: quantized, kind="int8"),
    )
    seconds: list[list[float]] = [[], []]
    for _ in range(repeats + 1):
        for engine, taken in zip(engines, seconds, strict=True):
            start = time.perf_counter()
            engine.paint(picture[None], photograph_of(picture), style)
            taken.append(time.perf_counter() - start)
    plain, fast = (float(np.median(taken[1:])) for taken in seconds)
    return plain / fast


def pack(model: "openvino.Model", speed_up: float) -> bytes:
    """Return a model and its speed-up as the bytes of one zip file."""
    import openvino

    data = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        openvino.serialize(model, os.path.join(folder, "int8.xml"))
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in ("xml", "bin"):
                archive.write(os.path.join(folder, f"int8.{part}"), part)
            archive.writestr("speed_up", json.dumps(speed_up))
    return data.getvalue()
