"""Seconds to paint one picture: Fusion and Johnson's network, every engine.

    python benchmarks/runtime.py --sizes 256,512,1024
    python benchmarks/runtime.py --peers --json runtime.json

Prints Table 1 of Qiu & Huang 2017 beside ours. All variants are timed in turns, in
one run, so that they share whatever else the machine does; medians, with the middle
half of the timings as the spread. Only ratios carry over to other machines. The
networks have random weights, on which the time does not depend.
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import functools
import json
import tempfile
import time

import numpy as np
from absl import app, flags

from benchmarks.machine import machine
from inference.engines import load_engine
from models.checkpoint import save_network
from models.deploy import Deployment
from models.transformer import build_network

FLAGS = flags.FLAGS
flags.DEFINE_list(
    "sizes", ["256", "512", "1024"], "Sides of the square pictures, in pixels."
)
flags.DEFINE_integer("repeats", 7, "Timings of each variant, after two to warm up.", 1)
flags.DEFINE_boolean("peers", False, "Also PyTorch's example network (needs PyTorch).")
flags.DEFINE_string("json", None, "A file for the numbers.")

PAPER_SPEED_UP = 1.14  # Qiu & Huang 2017, Table 1, Fusion over Johnson's network
VARIANTS = {
    "Johnson, Keras": ("johnson", "keras"),
    "Johnson, TensorFlow, rewritten": ("johnson", "tensorflow"),
    "Johnson, OpenVINO, rewritten": ("johnson", "openvino"),
    "Fusion, Keras": ("fusion", "keras"),
    "Fusion, TensorFlow, rewritten": ("fusion", "tensorflow"),
    "Fusion, OpenVINO, rewritten": ("fusion", "openvino"),
}


def multiply_adds(network, size):
    """Multiply-adds of the network's convolutions as the paper draws them."""
    stride = {"conv1": 1, "conv2": 2, "conv3": 4, "up1": 4, "up2": 2, "conv4": 1}
    total = 0
    for layer in network.layers:
        pixels = (size // stride.get(layer.name, 4)) ** 2  # the blocks work at stride 4
        parts = layer._flatten_layers() if hasattr(layer, "layers") else [layer]
        kernels = [part.kernel.shape for part in parts if hasattr(part, "kernel")]
        total += pixels * sum(int(np.prod(shape)) for shape in kernels)
    return total


def painters(folder):
    """{variant: function of a picture (size, size, 3)}, and the networks."""
    found, networks = {}, {}
    statistics = np.full(3, 120, np.float32), np.full(3, 1 / 60, np.float32)
    for variant, (name, engine) in VARIANTS.items():
        if name not in networks:
            networks[name] = build_network(name)
            save_network(networks[name], os.path.join(folder, f"{name}.keras"), {})
        if engine == "keras":
            found[variant] = keras_painter(networks[name])
        else:
            deployment = Deployment(os.path.join(folder, f"{name}.keras"))
            paint = load_engine(deployment, engine)
            found[variant] = lambda x, paint=paint: paint(x, *statistics)
    if FLAGS.peers:
        from benchmarks.peer import painter

        found["PyTorch's example network"] = painter()
    return found, networks


def keras_painter(network):
    return lambda x: network.predict_on_batch(x[None])[0]


def time_in_turns(functions, repeats):
    """{name: [seconds]} of functions called one after the other, again and again."""
    seconds = {name: [] for name in functions}
    for i in range(repeats + 2):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if i >= 2:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ceiling(side=2048):
    """Floating-point operations a second of a float32 matrix product (NumPy)."""
    a = np.random.default_rng(0).random((side, side), np.float32)
    seconds = np.median(time_in_turns({"product": lambda: a @ a}, 5)["product"])
    return 2 * side**3 / seconds


def main(argv):
    sizes = [int(size) for size in FLAGS.sizes]
    product = ceiling()
    results = {
        "machine": machine("tensorflow", "keras", "openvino", "torch", "numpy"),
        "matrix_product_flops": product,
        "sizes": {},
    }
    print(", ".join(f"{k} {v}" for k, v in results["machine"].items()))
    print(f"float32 matrix product: {product / 1e9:.0f} GFLOP/s\n")
    with tempfile.TemporaryDirectory() as folder:
        paint, networks = painters(folder)
        for size in sizes:
            picture = np.random.default_rng(size).uniform(0, 255, (size, size, 3))
            picture = picture.astype(np.float32)
            calls = {name: functools.partial(f, picture) for name, f in paint.items()}
            seconds = time_in_turns(calls, FLAGS.repeats)
            results["sizes"][size] = seconds
            report(size, seconds, networks, product)
    if FLAGS.json:
        with open(FLAGS.json, "w") as file:
            json.dump(results, file, indent=2)


def report(size, seconds, networks, product):
    print(f"{size}×{size}")
    print(f"  {'':<32}{'ms':>8}{'middle half':>16}{'GFLOP/s':>10}{'of ceiling':>12}")
    median = {name: float(np.median(s)) for name, s in seconds.items()}
    for name, values in seconds.items():
        low, high = 1000 * np.percentile(values, [25, 75])
        line = f"  {name:<32}{1000 * median[name]:>8.0f}{f'{low:.0f} to {high:.0f}':>16}"
        if name in VARIANTS:
            flops = 2 * multiply_adds(networks[VARIANTS[name][0]], size)
            rate = flops / median[name]
            line += f"{rate / 1e9:>10.0f}{rate / product:>12.0%}"
        print(line)
    for engine in ("Keras", "TensorFlow, rewritten", "OpenVINO, rewritten"):
        ratio = median[f"Johnson, {engine}"] / median[f"Fusion, {engine}"]
        print(f"  Fusion over Johnson, {engine}: {ratio:.2f}× (paper: {PAPER_SPEED_UP}×)")
    if FLAGS.peers:
        peer = median["PyTorch's example network"] / median["Fusion, OpenVINO, rewritten"]
        print(f"  Fusion, OpenVINO, over PyTorch's example network: {peer:.1f}×")
    print()


if __name__ == "__main__":
    app.run(main)
