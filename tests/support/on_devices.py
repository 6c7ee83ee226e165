"""Paint a video with TensorFlow on several devices; TensorFlow says what computes where.

python on_devices.py source.mkv out.mkv style.keras cpu:2
"""

import sys

from fusion_style import backend

backend.set_defaults()

from fusion_style.inference.video.config import VideoConfig
from fusion_style.inference.video.paint import paint_video
from fusion_style.inference.video.workers import load_workers


def main(source, out, style, devices):
    workers = load_workers(style, "tensorflow", devices=devices)
    import tensorflow as tf

    tf.debugging.set_log_device_placement(True)
    paint_video(source, out, workers, VideoConfig(), progress=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
