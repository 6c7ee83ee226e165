"""Check that files, pictures and videos are not too large for the page."""

import os

from fusion_style.data.opening import open_image
from fusion_style.data.video.probe import VideoError, open_video, probe
from fusion_style.page.config import DemoConfig


def check_picture(path: str, config: DemoConfig) -> None:
    """Check that a picture is not too large, before it is decoded.

    Raises:
        PictureError: if it is not a picture.
        ValueError: if it is too large; the message says how large it may be.
    """
    check_file(path, config)
    with open_image(path) as image:
        width, height = image.size
    megapixels = width * height / 1e6
    if megapixels > config.megapixels:
        raise ValueError(
            f"The picture has {width:,}×{height:,} pixels, which are {megapixels:.1f} "
            f"megapixels. This page paints up to {config.megapixels:g}. Make it smaller "
            "first"
        )


def check_video(path: str, config: DemoConfig) -> None:
    """Check that a video is not too long or too large, before it is decoded.

    Raises:
        VideoError: if it is not a video.
        ValueError: if it is too long or too large; the message says what is possible.
    """
    check_file(path, config)
    with open_video(path) as container:
        found = probe(container, path)
    seconds = found.duration
    if seconds is None and found.frames:
        seconds = found.frames / float(found.rate)
    if seconds is None:
        raise VideoError("The file does not say how long the video is. Convert it first")
    if seconds > config.seconds:
        raise ValueError(
            f"The video is {seconds:.0f} seconds long. This page paints up to "
            f"{config.seconds:g}. Cut it first"
        )
    if found.width * found.height > config.megapixels * 1e6:
        raise ValueError(
            f"The video has {found.width:,}×{found.height:,} pixels. This page paints up "
            f"to {config.megapixels:g} megapixels"
        )


def check_file(path: str, config: DemoConfig) -> None:
    """Check that a file is not too large.

    Raises:
        ValueError: if it is; the message says how large it may be.
    """
    megabytes = os.path.getsize(path) / 1e6
    if megabytes > config.megabytes:
        raise ValueError(
            f"The file has {megabytes:.1f} megabytes. This page takes up to "
            f"{config.megabytes:g}"
        )
