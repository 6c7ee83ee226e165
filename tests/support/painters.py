"""Painters that need no network, for tests of all that lies around them."""

import os
import signal
import sys

import numpy as np


class Graph:
    norms = measured = ()
    halo, multiple, smallest = 4, 1, 1


class Negative:
    """Stands for a `Stylizer`: the painting is the negative, with strokes that boil.

    Args:
        log: a file that gets a line for each frame that is painted.
        kill_after: so many frames later this process kills itself.
    """

    margin = 0

    def __init__(self, log=None, kill_after=None):
        self.log, self.left = log, kill_after
        self.engine, self.graph = self, Graph()
        self.name, self.scale = "negative", 1.0
        self.chosen = np.zeros((2, 0), np.float32)

    @property
    def style(self):
        return self.chosen

    def paint_seen(self, pixels, seen, norms=None, region=None, progress=False):
        return self.paint(pixels[None], seen, self.style, norms)[0]

    def paint(self, pixels, seen, style, norms):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{pixels.astype(float).sum():.0f}\n")
        rng = np.random.default_rng(int(pixels.astype(float).sum()) % 1000)
        strokes = rng.normal(0, 20, pixels.shape)
        return (seen.mean * 0.1 + 255 - pixels + strokes).clip(0, 255).astype(np.float32)


def paint(source, out, log, kill_after):
    """Paint a video in short parts, or go on with it."""
    from fusion_style.inference.video import segments
    from fusion_style.inference.video.config import VideoConfig
    from fusion_style.inference.video.paint import paint_video

    segments.SHORTEST, segments.LONGEST = 3, 5
    config = VideoConfig(resume=True, crf=10)
    paint_video(source, out, [Negative(log, kill_after)], config, progress=False)


def main(source, out, log, *kills):
    """Start processes that paint a video and kill themselves; print how each ended."""

    for kill_after in map(int, kills):
        process = os.fork()
        if process == 0:
            paint(source, out, log, kill_after)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
