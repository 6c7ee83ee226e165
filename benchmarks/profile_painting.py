"""Show where the time goes in painting, in Keras's network and in the rewritten one.

    python benchmarks/profile_painting.py --size 512

Prints what OpenVINO reports for both graphs of the Fusion network: the median milliseconds
of the slowest nodes, in float32 on a CPU, with random weights.
"""

import os

from fusion_style import backend

backend.set_defaults()

import collections
import tempfile

import numpy as np
import openvino
from absl import app, flags

from fusion_style.inference.engines.openvino import openvino_core, openvino_model
from fusion_style.models.config import NetworkConfig
from fusion_style.models.keras_builder import (
    ImageTransformationNetwork,
    build_network,
)
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting
from fusion_style.models.style_file import save_network

FLAGS = flags.FLAGS
flags.DEFINE_integer("size", 512, "Side of the picture, in pixels.", 8)
flags.DEFINE_integer("repeats", 7, "Timed runs, after two to warm up.", 1)
flags.DEFINE_integer("nodes", 8, "How many of the slowest nodes to print.", 1)


def models(size: int) -> dict[str, openvino.Model]:
    """Return {name: OpenVINO model} of Keras's network and of the rewritten one."""
    config = NetworkConfig(norm="batch")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fusion.keras")
        save_network(build_network(config), path, {})
        rewritten = openvino_model(painting(load_graph(path)))
    network = ImageTransformationNetwork(config, plain=True)
    exported = openvino.convert_model(network, input=[("photograph", [1, size, size, 3])])
    rewritten.reshape({"picture": [1, size, size, 3]})
    return {"exported as it is": exported, "rewritten": rewritten}


def profile(model, repeats):
    """Return {node: median milliseconds} of the nodes that the processor executes."""
    settings = {"PERF_COUNT": True, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino_core().compile_model(model, "CPU", settings)
    request = compiled.create_infer_request()
    inputs = {
        i: np.full([abs(n.get_length()) for n in port.partial_shape], 0.5, np.float32)
        for i, port in enumerate(compiled.inputs)
    }
    shapes = {}
    for node in compiled.get_runtime_model().get_ordered_ops():
        shape = node.output(0).shape if node.get_output_size() else []
        shapes[node.get_friendly_name()] = "×".join(map(str, list(shape)[1:]))
    seconds = collections.defaultdict(list)
    for i in range(repeats + 2):
        request.infer(inputs)
        for node in request.get_profiling_info() if i >= 2 else ():
            name = (
                f"{node.node_type:<16}{shapes.get(node.node_name, ''):<16}{node.node_name}"
            )
            seconds[name].append(1000 * node.real_time.total_seconds())
    return {name: float(np.median(values)) for name, values in seconds.items()}


def main(argv):
    for name, model in models(FLAGS.size).items():
        spent = profile(model, FLAGS.repeats)
        total = sum(spent.values())
        print(f"{name}, {FLAGS.size}×{FLAGS.size}: {total:.0f} ms")
        costliest = sorted(spent.items(), key=lambda item: -item[1])[: FLAGS.nodes]
        for node, milliseconds in costliest:
            print(f"  {milliseconds:7.1f}  {milliseconds / total:4.0%}  {node}")
        rest = total - sum(milliseconds for _, milliseconds in costliest)
        print(f"  {rest:7.1f}  {rest / total:4.0%}  the rest\n")


if __name__ == "__main__":
    app.run(main)
