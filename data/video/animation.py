"""Animated pictures: GIF, WebP and PNG, read frame by frame and written again."""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from fusion_style.data.images import LARGEST_SIDE
from fusion_style.data.modes import alpha_of, to_bytes, to_rgb
from fusion_style.data.opening import PictureError, open_image
from fusion_style.data.video.frames import Frame
from fusion_style.data.video.probe import CONTAINERS, VideoError
from fusion_style.files import write_bytes

ANIMATIONS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
CLEAR = 255  # the number of the color that a GIF doesn't show
USUAL = 100  # milliseconds that a frame is shown where the file doesn't say


def is_animated(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a picture of several frames."""
    if os.path.splitext(path)[1].lower() not in ANIMATIONS:
        return False
    with contextlib.suppress(PictureError), open_image(path) as image:
        return getattr(image, "n_frames", 1) > 1
    return False


def is_moving(path: str, out: str) -> bool:
    """Return whether a file is animated, and its painting `out` can be, too."""
    extension = os.path.splitext(out)[1].lower()
    return extension in (*ANIMATIONS, *CONTAINERS) and is_animated(path)


class AnimationReader:
    """Read the frames of an animated picture.

    Args:
        path: of the file.
        start, end: seconds of what is read; frames' times are milliseconds after `start`.
        max_frames: the most frames that are read.

    Attributes:
        count: frames in the file.
        loops: what the file says of playing it again, for `AnimationWriter`.
        cut_short: why reading ended early, or None.

    Raises:
        VideoError: if it can't be read.
    """

    def __init__(
        self, path: str, start: float | None = None, end: float | None = None,
        max_frames: int | None = None,
    ) -> None:  # fmt: skip
        self.path = path
        self.start = round(1000 * (start or 0))
        self.stop = None if end is None else round(1000 * end)
        self.max_frames = max_frames
        self.cut_short: str | None = None
        try:
            with open_image(path) as image:
                self.count = getattr(image, "n_frames", 1)
                known = ("loop", "default_image")
                self.loops = {key: image.info[key] for key in known if key in image.info}
        except PictureError as error:
            raise VideoError(str(error)) from None

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames; durations are milliseconds."""
        time = given = 0
        with open_image(self.path) as image:
            for i in range(self.count):
                try:
                    image.seek(i)
                    image.load()
                except (EOFError, OSError, SyntaxError, ValueError) as error:
                    self.cut_short = f"frame {i + 1} of {self.count} can't be read"
                    if not given:
                        raise VideoError(f"{self.path} is damaged: {error}") from None
                    return
                duration = round(image.info.get("duration", USUAL))
                if self.stop is not None and time >= self.stop:
                    return
                if time >= self.start:
                    still = image.convert("RGBA")  # what is shown, whatever is stored
                    pixels = np.asarray(to_rgb(still), np.float32)
                    frame = Frame(pixels, alpha_of(still), time - self.start, duration)
                    frame.second = time / 1000
                    yield frame
                    given += 1
                time += duration
                if given == self.max_frames:
                    return


class AnimationWriter:
    """Collect the frames of an animated picture, and write them all when it is closed.

    Args:
        path: of the file; its extension is one of `ANIMATIONS`.
        loops: of `AnimationReader`.
    """

    def __init__(self, path: str, loops: dict[str, Any]) -> None:
        self.path, self.loops = path, loops
        self.kind = ANIMATIONS[os.path.splitext(path)[1].lower()]
        self.frames: list[Frame] = []
        self.shots = 0

    def write(self, frame: Frame, cut: bool, held: Callable[[], object]) -> None:
        """Add a frame."""
        assert frame.pixels is not None
        pixels = to_bytes(frame.pixels)
        self.frames.append(Frame(pixels, frame.alpha, frame.time, frame.duration))
        self.shots += cut

    def close(self) -> None:
        """Write the file, whole or not at all.

        Raises:
            VideoError: if there is no frame, or it is too large for the format.
        """
        if not self.frames:
            raise VideoError(f"{self.path} would have no frame")
        clear = any(frame.alpha is not None for frame in self.frames)
        images = [self.image(frame, clear) for frame in self.frames]
        if max(images[0].size) > LARGEST_SIDE.get(self.kind, np.inf):
            raise VideoError(
                f"{self.path}: a {self.kind} has at most {LARGEST_SIDE[self.kind]:,} "
                "pixels on a side. Give --max_size"
            )
        options: dict[str, Any] = {
            "save_all": True, "append_images": images[1:],
            "duration": [frame.duration for frame in self.frames], **self.loops,
        }  # fmt: skip
        if self.kind == "GIF" and clear:
            options |= {"transparency": CLEAR, "disposal": 2}
        elif self.kind == "WEBP":
            # Only so, frames that are all alike in their alpha keep it.
            options |= {"quality": 90, "minimize_size": False, "kmax": 1}
        elif self.kind == "PNG" and "default_image" not in options:
            options["default_image"] = False
        buffer = io.BytesIO()
        images[0].save(buffer, self.kind, **options)
        write_bytes(self.path, buffer.getvalue())

    def image(self, frame: Frame, clear: bool) -> Image.Image:
        """Return a frame as its format stores it.

        Args:
            frame: painted.
            clear: whether a frame of the animation has transparent pixels.
        """
        image = Image.fromarray(np.asarray(frame.pixels))
        opaque = np.full(frame.pixels.shape[:2], 255, np.uint8)  # type: ignore
        alpha = opaque if frame.alpha is None else frame.alpha
        if self.kind != "GIF":
            if clear:
                image.putalpha(Image.fromarray(alpha))
            return image
        image = image.quantize(CLEAR)
        if clear:
            image.paste(
                CLEAR, mask=Image.fromarray(np.where(alpha < 128, 255, 0).astype("u1"))
            )
        return image

    def abandon(self, error: BaseException) -> None:
        """Let go of the frames."""
        self.frames.clear()
