"""How fast a machine multiplies matrices: the ceiling of what a network can reach."""

import functools
import time

import keras
import numpy as np

from fusion_style.devices import gpus
from fusion_style.inference.engines.openvino import openvino_core


def ceilings(bfloat16: bool, repeats: int = 7) -> dict[tuple[str, str], float]:
    """Return {(place, precision): operations a second of a large matrix product}.

    The place is "cpu", or "gpu" if Keras's backend has one.
    """
    a = np.random.default_rng(0).random((2048, 2048), np.float32)
    products, operations = {("cpu", "float32"): lambda: a @ a}, {}
    if bfloat16:
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
