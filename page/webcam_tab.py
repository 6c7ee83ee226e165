"""The tab for the webcam."""

import base64
from collections.abc import Callable

import gradio as gr
import numpy as np

from fusion_style.data.images import Picture, encode
from fusion_style.page.controls import Controls
from fusion_style.page.mixing import Mixing
from fusion_style.page.picture_tab import told
from fusion_style.page.studio import Look, Studio

SIZES = [("240 pixels, quick", 240), ("320 pixels", 320), ("480 pixels", 480)]
EVERY = 0.1  # seconds between two frames that the browser sends, at least
LONGEST = 600  # seconds; then the next visitor who waits has a turn


def webcam_tab(studio: Studio, controls: Controls, mixing: Mixing) -> None:
    """Build the tab."""
    with gr.Row(equal_height=False):
        with gr.Column(min_width=260):
            camera = gr.Image(
                type="numpy", sources=["webcam"], streaming=True, label="Webcam",
                height=340, webcam_options=gr.WebcamOptions(mirror=True),
            )  # fmt: skip
            gr.Markdown("Press the round button, and allow the camera. No frame is kept.")
            size = gr.Dropdown(SIZES, value=320, label="Size of the longer side")
        with gr.Column(min_width=260):
            painting = gr.HTML(shown(""), elem_classes="result live", padding=False)
    camera.stream(
        painter(studio), [camera, size, *controls.inputs(), *mixing.inputs()], painting,
        stream_every=EVERY, time_limit=LONGEST, show_progress="hidden",
        api_visibility="private", concurrency_id="webcams",
        concurrency_limit=studio.config.at_a_time,
    )  # fmt: skip


def painter(studio: Studio) -> Callable[..., str]:
    """Return the function that paints each frame."""

    def paint_frame(
        frame: np.ndarray | None, size: int, style: str, strength: float,
        keep_colors: bool, style2: str, share: float, stroke: float,
    ) -> str:  # fmt: skip
        if frame is None:
            return shown("")
        look = Look(style, strength, keep_colors, style2 or None, share, stroke or None)
        try:
            painted = studio.frame(frame, look, size)
        except (ValueError, OSError, MemoryError) as error:
            raise told(error, studio) from None
        data = encode("frame.jpg", Picture(painted.astype(np.float32)))
        return shown(f"data:image/jpeg;base64,{base64.b64encode(data).decode()}")

    return paint_frame


def shown(address: str) -> str:
    """Return the HTML of a frame with its data in it: a `gr.Image` would write files."""
    if not address:
        return '<div class="empty">The painting</div>'
    return f'<img alt="The painting of the webcam" src="{address}">'
