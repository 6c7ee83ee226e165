"""Export a style: write a style file's network for phones, browsers or servers.

python export.py --style starry_night --format onnx
python export.py --style starry_night --format litert --size 512x384
python export.py --style my.keras --format openvino --precision float32 --out there/
python export.py --style paintings.keras:wave --format onnx    # one painting of several
python export.py --style all --format web --out site/   # a page, for any static host

A model card beside the file shows how to call it.
"""

import os
import sys

try:
    from fusion_style import backend
except ModuleNotFoundError:
    sys.exit(
        "Fusion Style is not installed. In the folder of its setup.py: pip install -e ."
    )

backend.set_defaults()

from absl import logging

from fusion_style.exports.config import PAGE, ExportConfig
from fusion_style.exports.export import export_style
from fusion_style.flags import define_flags, given, run_script
from fusion_style.settings import build

define_flags(ExportConfig)
logging.set_verbosity(logging.WARNING)  # TensorFlow logs how long saving took


def main(argv: list[str]) -> str | None:
    """Export as the flags say; return an error message, or None."""
    if len(argv) > 1:
        return f"export.py takes flags only. Received: {' '.join(argv[1:])}"
    try:
        config = build(ExportConfig, given(ExportConfig))
        card = export_style(config)
    except (ValueError, OSError) as error:
        return f"export.py: {error}"
    except KeyboardInterrupt:
        return "export.py: stopped; nothing was written"
    path = os.path.join(config.out, card["name"])
    size = sum(file["bytes"] for file in card["files"].values())
    if config.format == PAGE:
        print(
            f"{path} and {len(card['files']) - 1} more: {size:,} bytes. To look at it:\n"
            f"python -m http.server --directory {config.out}\nhttp://localhost:8000"
        )
    else:
        print(f"{path}: {size:,} bytes\nHow to call it: {path}.md")
    return None


def run() -> None:
    """Run the script; the command `fusion-export` calls this."""
    run_script(main)


if __name__ == "__main__":
    run()
