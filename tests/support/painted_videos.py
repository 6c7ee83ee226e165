"""Videos painted with a quick painter, to compare them."""

import numpy as np

from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.tests.support.clips import made_up_frame
from fusion_style.tests.support.painters import Negative


def with_a_cut(i, height=24, width=32):
    """Frames whose 13th begins another shot."""
    frame = made_up_frame(i, height, width)
    return frame if i < 12 else 255 - frame


def paint(source, out, log=None, **settings):
    config = VideoConfig(crf=10, **settings)
    return paint_video(str(source), str(out), [Negative(log)], config, progress=False)


def same(one, other):
    """Whether two files are the same to everybody who plays them."""
    for name in ("streams", "chapters", "frames", "packets"):
        assert getattr(one, name) == getattr(other, name), name
    assert all(np.array_equal(a, b) for a, b in zip(one.pixels, other.pixels, strict=True))
    return True
