"""What OpenVINO compiled, kept for the next time: a process begins to paint sooner."""

import hashlib
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fusion_style.files import sha256
from fusion_style.inference.engines.cache import cached
from fusion_style.models.graph import Graph
from fusion_style.models.openvino_import import import_openvino

if TYPE_CHECKING:
    import openvino

MOST = 2**28  # bytes of the cache that compiled networks may take
# What decides how a network is drawn and prepared, besides its weights.
SOURCES = (
    "models/config.py", "models/graph.py", "models/graph_builder.py", "models/networks.py",
    "models/blocks.py", "models/rewrites.py", "models/kernels.py", "models/drawing.py",
    "models/openvino_operations.py", "inference/engines/openvino.py",
    "inference/engines/int8.py", "inference/engines/compiled.py",
)  # fmt: skip


def key(graph: Graph, core: "openvino.Core") -> str:
    """Return the cache key of a graph: versions, processor, code and weights."""
    import openvino

    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sources = [sha256(os.path.join(root, source)) for source in SOURCES]
    digest = hashlib.sha256()
    for node in graph.nodes:
        digest.update(repr((node.op, node.name, node.channels, node.stride)).encode())
        for name, array in node.weights.items():
            digest.update(repr((name, array.shape)).encode() + array.tobytes())
    names = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
    processor = [str(core.get_property("CPU", name)) for name in names]
    return " ".join([openvino.get_version(), *processor, *sources, digest.hexdigest()])


def compiled(
    core: "openvino.Core", make: Callable[[], "openvino.Model"],
    settings: Mapping[str, str | int], name: str | None = None,
) -> "openvino.CompiledModel":  # fmt: skip
    """Return a compiled model.

    Args:
        core: what compiles.
        make: a function without arguments that returns the model.
        settings: of the compilation.
        name: a text that names everything that it depends on, to keep it in the user's
            cache, or to take it from there; None to compile it in any case.
    """
    import_openvino()
    settings = dict(settings)
    if name is None:
        return core.compile_model(make(), "CPU", settings)
    made: list[openvino.CompiledModel] = []

    def compile() -> bytes:
        made.append(core.compile_model(make(), "CPU", settings))
        return bytes(made[-1].export_model().getbuffer())

    data = cached(name, compile, "compiled", MOST)
    if not made:
        try:
            return core.import_model(data, "CPU", settings)
        except RuntimeError:  # another build of OpenVINO wrote it
            compile()
    return made[0]
