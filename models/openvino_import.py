"""Import OpenVINO without its converter, which takes most of the time.

`import openvino` also imports the converter for other frameworks' models, and its telemetry
client. They take two thirds of the time, and painting never calls them.
"""

import importlib
import sys
from typing import Any

CONVERTER = "openvino.tools.ovc"


def import_openvino() -> None:
    """Import OpenVINO; `openvino.convert_model` imports the converter when it is called."""
    if "openvino" in sys.modules:
        return
    sys.modules[CONVERTER] = None  # type: ignore[assignment]
    try:
        openvino = importlib.import_module("openvino")
    finally:
        del sys.modules[CONVERTER]
    openvino.convert_model = convert_model  # type: ignore[attr-defined]


def convert_model(*args: Any, **kwargs: Any) -> Any:
    """Call `openvino.convert_model`, which is imported now."""
    import openvino

    openvino.convert_model = importlib.import_module(CONVERTER).convert_model
    return openvino.convert_model(*args, **kwargs)
