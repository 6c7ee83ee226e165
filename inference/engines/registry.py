"""What runs a trained network: OpenVINO on a CPU; TensorFlow, JAX or PyTorch on a GPU.

An engine runs a drawing: a function of an object with operations and of what the
engine feeds it, such as `Deployment.draw`. It returns a function of
    pixels   float32 RGB (batch, height, width, 3), 0-255, sides multiples of 4, at least 8
    mean     (3,) of the channels of the whole photograph, of which pixels may be a tile
    factor   (3,) one over their deviation
that returns what was drawn, as a NumPy array.
"""

import functools
import importlib.util
import os
import sys

from fusion_style.inference.engines.operations import KerasOperations, OpenVINOOperations

BACKENDS = ("tensorflow", "jax", "torch")
ENGINES = ("auto", "openvino", *BACKENDS)
PRECISIONS = ("auto", "float32", "bfloat16", "int8")


@functools.cache
def openvino_core():
    """The `openvino.Core` that all engines share."""
    import openvino

    return openvino.Core()


def openvino_model(drawing):
    """An `openvino.Model` of a drawing, for pictures of any size."""
    import numpy as np
    import openvino

    ops = OpenVINOOperations()
    pixels = ops.nodes.parameter([-1, -1, -1, 3], np.float32, "pixels")
    statistics = [
        ops.nodes.parameter([1, 3, 1, 1], np.float32, name) for name in ("mean", "factor")
    ]
    x = ops.nodes.transpose(pixels, [0, 3, 1, 2])
    return openvino.Model([drawing(ops, x, *statistics)], [pixels, *statistics], "drawing")


def openvino_inputs(pixels, mean, factor):
    """What a request for an `openvino_model` takes."""
    return {0: pixels, 1: mean.reshape(1, 3, 1, 1), 2: factor.reshape(1, 3, 1, 1)}


def openvino_engine(drawing, precision="auto"):
    """Runs on a CPU with OpenVINO; imports neither Keras nor TensorFlow.

    Args:
        drawing: a function, or the `openvino.Model` of one.
        precision: "auto" is bfloat16 where the processor has it, which OpenVINO
            knows. A quantized model is int8 whatever the rest of it is.
    """
    settings = {"PERFORMANCE_HINT": "LATENCY"}
    if precision in ("float32", "bfloat16"):
        hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
        settings["INFERENCE_PRECISION_HINT"] = hint
    model = openvino_model(drawing) if callable(drawing) else drawing

    @functools.lru_cache(4)
    def compiled(shape):
        sized = model.clone()
        sized.reshape({0: list(shape)})  # faster than a network of any size
        return openvino_core().compile_model(sized, "CPU", settings).create_infer_request()

    def run(pixels, mean, factor):
        inputs = openvino_inputs(pixels, mean, factor)
        return compiled(pixels.shape).infer(inputs)[0]

    return run


def keras_engine(drawing, precision="auto"):
    """Runs on Keras's backend, on a GPU if that sees one."""
    import keras

    ops = KerasOperations("bfloat16" if precision == "bfloat16" else "float32")

    class Drawing(keras.Model):
        def call(self, inputs):
            return drawing(ops, *inputs)

    model = Drawing()
    if keras.backend.backend() == "tensorflow":
        model.jit_compile = False  # XLA would compile for each picture's statistics anew
    return lambda pixels, mean, factor: model.predict_on_batch([pixels, mean, factor])


def choose_engine():
    """OpenVINO, unless Keras's backend sees an NVIDIA GPU, which OpenVINO cannot use.

    Without a driver there is none, and no need to import a backend, which takes long.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    driver = os.path.exists("/proc/driver/nvidia/version")
    if not driver or not importlib.util.find_spec(backend):
        return "openvino"
    use_backend(backend)
    from fusion_style.devices import gpus

    return backend if gpus() else "openvino"


def use_backend(name):
    """Makes `name` Keras's backend.

    Raises:
        ValueError: if it is not installed, or Keras already runs on another.
    """
    if not importlib.util.find_spec(name):
        raise ValueError(f"engine {name} is not installed: pip install {name}")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = name
        # Others may need the GPU's memory, too: a training, for one.
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    import keras

    if keras.backend.backend() != name:
        raise ValueError(
            f"engine must be {keras.backend.backend()}, which Keras runs on by now, or "
            f"openvino. Received: {name}"
        )


def load_engine(drawing, engine="auto", precision="auto"):
    """The function that runs a drawing; see the module's docstring.

    Args:
        drawing: such as `models.deploy.Deployment.draw`; with OpenVINO also a model.
        engine: "openvino"; a backend of Keras: "tensorflow", "jax" or "torch"; or
            "auto": OpenVINO on a CPU, Keras's backend where there is an NVIDIA GPU.
        precision: "float32", "bfloat16", or "auto": with OpenVINO bfloat16 where the
            processor has it, else float32.

    Raises:
        ValueError: for other names, or an engine that is not installed.
    """
    check_names(engine, precision)
    engine = choose_engine() if engine == "auto" else engine
    if engine == "openvino":
        return openvino_engine(drawing, precision)
    use_backend(engine)
    return keras_engine(drawing, precision)


def check_names(engine, precision):
    """Raises ValueError for names that are not in `ENGINES` or `PRECISIONS`."""
    if engine not in ENGINES:
        raise ValueError(
            f"engine must be one of {', '.join(ENGINES)}. Received: {engine!r}"
        )
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision must be one of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    if precision == "int8" and engine not in ("auto", "openvino"):
        raise ValueError(f"precision int8 is OpenVINO's. Received: engine {engine!r}")
