"""Make an ONNX model from its nodes, and check it."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 8  # the first with opset 18; older runtimes do not read newer versions

Ends: TypeAlias = Mapping[str, tuple[int | str, ...]]  # {name: shape}
Defaults: TypeAlias = Mapping[str, np.ndarray]


def assembled(
    nodes: Iterable[onnx.NodeProto], constants: Iterable[onnx.TensorProto],
    inputs: Ends, outputs: Ends, defaults: Defaults,
) -> onnx.ModelProto:  # fmt: skip
    """Return an ONNX model.

    Args:
        nodes: sorted: each node comes after the nodes whose outputs it reads.
        constants: the constants that the nodes read.
        inputs, outputs: {name: shape}, all float32. A name in a shape means any length.
        defaults: {input: the value to use if it is not fed}.
    """
    given, result = (
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in one.items()
        ]
        for one in (inputs, outputs)
    )
    values = [numpy_helper.from_array(array, name) for name, array in defaults.items()]
    graph = helper.make_graph(list(nodes), "painting", given, result, [*constants, *values])
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="fusion-style",
    )
    onnx.checker.check_model(model, full_check=True)
    return model
