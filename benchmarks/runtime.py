"""Measure the time to paint one picture: Fusion and Johnson's network, every engine.

    python benchmarks/runtime.py --sizes 256,512,640x360,1024
    python benchmarks/runtime.py --peers --json runtime.json
    KERAS_BACKEND=jax python benchmarks/runtime.py    # TensorFlow, JAX or PyTorch on a GPU

Prints the comparison of Table 1 of Qiu & Huang 2017, with the paper's speed-up beside ours.
All variants are timed in turns, in one run: medians, with the middle half of the timings as
the spread. On other machines expect similar ratios, not similar times. The weights are
random; the time does not depend on them. bfloat16 is timed if the processor has it, int8 if
NNCF is installed, ONNX Runtime and LiteRT if they are, with the files that export.py
writes. Such files also paint a margin of 16 pixels at each side; the others are timed
without it. --peers times PyTorch's example network, too: in PyTorch, and as an ONNX file in
OpenVINO and in ONNX Runtime, as far as they are installed.
"""

import os

from fusion_style import backend

backend.set_defaults()

import dataclasses
import functools
import importlib.util
import tempfile

import keras
import numpy as np
from absl import app, flags

from fusion_style.benchmarks import peer_onnx
from fusion_style.benchmarks.ceilings import ceilings, time_in_turns
from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.runtimes import installed, painter
from fusion_style.devices import gpus
from fusion_style.exports.config import parse_size
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
    "sizes", ["256", "512", "1024"], "Of the pictures, in pixels: a side, or WIDTHxHEIGHT."
)
flags.DEFINE_list("networks", [], "Networks of the table. By default all.")
flags.DEFINE_list("engines", [], "Engines of the table. By default all that are here.")
flags.DEFINE_integer("repeats", 7, "Timings of each variant, after two to warm up.", 1)
flags.DEFINE_boolean("peers", False, "Also PyTorch's example network.")
flags.DEFINE_string("json", None, "A file for the numbers.")

PAPER_SPEED_UP = 1.14  # Qiu & Huang 2017, Table 1, Fusion over Johnson's network
BACKEND = keras.backend.backend()
PACKAGES = (
    "tensorflow", "jax", "keras", "openvino", "torch", "numpy", "onnxruntime",
    "ai-edge-litert",
)  # fmt: skip
EXPORTED = ("onnxruntime", "litert")
NETWORKS = {  # the norm is batch norm, as in the paper, unless a name says otherwise
    "johnson": NetworkConfig(network="johnson", norm="batch"),
    "fusion": NetworkConfig(network="fusion", norm="batch"),
    "fusion (instance norm)": NetworkConfig(network="fusion", norm="instance"),
    "mobile": NetworkConfig(network="mobile", norm="batch"),
    "mobile (instance norm)": NetworkConfig(network="mobile", norm="instance"),
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
    names, wanted = FLAGS.networks or NETWORKS, FLAGS.engines
    engines = [e for e in engines + on_cpu if not wanted or e[0] in wanted]
    return [(name, *engine) for engine in engines for name in names]


def multiply_adds(config: NetworkConfig, size: tuple[int, int]) -> int:
    """Return the multiply-adds of a network with the paper's upsampling."""
    papers = dataclasses.replace(config, upsample="deconv")
    return build_graph(papers).multiply_adds(*size)


def painters(folder):
    """Return {variant: function that paints a picture}; a peer's variant is its name."""
    found = {}
    names = dict.fromkeys(variant[0] for variant in variants())
    networks = {name: build_network(NETWORKS[name]) for name in names}
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
        found |= peer_onnx.painters(folder)
        if importlib.util.find_spec("torch"):
            from fusion_style.benchmarks import peer

            found[f"{peer_onnx.NAME}, PyTorch"] = peer.painter()
    return found


def rewritten(path, engine, precision):
    """Return a function that paints with an engine, with made-up statistics."""
    graph = painting(load_graph(path))
    engine = load_engine(graph, engine, precision)
    style = graph.style()
    photograph = Photograph(np.full(3, 120, np.float32), np.full(3, 1 / 60, np.float32))
    return lambda x: engine.paint(x, photograph, style)


def main(argv):
    try:
        if FLAGS.json:
            check_writable(FLAGS.json)
        sizes = [parse_size(s) for s in FLAGS.sizes]
        if unknown := set(FLAGS.networks) - NETWORKS.keys():
            raise ValueError(f"networks are {', '.join(NETWORKS)}. Received: {unknown}")
    except (OSError, ValueError) as error:
        return f"runtime.py: {error}"
    product = ceilings("bfloat16" in {variant[2] for variant in variants()})
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
            picture = np.random.default_rng(0).uniform(0, 255, (*size, 3))
            picture = picture.astype(np.float32)
            calls = {name: functools.partial(f, picture) for name, f in paint.items()}
            seconds = time_in_turns(calls, FLAGS.repeats)
            named = {label(name): s for name, s in seconds.items()}
            results["sizes"][f"{size[1]}x{size[0]}"] = named
            report(size, seconds, product)
    if FLAGS.json:
        write_json(FLAGS.json, results)


def label(variant):
    """Return the name of a variant in the table."""
    if isinstance(variant, str):
        return variant
    name, engine, precision = variant
    name = name.capitalize()
    if engine == "keras":
        return f"{name}, Keras on {BACKEND}"
    how = "exported" if engine in EXPORTED else "rewritten"
    return f"{name}, {how}, {engine}, {precision}"


def report(size, seconds, product):
    """Print the table of one size, from `time_in_turns` and `ceilings`."""
    print(f"\n{size[1]}×{size[0]}")
    print(f"  {'':<50}{'ms':>7}{'middle half':>16}{'GFLOP/s':>9}{'of ceiling':>11}", end="")
    median = {name: float(np.median(s)) for name, s in seconds.items()}
    peer = min((s for name, s in median.items() if isinstance(name, str)), default=0)
    print(f"{'over Johnson':>14}{'over best peer' if peer else '':>16}")
    for variant, values in seconds.items():
        low, high = 1000 * np.percentile(values, [25, 75])
        line = f"  {label(variant):<50}{1000 * median[variant]:>7.0f}"
        line += f"{f'{low:.0f} to {high:.0f}':>16}"
        if not isinstance(variant, str):
            name, engine, precision = variant
            rate = 2 * multiply_adds(NETWORKS[name], size) / median[variant]
            on_cpu = not gpus() or engine in ("openvino", *EXPORTED)
            kind = "cpu" if on_cpu else "gpu", precision
            share = f"{rate / product[kind]:.0%}" if kind in product else ""
            over = median.get(("johnson", engine, precision), 0) / median[variant]
            line += f"{rate / 1e9:>9.0f}{share:>11}"
            line += f"{f'{over:.2f}×' if over and name != 'johnson' else '':>14}"
            line += f"{f'{peer / median[variant]:.1f}×' if peer else '':>16}"
        print(line)
    print(f"  The paper's Fusion over Johnson: {PAPER_SPEED_UP}×")


if __name__ == "__main__":
    app.run(main)
