"""Measure the time to paint one picture: Fusion and Johnson's network, every engine.

    python benchmarks/runtime.py --sizes 256,512,1024
    python benchmarks/runtime.py --peers --json runtime.json
    KERAS_BACKEND=jax python benchmarks/runtime.py    # TensorFlow, JAX or PyTorch on a GPU

Prints the comparison of Table 1 of Qiu & Huang 2017, with the paper's speed-up beside ours.
All variants are timed in turns, in one run: medians, with the middle half of the timings as
the spread. On other machines expect similar ratios, not similar times. The weights are
random; the time does not depend on them. bfloat16 is timed if the processor has it, int8 if
NNCF is installed, ONNX Runtime and LiteRT if they are, with the files that export.py
writes. Such files also paint a margin of 16 pixels at each side; the others are timed
without it.
"""

import os

from fusion_style import backend

backend.set_defaults()

import dataclasses
import functools
import importlib.util
import tempfile
import time

import keras
import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.runtimes import installed, painter
from fusion_style.devices import gpus
from fusion_style.files import check_writable, write_json
from fusion_style.inference.engines.engine import Photograph
from fusion_style.inference.engines.openvino import openvino_core
from fusion_style.inference.engines.registry import load_engine
from fusion_style.models.config import NetworkConfig
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting
from fusion_style.models.style_file import save_network

FLAGS = flags.FLAGS
flags.DEFINE_list(
    "sizes", ["256", "512", "1024"], "Sides of the square pictures, in pixels."
)
flags.DEFINE_integer("repeats", 7, "Timings of each variant, after two to warm up.", 1)
flags.DEFINE_boolean("peers", False, "Also PyTorch's example network (needs PyTorch).")
flags.DEFINE_string("json", None, "A file for the numbers.")

PAPER_SPEED_UP = 1.14  # Qiu & Huang 2017, Table 1, Fusion over Johnson's network
BACKEND = keras.backend.backend()
PEER = "PyTorch's example network"
PACKAGES = (
    "tensorflow", "jax", "keras", "openvino", "torch", "numpy", "onnxruntime",
    "ai-edge-litert",
)  # fmt: skip
EXPORTED = ("onnxruntime", "litert")
NETWORKS = {  # the norm is batch norm, as in the paper, unless a name says otherwise
    "johnson": NetworkConfig(network="johnson", norm="batch"),
    "fusion": NetworkConfig(network="fusion", norm="batch"),
    "fusion, instance norm": NetworkConfig(network="fusion", norm="instance"),
    "mobile": NetworkConfig(network="mobile", norm="batch"),
    "mobile, instance norm": NetworkConfig(network="mobile", norm="instance"),
}


def variants():
    """Return the [(network, engine, precision)] that this machine can run."""
    on_cpu = [("openvino", "float32")]
    if "BF16" in openvino_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        on_cpu.append(("openvino", "bfloat16"))
    if importlib.util.find_spec("nncf"):
        on_cpu.append(("openvino", "int8"))
    on_cpu += [(runtime, "float32") for runtime in EXPORTED if installed(runtime)]
    engines = [("keras", "float32"), (BACKEND, "float32")]
    if gpus():
        engines.append((BACKEND, "bfloat16"))
    return [(name, *e) for e in engines + on_cpu for name in NETWORKS]


def multiply_adds(config: NetworkConfig, size: int) -> int:
    """Return the multiply-adds of a network with the paper's upsampling, at `size`²."""
    papers = dataclasses.replace(config, upsample="deconv")
    return build_graph(papers).multiply_adds(size, size)


def painters(folder):
    """Return {variant: function that paints a picture, float32 (size, size, 3)}."""
    found = {}
    networks = {name: build_network(config) for name, config in NETWORKS.items()}
    paths = {name: os.path.join(folder, f"{name}.keras") for name in networks}
    for name, network in networks.items():
        save_network(network, paths[name], {})
    for name, engine, precision in variants():
        if engine in EXPORTED:
            found[name, engine, precision] = painter(paths[name], engine, folder)
            continue
        if engine == "keras":
            paint = networks[name].predict_on_batch
        else:
            paint = rewritten(paths[name], engine, precision)
        found[name, engine, precision] = lambda x, paint=paint: paint(x[None])
    if FLAGS.peers:
        from fusion_style.benchmarks import peer

        found[PEER] = peer.painter()
    return found


def rewritten(path, engine, precision):
    """Return a function that paints with an engine, with made-up statistics."""
    graph = painting(load_graph(path))
    engine = load_engine(graph, engine, precision)
    style = graph.style()
    photograph = Photograph(np.full(3, 120, np.float32), np.full(3, 1 / 60, np.float32))
    return lambda x: engine.paint(x, photograph, style)


