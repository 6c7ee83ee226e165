"""Make an ONNX model from its nodes, and check it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 18
IR_VERSION = 8  # the first with opset 18; older runtimes do not read newer versions

Ends: TypeAlias = Mapping[str, tuple[int | str, ...]]  # {name: shape}
Defaults: TypeAlias = Mapping[str, np.ndarray]
Dtypes: TypeAlias = Mapping[str, str]  # {name: type of the numbers}
NONE: Mapping[str, Any] = MappingProxyType({})


def assembled(
    nodes: Iterable[onnx.NodeProto], constants: Iterable[onnx.TensorProto],
    inputs: Ends, outputs: Ends, defaults: Defaults = NONE, dtypes: Dtypes = NONE,
) -> onnx.ModelProto:  # fmt: skip
    """Return an ONNX model.

    Args:
        nodes: sorted: each node comes after the nodes whose outputs it reads.
        constants: the constants that the nodes read.
        inputs, outputs: {name: shape}. A name in a shape means any length.
        defaults: {input: the value to use if it is not fed}.
        dtypes: {name: dtype} of the inputs that are not float32.
    """
    given, result = (
        [
            helper.make_tensor_value_info(name, tensor_type(dtypes, name), shape)
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


def tensor_type(dtypes: Dtypes, name: str) -> int:
    """Return ONNX's number for the type of an input or output."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtypes.get(name, "float32")))
