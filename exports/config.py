"""ExportConfig: the settings of an export."""

import dataclasses
import re

from fusion_style.exports.formats import FORMATS, PIXELS
from fusion_style.exports.weights import PRECISIONS
from fusion_style.settings import check, setting

SMALLEST, LARGEST = 32, 8192  # pixels
PAGE = "web"  # the format that is a page with ONNX models, and not a model alone


@dataclasses.dataclass(frozen=True)
class ExportConfig:
    """The settings of an export: which style, and which kind of file."""

    style: str = setting(
        "A shipped style's name, or a style file; or a painting or a mix in a file: "
        "file.keras:wave. For web also several, with commas between them, or `all` for all "
        "shipped styles."
    )
    format: str = setting("Format of the file.", choices=(*FORMATS, PAGE))
    out: str = setting("Output folder.", "exported")
    size: str | None = setting(
        "Size of the pictures, such as 512 or 512x384 (width x height). Without it, litert "
        "takes 512x512, and the others take any size. Not for web, which takes any size.",
        None,
    )
    precision: str = setting(
        "Precision of the weights in the file.", "float16", choices=PRECISIONS
    )
    pixels: str = setting(
        "Type of the photograph's pixels, 0-255. With uint8, a camera's bytes need not be "
        "converted. The painting is always float32. Not for web, whose page converts them.",
        "float32", choices=PIXELS,
    )  # fmt: skip


def check_export(config: ExportConfig) -> None:
    """Check that an export is possible.

    Raises:
        ValueError: if it is not; the message says what is possible.
    """
    check(config)
    parse_size(config.size)
    if config.format == PAGE and config.size:
        raise ValueError(
            f"size is not for {PAGE}, whose page paints any size. Received: {config.size}"
        )
    if config.format == PAGE and config.pixels != PIXELS[0]:
        raise ValueError(
            f"pixels must be {PIXELS[0]} for {PAGE}, whose page converts them. Received: "
            f"{config.pixels}"
        )


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return (height, width) from "512" or "512x384" (width first); None from None.

    Raises:
        ValueError: for other text, or sides outside of `SMALLEST` to `LARGEST`.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})(?:[x×](\d{1,6}))?", text.strip())
    width, height = (int(n or match[1]) for n in match.groups()) if match else (0, 0)
    if not all(SMALLEST <= side <= LARGEST for side in (width, height)):
        raise ValueError(
            f"size must be like 512 or 512x384, with sides from {SMALLEST} to {LARGEST} "
            f"pixels. Received: {text}"
        )
    return height, width
