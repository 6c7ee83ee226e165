"""The formats to which styles can be exported."""

import dataclasses
import importlib
import importlib.util
from collections import Counter

from fusion_style.models.graph import Graph


@dataclasses.dataclass(frozen=True)
class Format:
    """A format to which styles can be exported.

    Attributes:
        module: name of a module with a function `write_model`, as in `exports.onnx`.
        suffix: of the file, or of the folder.
        what: the format in a few words.
        package: import name of the package that must be installed to write it.
        languages: programming languages for which the model card shows code.
        any_size: whether it takes pictures of any size, unless a size is given.
        style: which input takes γ and β of another style; "" if there is none.
        mix: which input takes a mix of the file's styles.
        more_suffixes: suffixes of the files that are written beside the first one.
    """

    module: str
    suffix: str
    what: str
    package: str
    languages: tuple[str, ...]
    any_size: bool = True
    style: str = ""
    mix: str = "the input `mix`, which must be fed"
    more_suffixes: tuple[str, ...] = ()

    def write(
        self, graph: Graph, path: str, precision: str, size: tuple[int, int] | None,
        pixels: str,
    ) -> Counter[str]:  # fmt: skip
        """Write a style. See `exports.onnx.write_model`.

        Raises:
            ValueError: if the package is not installed.
        """
        self.check_installed()
        module = importlib.import_module(f"fusion_style.exports.{self.module}")
        return module.write_model(graph, path, precision, size, pixels)

    def check_installed(self) -> None:
        """Check that the package that writes the format is installed.

        Raises:
            ValueError: if not; the message says how to install it.
        """
        if not importlib.util.find_spec(self.package):
            raise ValueError(
                f"{self.package}, which writes this format, is not installed: "
                "pip install -e '.[export]'"
            )


PIXELS = ("float32", "uint8")  # types of a photograph's pixels, 0-255

FORMATS = {
    "onnx": Format(
        "onnx", ".onnx", "ONNX, opset 18", "onnx",
        ("python", "javascript"),
        style="the input `style`, which onnxruntime-web does not feed",
    ),
    "litert": Format(
        "litert", ".tflite", "LiteRT (TensorFlow Lite)", "tensorflow",
        ("python", "kotlin", "swift"), any_size=False,
    ),
    "openvino": Format(
        "openvino", ".xml", "OpenVINO IR", "openvino",
        ("python",), more_suffixes=(".bin",),
    ),
    "savedmodel": Format(
        "savedmodel", ".savedmodel", "TensorFlow SavedModel", "tensorflow",
        ("python",),
        style="the input `style` of the signature `with_style`",
        mix="the input `mix` of the signature `with_mix`",
    ),
}  # fmt: skip
