"""High dynamic range, made paintable and back.

A network knows photographs as screens of 100 cd/m² show them. The code values of PQ and
HLG look gray and flat to it, and its white would be the brightest light that PQ knows.
So light is compressed by a curve that can be turned round, painted, and expanded again.
Both ways work on each channel; colors stay in their own primaries.
"""

import struct
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.video.frames import side_data

if TYPE_CHECKING:
    from av import VideoFrame

PQ, HLG = 16, 18  # FFmpeg's numbers (ITU-T H.273) of the transfer functions
WHITE = 203.0  # cd/m² of paper white in HDR (ITU-R BT.2408)
PEAK = 1000.0  # cd/m² of what becomes 255; above it light is cut off
HLG_WHITE = 0.2645  # scene light of paper white, a signal of 75% (ITU-R BT.2408)

M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
A, B, C = 0.17883277, 0.28466892, 0.55991073


def pq_to_light(signal: np.ndarray) -> np.ndarray:
    """Return light in cd/m² of a PQ signal, 0-1 (SMPTE ST 2084)."""
    root = signal ** (1 / M2)
    return 10000 * (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1)


def light_to_pq(light: np.ndarray) -> np.ndarray:
    """Return the PQ signal, 0-1, of light in cd/m²."""
    root = (light / 10000) ** M1
    return ((C1 + C2 * root) / (1 + C3 * root)) ** M2


def hlg_to_light(signal: np.ndarray) -> np.ndarray:
    """Return scene light, 0-1, of an HLG signal, 0-1 (ITU-R BT.2100)."""
    return np.where(
        signal <= 0.5, signal**2 / 3, (np.exp((signal - C) / A) + B) / 12
    ).astype(np.float32)


def light_to_hlg(light: np.ndarray) -> np.ndarray:
    """Return the HLG signal, 0-1, of scene light, 0-1."""
    bright = A * np.log(np.maximum(12 * light - B, 1e-6)) + C
    return np.where(light <= 1 / 12, np.sqrt(3 * light), bright)


def compress(light: np.ndarray) -> np.ndarray:
    """Return light, 1 for paper white, in 0-1 (Reinhard et al. 2002, eq. 4)."""
    most = PEAK / WHITE
    light = np.minimum(light, most)
    return light * (1 + light / most**2) / (1 + light)


def expand(compressed: np.ndarray) -> np.ndarray:
    """Return the light of which `compress` makes `compressed`."""
    square = (PEAK / WHITE) ** 2
    half = (1 - compressed) * square / 2
    return np.sqrt(half**2 + compressed * square) - half


def is_hdr(transfer: int) -> bool:
    """Return whether a transfer function's number is that of PQ or HLG."""
    return transfer in (PQ, HLG)


def to_paintable(pixels: np.ndarray, transfer: int) -> np.ndarray:
    """Return pixels, 0-255, of an HDR signal, 0-255, as a screen without HDR shows them."""
    signal = pixels / np.float32(255)
    if transfer == PQ:
        light = pq_to_light(signal) / WHITE
    else:
        light = hlg_to_light(signal) / HLG_WHITE
    return (255 * compress(light) ** (1 / 2.2)).astype(np.float32)


def from_paintable(pixels: np.ndarray, transfer: int) -> np.ndarray:
    """Return the HDR signal, 0-255, of pixels, 0-255, that were painted."""
    light = expand((np.clip(pixels, 0, 255) / np.float32(255)) ** 2.2)
    if transfer == PQ:
        signal = light_to_pq(light * WHITE)
    else:
        signal = light_to_hlg(np.minimum(light * HLG_WHITE, 1))
    return (255 * signal).astype(np.float32)


def light_of(frame: "VideoFrame") -> dict[str, bytes]:
    """Return what a frame says of the screen that it was made on, as FFmpeg's structs."""
    wanted = ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
    return {name: data for name, data in side_data(frame).items() if name in wanted}


def light_options(encoder: str, light: dict[str, bytes]) -> dict[str, str]:
    """Return {name: value} of an encoder's own parameters that repeat `light_of`.

    Args:
        encoder: FFmpeg's name; x265 and SVT-AV1 can say it.
        light: of `light_of`.
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
        # Red, green, blue, white: x and y; darkest and brightest; which of both is known.
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
    """Return a mastering display as encoders want it: chromaticities and cd/m²."""
    red, green, blue, white = zip(values[:8:2], values[1:8:2], strict=True)
    places = {"G": green, "B": blue, "R": red, "WP": white}
    darkest, brightest = values[8:10]
    if encoder == "libx265":  # whole numbers, of 0.00002 and of 0.0001 cd/m²
        colors = (f"{k}({x * 50000:.0f},{y * 50000:.0f})" for k, (x, y) in places.items())
        return "".join(colors) + f"L({brightest * 10000:.0f},{darkest * 10000:.0f})"
    colors = (f"{k}({x:.5f},{y:.5f})" for k, (x, y) in places.items())
    return "".join(colors) + f"L({brightest:.4f},{darkest:.4f})"
