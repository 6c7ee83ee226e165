"""Convert FFmpeg's frames to pixels and back: float32 RGB, 0-255, upright."""

import dataclasses
import struct
from typing import TYPE_CHECKING

import numpy as np

from fusion_style.data.images import to_bytes
from fusion_style.data.video.encoders import bits, has_alpha
from fusion_style.data.video.frames import side_data
from fusion_style.data.video.hdr import from_paintable, is_hdr, to_paintable
from fusion_style.data.video.probe import Probe

if TYPE_CHECKING:
    from av import VideoFrame

Matrix = tuple[int, ...]
UPRIGHT: Matrix = (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
# swscale's flags: bicubic, accurate rounding, full chroma resolution in RGB.
SCALING = 0x4 | 0x2000 | 0x4000 | 0x40000
FULL, LIMITED = 2, 1  # FFmpeg's numbers of the ranges of levels
UNSPECIFIED = 2  # FFmpeg's number for a missing color tag
# {number of a matrix from RGB to YUV in ITU-T H.273: swscale's number}
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}


def display_matrix(frame: "VideoFrame") -> Matrix:
    """Return a frame's display matrix, nine numbers, which says how players turn it."""
    data = side_data(frame).get("DISPLAYMATRIX")
    return struct.unpack("=9i", data[:36]) if data else UPRIGHT


def turn(pixels: np.ndarray, matrix: Matrix) -> np.ndarray:
    """Return pixels (height, width, ...) as a player shows them.

    Rotations by multiples of 90° and mirroring are applied; other angles are ignored.
    """
    a, b, _, c, d, *_ = (0 if abs(n) < 32768 else n for n in matrix)
    if not a and not d and b and c:
        pixels, across, down = pixels.swapaxes(0, 1), c, b
    else:
        across, down = a, d
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


def turn_back(pixels: np.ndarray, matrix: Matrix) -> np.ndarray:
    """Return pixels as they are stored in the file: the inverse of `turn`."""
    a, b, _, c, d, *_ = (0 if abs(n) < 32768 else n for n in matrix)
    swapped = not a and not d and b and c
    across, down = (c, b) if swapped else (a, d)
    pixels = pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
    return pixels.swapaxes(0, 1) if swapped else pixels


@dataclasses.dataclass(frozen=True)
class Colors:
    """The color conversion between a video's frames and RGB.

    Attributes:
        matrix: swscale's number of the matrix.
        full: whether levels use the full range, from 0 to the highest number.
        transfer: FFmpeg's number of the transfer function.
    """

    matrix: int
    full: bool
    transfer: int

    @classmethod
    def of(cls, source: Probe) -> "Colors":
        """Return a video's conversion. Without tags, HD is BT.709, as in players."""
        matrix = MATRICES.get(source.matrix, 1 if source.height >= 720 else 5)
        full = source.range == FULL or source.pixel_format.startswith("yuvj")
        return cls(matrix, full, source.transfer)

    def to_pixels(
        self, frame: "VideoFrame", matrix: Matrix, size: tuple[int, int] | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return a frame as (pixels, alpha).

        Args:
            frame: a frame of PyAV.
            matrix: from `display_matrix`.
            size: (width, height) to which to resize the frame before it is turned.

        Returns:
            Pixels, float32 RGB (height, width, 3), 0-255, upright; and alpha, uint8
            (height, width), or None if the frame has no alpha.
        """
        alpha, deep = has_alpha(frame.format.name), bits(frame.format.name) > 8
        width, height = size or (frame.width, frame.height)
        values = frame.to_ndarray(
            format=("rgba64le" if alpha else "rgb48le") if deep else
            ("rgba" if alpha else "rgb24"),
            width=width, height=height, interpolation=SCALING,
            src_colorspace=self.matrix, src_color_range=FULL if self.full else LIMITED,
            dst_color_range=FULL,
        )  # fmt: skip
        values = turn(values, matrix)
        pixels = values[..., :3].astype(np.float32)
        opaque = values[..., 3] if alpha else None
        if deep:
            pixels /= 257
            opaque = None if opaque is None else to_bytes(opaque / np.float32(257))
        if is_hdr(self.transfer):
            pixels = to_paintable(pixels, self.transfer)
        return pixels, opaque

    def to_frame(
        self,
        pixels: np.ndarray,
        alpha: np.ndarray | None,
        matrix: Matrix,
        pixel_format: str,
    ) -> "VideoFrame":
        """Return the frame of PyAV for pixels and alpha: the inverse of `to_pixels`."""
        import av

        if is_hdr(self.transfer):
            pixels = from_paintable(pixels, self.transfer)
        deep, transparent = bits(pixel_format) > 8, has_alpha(pixel_format)
        if deep:
            values = np.clip(pixels * 257 + 0.5, 0, 65535).astype(np.uint16)
        else:
            values = to_bytes(pixels)
        if transparent:
            most = 65535 if deep else 255
            opaque = np.full(values.shape[:2], 255, np.uint8) if alpha is None else alpha
            opaque = (opaque.astype(values.dtype) * (most // 255))[..., None]
            values = np.concatenate([values, opaque], axis=-1)
        values = np.ascontiguousarray(turn_back(values, matrix))
        name = ("rgba" if transparent else "rgb") + {
            (True, True): "64le", (True, False): "48le", (False, False): "24",
            (False, True): "",
        }[deep, transparent]  # fmt: skip
        frame = av.VideoFrame.from_ndarray(values, format=name)
        return frame.reformat(
            format=pixel_format, interpolation=SCALING, dst_colorspace=self.matrix,
            src_color_range=FULL, dst_color_range=FULL if self.full else LIMITED,
        )  # fmt: skip
