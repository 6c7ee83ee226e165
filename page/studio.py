"""What the page does, without the page: pictures, frames and videos are painted.

Files that were made here are removed after a while: whoever wants one has it by then.
"""

import contextlib
import dataclasses
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from fusion_style.data.images import Picture, fit_size, read_picture, resize, write_picture
from fusion_style.data.modes import to_bytes
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.config import VideoConfig
from fusion_style.page.config import DemoConfig
from fusion_style.page.limits import check_picture, check_video
from fusion_style.page.painters import Painters
from fusion_style.page.styles import Styles, title

KEPT = 1800  # seconds
# What browsers show, of what we write.
PICTURES = (".jpg", ".jpeg", ".png", ".webp")
VIDEOS = (".mp4", ".webm")


class Stopped(Exception):
    """Somebody stopped the work, or it took too long; the message says which."""


@dataclasses.dataclass(frozen=True)
class Look:
    """How something is painted.

    Attributes:
        style: the name of a style of the page.
        strength, keep_colors: see `Stylizer.__call__`.
        style2: the name of another style: mixed in, or painted where a mask is black.
        share: of `style2` in a mix, 0 to 1.
        stroke: see `Stylizer.choose`.
    """

    style: str
    strength: float = 1.0
    keep_colors: bool = False
    style2: str | None = None
    share: float = 0.5
    stroke: float | None = None


class Studio:
    """Paints what is brought, within the limits of a page.

    Args:
        config: the limits.
        folder: for paintings, until they are fetched.

    Attributes:
        styles: that there are.
        painters: who paint.
    """

    def __init__(self, config: DemoConfig, folder: str) -> None:
        self.config, self.folder = config, folder
        self.styles = Styles(config.learned)
        self.painters = Painters(config.engine, config.precision)

    @contextlib.contextmanager
    def brushes(
        self, look: Look, masked: bool = False
    ) -> Iterator[tuple[Stylizer, Stylizer | None]]:
        """Give what paints a look, and what paints the black parts of a mask, if any does.

        Args:
            look: how something is painted.
            masked: whether there is a mask. Without one, two styles are mixed.

        Raises:
            ValueError: for what can't be; the message says what is.
        """
        one, other = self.styles.choice(look.style), look.style2
        if other in (None, look.style):
            with self.painters.lent(one, look.stroke) as stylizer:
                yield stylizer, None
        elif masked:
            two = self.styles.choice(other)
            with (
                self.painters.lent(one, look.stroke) as stylizer,
                self.painters.lent(two) as beside,
            ):
                yield stylizer, beside
        else:
            mixed = self.styles.mix(look.style, other, look.share)
            if mixed is None:
                raise ValueError(
                    f"{title(look.style)} and {title(other)} are in different style files, "
                    "and cannot be mixed. Mark with the brush where "
                    f"{title(look.style)} goes: {title(other)} is painted elsewhere"
                )
            with self.painters.lent(mixed, look.stroke) as stylizer:
                yield stylizer, None

    def picture(
        self, path: str, look: Look, max_size: int | None, mask: np.ndarray | None = None
    ) -> str:
        """Paint a picture; return the path of the painting.

        Args:
            path: of the photograph.
            look: how.
            max_size: the longer side is made no longer, in pixels.
            mask: see `Stylizer.__call__`; None paints all of it.

        Raises:
            ValueError: for what can't be read, or is too large; the message says what is.

        Warns:
            PaintingWarning: see `Stylizer.paint`.
        """
        check_picture(path, self.config)
        photograph = read_picture(path)
        with self.brushes(look, mask is not None) as (stylizer, beside):
            painting = stylizer(
                photograph, max_size, look.strength, look.keep_colors, mask=mask,
                style2=beside,
            )  # fmt: skip
        out = self.place(path, stylizer.name, PICTURES, ".png")
        write_picture(out, painting)
        return out

    def frame(self, pixels: np.ndarray, look: Look, max_size: int) -> np.ndarray:
        """Return the painting of a webcam's frame, which nothing is kept of.

        Args:
            pixels: uint8 RGB (height, width, 3).
            look: how.
            max_size: the longer side, in pixels.

        Returns:
            uint8 RGB (height, width, 3).
        """
        height, width = pixels.shape[:2]
        if max(height, width) > max_size:
            height, width = fit_size(height, width, max_size)
        photograph = resize(pixels.astype(np.float32), height, width)
        with self.brushes(look) as (stylizer, _):
            painted = stylizer(Picture(photograph), None, look.strength, look.keep_colors)
        return to_bytes(painted.pixels)

    def video(
        self, path: str, look: Look, max_size: int | None, steady: float,
        tell: Callable[[int, int | None], None], stop: threading.Event,
    ) -> tuple[str, list[str]]:  # fmt: skip
        """Paint a video; return the path of the painting, and what isn't as it was.

        Args:
            path: of the video.
            look, max_size: as for pictures.
            steady: see `VideoConfig`.
            tell: called after each frame with how many are done, and how many there are.
            stop: ends the work when it is set.

        Raises:
            ValueError: for what can't be read, or is too long; the message says what is.
            Stopped: if it was stopped, or took too long.
        """
        # OpenCV and PyAV take half a second to import, which pictures don't need.
        from fusion_style.inference.video.paint import paint_video

        check_video(path, self.config)
        began = time.monotonic()

        def watch(frames: int, total: int | None) -> None:
            if stop.is_set():
                raise Stopped(f"Stopped after {frames} frames.")
            if time.monotonic() - began > 60 * self.config.minutes:
                raise Stopped(
                    f"After {self.config.minutes:g} minutes {frames} of {total or 'all'} "
                    "frames were painted, and this page gives no video more time. Choose "
                    "a smaller size or a shorter video."
                )
            tell(frames, total)

        out = self.place(path, look.style, VIDEOS, ".mp4")
        with self.brushes(look) as (stylizer, _):
            report = paint_video(
                path, out, [stylizer], VideoConfig(steady=steady), max_size,
                look.strength, look.keep_colors, progress=False, tell=watch,
            )  # fmt: skip
        return out, report.notes

    def place(
        self, path: str, style: str, extensions: tuple[str, ...], otherwise: str
    ) -> str:
        """Return where a painting goes: its name and style, in a folder of its own.

        Args:
            path: of what is painted.
            style: its name.
            extensions: that are kept.
            otherwise: the extension instead of others.
        """
        sweep(self.folder, KEPT)
        stem, extension = os.path.splitext(os.path.basename(path))
        extension = extension.lower() if extension.lower() in extensions else otherwise
        stem = re.sub(r"[^\w.-]+", "_", stem)[:80].strip("_.") or "picture"
        os.makedirs(self.folder, exist_ok=True)
        folder = tempfile.mkdtemp(dir=self.folder)
        return os.path.join(folder, f"{stem}-{style}{extension}")


def sweep(folder: str, age: float) -> None:
    """Remove the files in a folder, in depth, that are older than so many seconds."""
    now = time.time()
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            path = os.path.join(root, name)
            try:
                if now - os.path.getmtime(path) > age:
                    os.remove(path)
            except OSError:
                continue  # another thread was faster
        for name in folders:
            try:
                os.rmdir(os.path.join(root, name))
            except OSError:
                continue  # there is something in it
