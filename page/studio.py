"""Paint pictures, frames and videos for the page.

Paintings are removed after a while (`page.sweeping`); visitors have fetched them by then.
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

# What browsers show of the formats that we write.
PICTURES = (".jpg", ".jpeg", ".png", ".webp")
VIDEOS = (".mp4", ".webm")


class Stopped(Exception):
    """The work was stopped, or took too long; the message says which."""


@dataclasses.dataclass(frozen=True)
class Look:
    """How something is painted.

    Attributes:
        style: the name of a style of the page.
        strength, keep_colors: see `Stylizer.__call__`.
        style2: the name of another style, which is mixed in, or painted where a mask is
            black.
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
    """Paint what visitors upload, within the limits of the page.

    Args:
        config: the limits.
        folder: for paintings.

    Attributes:
        styles: those that the page offers.
        painters: lend the Stylizers.
    """

    def __init__(self, config: DemoConfig, folder: str) -> None:
        self.config, self.folder = config, folder
        self.styles = Styles(config.learned)
        self.painters = Painters(config.engine, config.precision)

    @contextlib.contextmanager
    def brushes(
        self, look: Look, masked: bool = False
    ) -> Iterator[tuple[Stylizer, Stylizer | None]]:
        """Lend a Stylizer for a look, and another for the black parts of a mask, or None.

        Args:
            look: how something is painted.
            masked: whether there is a mask. Without one, two styles are mixed.

        Raises:
            ValueError: if there is no such style or mix; the message says what is possible.
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
                    "and cannot be mixed. Choose another second style. Or, in a picture, "
                    f"mark with the brush where {title(look.style)} goes: {title(other)} "
                    "is painted elsewhere"
                )
            with self.painters.lent(mixed, look.stroke) as stylizer:
                yield stylizer, None

    def picture(
        self, path: str, look: Look, max_size: int | None, mask: np.ndarray | None = None
    ) -> str:
        """Paint a picture; return the path of the painting.

        Args:
            path: of the photograph.
            look: how to paint it.
            max_size: the most pixels of the longer side; None for no limit.
            mask: see `Stylizer.__call__`; with None, all is painted.

        Raises:
            ValueError: if the picture cannot be read or is too large; the message says what
                is possible.

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
        """Return the painting of a webcam's frame, of which nothing is stored.

        Args:
            pixels: uint8 RGB (height, width, 3).
            look: how to paint it.
            max_size: the most pixels of the longer side.

        Returns:
            uint8 RGB (height, width, 3).

        Raises:
            ValueError: if there is no such style or mix.
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
        """Paint a video; return the path of the painting, and notes on what has changed.

        Args:
            path: of the video.
            look, max_size: as for pictures.
            steady: see `VideoConfig`.
            tell: called after each frame with how many are done, and how many there are.
            stop: ends the work when it is set.

        Raises:
            ValueError: if the video cannot be read or is too long; the message says what is
                possible.
            Stopped: if the work was stopped, or took too long.
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

        with self.brushes(look) as (stylizer, _):
            out = self.place(path, stylizer.name, VIDEOS, ".mp4")
            report = paint_video(
                path, out, [stylizer], VideoConfig(steady=steady), max_size,
                look.strength, look.keep_colors, progress=False, tell=watch,
            )  # fmt: skip
        return out, report.notes

    def place(
        self, path: str, style: str, extensions: tuple[str, ...], otherwise: str
    ) -> str:
        """Return the path for a painting, in a folder of its own.

        Args:
            path: of what is painted. The painting's name begins with that of this file.
            style: the style's name.
            extensions: the extensions that are kept.
            otherwise: the extension that replaces all others.
        """
        stem, extension = os.path.splitext(os.path.basename(path))
        extension = extension.lower() if extension.lower() in extensions else otherwise
        stem = re.sub(r"[^\w.-]+", "_", stem)[:80].strip("_.") or "picture"
        os.makedirs(self.folder, exist_ok=True)
        folder = tempfile.mkdtemp(dir=self.folder)
        return os.path.join(folder, f"{stem}-{style}{extension}")
