"""Convert high dynamic range (HDR) to pixels that a network can paint, and back.

A network has learned from photographs for ordinary screens. The values of PQ and HLG look
gray and flat to it, and its white would become the brightest light that PQ can express. So
light is compressed by a curve, painted, and expanded by the inverse curve. Each channel is
converted separately; the color primaries do not change.
"""

import struct
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.video.frames import side_data

if TYPE_CHECKING:
    from av import VideoFrame

PQ, HLG = 16, 18  # FFmpeg's numbers (ITU-T H.273) of the transfer functions
WHITE = 203.0  # cd/m² of paper white in HDR (ITU-R BT.2408)
PEAK = 1000.0  # cd/m² that becomes 255; brighter light is clipped
HLG_WHITE = 0.2645  # scene light of paper white, at a signal of 75% (ITU-R BT.2408)

M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
A, B, C = 0.17883277, 0.28466892, 0.55991073


def pq_to_light(signal: np.ndarray) -> np.ndarray:
    """Return the light, in cd/m², of a PQ signal, 0-1 (SMPTE ST 2084)."""
    root = signal ** (1 / M2)
    return 10000 * (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1)


def light_to_pq(light: np.ndarray) -> np.ndarray:
    """Return the PQ signal, 0-1, of light in cd/m²."""
    root = (light / 10000) ** M1
    return ((C1 + C2 * root) / (1 + C3 * root)) ** M2


def hlg_to_light(signal: np.ndarray) -> np.ndarray:
    """Return the scene light, 0-1, of an HLG signal, 0-1 (ITU-R BT.2100)."""
    return np.where(
        signal <= 0.5, signal**2 / 3, (np.exp((signal - C) / A) + B) / 12
    ).astype(np.float32)


def light_to_hlg(light: np.ndarray) -> np.ndarray:
    """Return the HLG signal, 0-1, of scene light, 0-1."""
    bright = A * np.log(np.maximum(12 * light - B, 1e-6)) + C
    return np.where(light <= 1 / 12, np.sqrt(3 * light), bright)


def compress(light: np.ndarray) -> np.ndarray:
    """Compress light (1 is paper white) to 0-1 (Reinhard et al. 2002, eq. 4)."""
    most = PEAK / WHITE
    light = np.minimum(light, most)
    return light * (1 + light / most**2) / (1 + light)


def expand(compressed: np.ndarray) -> np.ndarray:
    """Return the light for a compressed value, 0-1: the inverse of `compress`."""
    square = (PEAK / WHITE) ** 2
    half = (1 - compressed) * square / 2
    return np.sqrt(half**2 + compressed * square) - half


def is_hdr(transfer: int) -> bool:
    """Return whether a transfer function's number is that of PQ or HLG."""
    return transfer in (PQ, HLG)


def to_paintable(pixels: np.ndarray, transfer: int) -> np.ndarray:
    """Convert an HDR signal, 0-255, to pixels, 0-255, for a screen without HDR.

    Args:
        pixels: of any shape.
        transfer: `PQ` or `HLG`.

    Returns:
        float32 of the same shape.
    """
    signal = pixels / np.float32(255)
    if transfer == PQ:
        light = pq_to_light(signal) / WHITE
    else:
        light = hlg_to_light(signal) / HLG_WHITE
    return (255 * compress(light) ** (1 / 2.2)).astype(np.float32)


def from_paintable(pixels: np.ndarray, transfer: int) -> np.ndarray:
    """Convert painted pixels, 0-255, to an HDR signal: the inverse of `to_paintable`."""
    light = expand((np.clip(pixels, 0, 255) / np.float32(255)) ** 2.2)
    if transfer == PQ:
        signal = light_to_pq(light * WHITE)
    else:
        signal = light_to_hlg(np.minimum(light * HLG_WHITE, 1))
    return (255 * signal).astype(np.float32)


def light_of(frame: "VideoFrame") -> dict[str, bytes]:
    """Return a frame's description of the screen it was made for, as FFmpeg's structs."""
    wanted = ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
    return {name: data for name, data in side_data(frame).items() if name in wanted}


def light_options(encoder: str, light: dict[str, bytes]) -> dict[str, str]:
    """Return {name: value} of an encoder's parameters that say the same as `light_of`.

    Args:
        encoder: FFmpeg's name; only x265 and SVT-AV1 have such parameters.
        light: from `light_of`.
    """
    names = {
        "libx265": ("master-display", "max-cll"),
        "libsvtav1": ("mastering-display", "content-light"),
    }
    if encoder not in names:
        return {}
    display, levels = names[encoder]
    options = {}
    if "MASTERING_DISPLAY_METADATA" in light:
        # x and y of red, green, blue and white; darkest and brightest; which are known.
        numbers = struct.unpack("=22i", light["MASTERING_DISPLAY_METADATA"][:88])
        pairs = zip(numbers[:20:2], numbers[1:20:2], strict=True)
        values = [top / (bottom or 1) for top, bottom in pairs]
        if numbers[20] and numbers[21]:
            options[display] = display_text(encoder, values)
    if "CONTENT_LIGHT_LEVEL" in light:
        most, average = struct.unpack("=2I", light["CONTENT_LIGHT_LEVEL"][:8])
        options[levels] = f"{most},{average}"
    return options


def display_text(encoder: str, values: list[float]) -> str:
    """Return a mastering display in an encoder's format: chromaticities and cd/m²."""
    red, green, blue, white = zip(values[:8:2], values[1:8:2], strict=True)
    places = {"G": green, "B": blue, "R": red, "WP": white}
    darkest, brightest = values[8:10]
    if encoder == "libx265":  # whole numbers, in units of 0.00002 and of 0.0001 cd/m²
        colors = (f"{k}({x * 50000:.0f},{y * 50000:.0f})" for k, (x, y) in places.items())
        return "".join(colors) + f"L({brightest * 10000:.0f},{darkest * 10000:.0f})"
    colors = (f"{k}({x:.5f},{y:.5f})" for k, (x, y) in places.items())
    return "".join(colors) + f"L({brightest:.4f},{darkest:.4f})"
