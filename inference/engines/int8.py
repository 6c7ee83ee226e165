"""int8: compute a network's convolutions with 8-bit integers, prepared once for each style.

NNCF quantizes the trained network, and calibrates the ranges of activations on photographs.
These stay in floating point: the photograph's standardization, the first convolution (256
levels are too few for its input), norms, additions and concatenations, and the last tanh.
With instance norm there are three models: one paints, one measures the norms' statistics,
one paints with given statistics. The last two are prepared when a large picture or a video
needs them.

Weights have seven bits. Processors without VNNI add two products of 8-bit numbers in 16
bits, which saturate at 32,767: 255 · 127 · 2 would not fit, 255 · 64 · 2 does.

On processors without AVX2, OpenVINO 2026.4 paints some networks wrongly in int8, with an
error of 0.4 to 1.3 of the painting's variance, and others rightly. So each model paints a
picture once, beside float32, and is refused if it is wrong.
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
LARGEST_ERROR = 0.1  # of the painting's variance; that of right models is below 0.03
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
        ValueError: if NNCF is needed but not installed, or if int8 is wrong on this
            processor.

    Warns:
        SlowerWarning: if int8 is no faster on this processor.
    """
    name = key(graph, openvino_core())

    def kept(result: str, given: bool) -> tuple["openvino.Model", dict[str, float]]:
        make = functools.partial(prepare, graph, result, given)
        data = cached(f"{name} {result} {given}", make)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            model = openvino_core().read_model(archive.read("xml"), archive.read("bin"))
            return model, json.loads(archive.read("beside_float"))

    _, found = kept(PAINT, False)
    if found["error"] > LARGEST_ERROR:
        raise ValueError(
            "OpenVINO paints this style wrongly in int8 on this processor: the error is "
            f"{found['error']:.2f} of the painting's variance. Take --precision auto"
        )
    if found["speed_up"] < 1.05:
        warnings.warn(
            f"int8 is {found['speed_up']:.2f} times as fast here as --precision auto, "
            "which is more exact: this processor cannot multiply 8-bit numbers fast",
            SlowerWarning,
            stacklevel=3,
        )
    return OpenVINOEngine(graph, make_model=lambda _, *which: kept(*which)[0], kind="int8")


def prepare(graph: Graph, result: str = PAINT, given: bool = False) -> bytes:
    """Quantize a graph; return the model, and how it paints, as the bytes of a zip file.

    Only a model that paints without given statistics is compared with float32.

    Args:
        graph, result, given: see `quantize`.

    Raises:
        ValueError: see `quantize`.
    """
    model = quantize(graph, result, given)
    compared = result == PAINT and not given
    return pack(model, beside_float(graph, model) if compared else {})


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


def beside_float(
    graph: Graph, quantized: "openvino.Model", repeats: int = 5
) -> dict[str, float]:
    """Return how a quantized model paints a square of `SIZE` pixels on this processor.

    Args:
        graph: what was quantized.
        quantized: from `quantize`.
        repeats: how often it and the graph, with precision "auto", paint in turns.

    Returns:
        "speed_up": how many times as fast it paints, from the medians.
        "error": the mean squared difference from float32, over the painting's variance.
    """
    picture, style = next(calibration()), rows(graph)[0]
    engines = (
        OpenVINOEngine(graph),
        OpenVINOEngine(graph, make_model=lambda *_: quantized, kind="int8"),
    )
    fed = picture[None], photograph_of(picture), style
    seconds: list[list[float]] = [[], []]
    for _ in range(repeats + 1):
        for engine, taken in zip(engines, seconds, strict=True):
            start = time.perf_counter()
            engine.paint(*fed)
            taken.append(time.perf_counter() - start)
    plain, fast = (float(np.median(taken[1:])) for taken in seconds)
    painted, exact = (e.paint(*fed) for e in (engines[1], OpenVINOEngine(graph, "float32")))
    error = float(np.square(painted - exact).mean() / exact.var())
    return {"speed_up": plain / fast, "error": error}


def pack(model: "openvino.Model", found: dict[str, float]) -> bytes:
    """Return a model, and what `beside_float` found, as the bytes of one zip file."""
    import openvino

    data = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        openvino.serialize(model, os.path.join(folder, "int8.xml"))
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in ("xml", "bin"):
                archive.write(os.path.join(folder, f"int8.{part}"), part)
            archive.writestr("beside_float", json.dumps(found))
    return data.getvalue()
