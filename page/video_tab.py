"""The tab for videos."""

import threading
from collections.abc import Callable

import gradio as gr

from fusion_style.page.controls import Controls
from fusion_style.page.mixing import Mixing
from fusion_style.page.picture_tab import told
from fusion_style.page.studio import Look, Stopped, Studio

SIZES = [
    ("360 pixels, quick", 360),
    ("640 pixels", 640),
    ("1280 pixels", 1280),
    ("As large as the video", 0),
]
PROGRESS = gr.Progress()


class Stops:
    """Stop the video of each visitor."""

    def __init__(self) -> None:
        self.events: dict[str, threading.Event] = {}

    def begin(self, visitor: str) -> threading.Event:
        """Return the event that is set when this visitor stops the video."""
        self.events[visitor] = threading.Event()
        return self.events[visitor]

    def stop(self, request: gr.Request) -> None:
        """Stop the video of the visitor who sends the request, if there is one."""
        event = self.events.pop(str(request.session_hash), None)
        if event is not None:
            event.set()


def video_tab(studio: Studio, controls: Controls, mixing: Mixing) -> Stops:
    """Build the tab; return what stops its videos."""
    stops = Stops()
    with gr.Row(equal_height=False):
        with gr.Column(min_width=260):
            video = gr.Video(
                sources=["upload"], include_audio=True, label="Video", height=340,
                buttons=[],
            )  # fmt: skip
            gr.Markdown(
                f"Up to {studio.config.seconds:g} seconds. Sound, subtitles and the times "
                "of the frames stay as they are."
            )
            size = gr.Dropdown(SIZES, value=640, label="Size of the longer side")
            steady = gr.Slider(
                0, 1, 1, step=0.1, label="Hold still",
                info="0: each frame is painted by itself, so the video flickers.",
            )  # fmt: skip
            with gr.Row():
                go = gr.Button("Paint the video", variant="primary")
                stop = gr.Button("Stop")
        with gr.Column(min_width=260):
            painting = gr.Video(
                label="Painting", height=340, interactive=False, autoplay=True, loop=True,
                buttons=["download"], elem_classes="result",
            )  # fmt: skip
    go.click(
        painter(studio, stops),
        [video, size, steady, *controls.inputs(), *mixing.inputs()], painting,
        api_name="paint_video", concurrency_id="videos", concurrency_limit=1,
    )  # fmt: skip
    stop.click(stops.stop, None, None, queue=False, api_visibility="private")
    return stops


def painter(studio: Studio, stops: Stops) -> Callable[..., str]:
    """Return the function of the button, which gradio_client calls, too."""

    def paint_video(
        request: gr.Request, video: str | None, size: int, steady: float, style: str,
        strength: float = 1.0, keep_colors: bool = False, style2: str = "",
        share: float = 0.5, stroke: float = 0, progress: gr.Progress = PROGRESS,
    ) -> str:  # fmt: skip
        if not video:
            raise gr.Error("Give a video first.", print_exception=False)
        progress(0, "Opening the video")

        def tell(frames: int, total: int | None) -> None:
            progress((frames, total), "Painting", unit="frames")

        look = Look(style, strength, keep_colors, style2 or None, share, stroke or None)
        try:
            path, notes = studio.video(
                video, look, size or None, steady, tell,
                stops.begin(str(request.session_hash)),
            )  # fmt: skip
        except Stopped as stopped:
            raise gr.Error(str(stopped), title="Stopped", print_exception=False) from None
        except (ValueError, OSError, MemoryError) as error:
            raise told(error, studio) from None
        for note in notes:
            gr.Info(note)
        return path

    return paint_video
