"""A moving camera over a photograph: frames whose optical flow is known exactly.

python benchmarks/camera.py flight.mp4 --frames 100      # write them as a video

The camera moves on a curve, turns and comes closer. Each frame shows a part of the
photograph, so the flow between two frames follows from where the camera is.
"""

import math
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np
from absl import app, flags

from fusion_style.data.images import read_picture, sample_photographs, to_bytes
from fusion_style.files import replacing

FLAGS = flags.FLAGS
PART = 0.6  # sides of a frame, as a share of the photograph's
TURN, CLOSER = 4.0, 0.12  # degrees to each side; share that the camera comes closer
LOOP = 100  # frames after which the camera is where it was
RATE = 25  # frames a second


def frame_size(pixels: np.ndarray) -> tuple[int, int]:
    """Return height and width of the frames, which are even."""
    height, width = (int(side * PART) // 2 * 2 for side in pixels.shape[:2])
    return height, width


def place(pixels: np.ndarray, number: int) -> np.ndarray:
    """Return where a frame's pixels are in the photograph.

    Args:
        pixels: the photograph, (height, width, 3).
        number: of the frame.

    Returns:
        float64 (3, 3): a frame's (column, row, 1) times this is the photograph's.
    """
    height, width = pixels.shape[:2]
    rows, columns = frame_size(pixels)
    time = 2 * math.pi * number / LOOP
    scale = 1 - CLOSER * (1 - math.cos(time)) / 2
    turn = math.radians(TURN) * math.sin(time)
    # The curve leaves room for the corners of a turned frame.
    x = (width - 1) / 2 + 0.14 * width * math.sin(time)
    y = (height - 1) / 2 + 0.12 * height * math.sin(2 * time)
    cosine, sine = scale * math.cos(turn), scale * math.sin(turn)
    middle = np.array([[1, 0, -(columns - 1) / 2], [0, 1, -(rows - 1) / 2], [0, 0, 1]])
    return np.array([[cosine, -sine, x], [sine, cosine, y], [0, 0, 1]]) @ middle


def view(pixels: np.ndarray, number: int) -> np.ndarray:
    """Return a frame, float32 RGB (height, width, 3), 0-255."""
    rows, columns = frame_size(pixels)
    frame = cv2.warpAffine(
        pixels, place(pixels, number)[:2], (columns, rows),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.clip(frame, 0, 255)


def known_flow(pixels: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the flow of a frame to the one before.

    Returns:
        (flow, sound): float32 (height, width, 2), as (column, row); and bool (height,
        width), true where the frame before shows the same place.
    """
    rows, columns = frame_size(pixels)
    there = np.linalg.inv(place(pixels, number - 1)) @ place(pixels, number)
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
    places = grid @ there[:2, :2].T + there[:2, 2]
    inside = (places >= 0) & (places <= [columns - 1, rows - 1])
    return (places - grid).astype(np.float32), inside.all(axis=-1)


def views(pixels: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """Yield the first frames of the camera's way."""
    return (view(pixels, number) for number in range(count))


def write(path: str, pixels: np.ndarray, count: int) -> None:
    """Write frames as a video, nearly without loss."""
    import av

    rows, columns = frame_size(pixels)
    with replacing(path) as temporary, av.open(temporary, "w", format="mp4") as output:
        stream = output.add_stream("libx264", RATE, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = columns, rows, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for frame in views(pixels, count):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(to_bytes(frame), "rgb24")))
        output.mux(stream.encode(None))


def main(argv: list[str]) -> None:
    if len(argv) not in (2, 3):
        raise app.UsageError("give the video to write, and perhaps a photograph")
    source = argv[2] if len(argv) == 3 else sample_photographs()[-1]
    write(argv[1], read_picture(source).pixels, FLAGS.frames)
    print(f"{source} -> {argv[1]}")


if __name__ == "__main__":
    flags.DEFINE_integer("frames", LOOP, "How many.", 1)
    app.run(main)