def time_in_turns(functions, repeats):
    """Return {name: [seconds]} of functions that are called in turns, `repeats` times."""
    seconds = {name: [] for name in functions}
    for i in range(repeats + 2):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if i >= 2:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ceilings(repeats=7):
    """Return {(place, precision): operations a second of a large matrix product}.

    The place is "cpu", or "gpu" if Keras's backend has one.
    """
    a = np.random.default_rng(0).random((2048, 2048), np.float32)
    products, operations = {("cpu", "float32"): lambda: a @ a}, {}
    if any(variant[1:] == ("openvino", "bfloat16") for variant in variants()):
        products["cpu", "bfloat16"] = openvino_product(a)
    if gpus():
        side, times = 8192, 8
        for dtype in ("float32", "bfloat16"):
            b = keras.ops.full((side, side), 1 / side, dtype)
            products["gpu", dtype] = functools.partial(powers, b, times)
            operations["gpu", dtype] = 2 * side**3 * times
    seconds = time_in_turns(products, repeats)
    return {
        name: operations.get(name, 2 * 2048**3) / np.median(values)
        for name, values in seconds.items()
    }


def openvino_product(a):
    """Return a function that multiplies an array with itself, in OpenVINO's bfloat16."""
    import openvino
    import openvino.opset13 as nodes

    x, weights = nodes.parameter(list(a.shape), np.float32), nodes.constant(a)
    model = openvino_core().compile_model(
        openvino.Model([nodes.matmul(x, weights, False, True)], [x], "product"),
        "CPU",
        {"INFERENCE_PRECISION_HINT": "bf16"},
    )
    return lambda: model([a])


def powers(b, times):
    """Compute `times` products; return one number of the last, which waits for all."""
    product = b
    for _ in range(times):
        product = product @ b
    return keras.ops.convert_to_numpy(product[0, 0])


def main(argv):
    try:
        if FLAGS.json:
            check_writable(FLAGS.json)
    except OSError as error:
        return f"runtime.py: {error}"
    sizes = [int(size) for size in FLAGS.sizes]
    product = ceilings()
    results = {
        "machine": machine(*PACKAGES),
        "backend": BACKEND,
        "gpus": gpus(),
        "matrix_product_flops": {" ".join(kind): rate for kind, rate in product.items()},
        "sizes": {},
    }
    print(", ".join(f"{k} {v}" for k, v in results["machine"].items()))
    for kind, rate in product.items():
        print(f"{' '.join(kind)} matrix product: {rate / 1e9:.0f} GFLOP/s")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FUSION_STYLE_CACHE"] = folder
        paint = painters(folder)
        for size in sizes:
            picture = np.random.default_rng(size).uniform(0, 255, (size, size, 3))
            picture = picture.astype(np.float32)
            calls = {name: functools.partial(f, picture) for name, f in paint.items()}
            seconds = time_in_turns(calls, FLAGS.repeats)
            results["sizes"][size] = {label(name): s for name, s in seconds.items()}
            report(size, seconds, product)
    if FLAGS.json:
        write_json(FLAGS.json, results)


def label(variant):
    """Return the name of a variant in the table."""
    if variant == PEER:
        return PEER
    name, engine, precision = variant
    name = name.capitalize()
    if engine == "keras":
        return f"{name}, Keras on {BACKEND}"
    how = "exported" if engine in EXPORTED else "rewritten"
    return f"{name}, {how}, {engine}, {precision}"


def report(size, seconds, product):
    """Print the table of one size, from `time_in_turns` and `ceilings`."""
    print(f"\n{size}×{size}")
    print(f"  {'':<50}{'ms':>7}{'middle half':>16}{'GFLOP/s':>9}{'of ceiling':>11}", end="")
    print(f"{'over Johnson':>14}{'over PyTorch' if FLAGS.peers else '':>14}")
    median = {name: float(np.median(s)) for name, s in seconds.items()}
    for variant, values in seconds.items():
        low, high = 1000 * np.percentile(values, [25, 75])
        line = f"  {label(variant):<50}{1000 * median[variant]:>7.0f}"
        line += f"{f'{low:.0f} to {high:.0f}':>16}"
        if variant != PEER:
            name, engine, precision = variant
            rate = 2 * multiply_adds(NETWORKS[name], size) / median[variant]
            on_cpu = not gpus() or engine in ("openvino", *EXPORTED)
            kind = "cpu" if on_cpu else "gpu", precision
            share = f"{rate / product[kind]:.0%}" if kind in product else ""
            over = median["johnson", engine, precision] / median[variant]
            line += f"{rate / 1e9:>9.0f}{share:>11}"
            line += f"{f'{over:.2f}×' if name != 'johnson' else '':>14}"
            line += f"{f'{median[PEER] / median[variant]:.1f}×' if FLAGS.peers else '':>14}"
        print(line)
    print(f"  The paper's Fusion over Johnson: {PAPER_SPEED_UP}×")


if __name__ == "__main__":
    app.run(main)
