"""The tab for pictures."""

import warnings
from collections.abc import Callable
from typing import Any

import gradio as gr

from fusion_style.data.images import sample_photographs
from fusion_style.inference.blank import PaintingWarning
from fusion_style.page.controls import Controls
from fusion_style.page.marks import SIDE, canvas, mask_of_marks
from fusion_style.page.mixing import Mixing
from fusion_style.page.studio import Look, Studio

SIZES = [
    ("Small: 640 pixels, quick", 640),
    ("Medium: 1280 pixels", 1280),
    ("Large: 2560 pixels", 2560),
    ("As large as the photograph", 0),
]

COLOR = "#ff2fd0"  # of marks: rare in photographs, and its brightest channel is 255
PROGRESS = gr.Progress(track_tqdm=True)  # the bar of tiles


def picture_tab(studio: Studio, controls: Controls, mixing: Mixing) -> None:
    """Build the tab."""
    with gr.Row(equal_height=False):
        with gr.Column(min_width=260):
            photograph = gr.Image(
                type="filepath", image_mode=None, sources=["upload", "clipboard"],
                label="Photograph", height=340,
            )  # fmt: skip
            gr.Examples(
                [[path] for path in sample_photographs()],
                photograph,
                label="Or one of these",
            )
            size = gr.Dropdown(SIZES, value=1280, label="Size of the longer side")
            with gr.Accordion("Paint only a part", open=False):
                gr.Markdown(
                    "Mark with the brush what is painted in the style. The rest is painted "
                    "in the second style, or stays the photograph."
                )
                marks = marks_editor()
            go = gr.Button("Paint the picture", variant="primary")
        with gr.Column(min_width=260):
            painting = gr.Image(
                type="filepath", label="Painting", height=340, interactive=False,
                buttons=["download", "fullscreen"], elem_classes="result",
            )  # fmt: skip
            with gr.Accordion("Before and after", open=False):
                both = gr.ImageSlider(
                    label="Drag the line", type="filepath", interactive=False,
                    max_height=560,
                )  # fmt: skip
    done = go.click(
        painter(studio),
        [photograph, size, *controls.inputs(), *mixing.inputs(), marks], painting,
        api_name="paint", concurrency_id="pictures",
        concurrency_limit=studio.config.at_a_time,
    )  # fmt: skip
    photograph.change(
        lambda path: canvas(path, studio), photograph, marks, show_progress="hidden",
        api_visibility="private",
    )  # fmt: skip
    done.success(
        lambda before, after: (before, after), [photograph, painting], both,
        api_visibility="private", show_progress="hidden",
    )  # fmt: skip


def marks_editor() -> gr.ImageEditor:
    """Build the editor, in the `gr.Blocks` that is open."""
    return gr.ImageEditor(
        type="numpy", image_mode="RGBA", sources=(), transforms=(), layers=False,
        brush=gr.Brush(default_size=40, colors=[COLOR], color_mode="fixed"),
        eraser=gr.Eraser(default_size=40), canvas_size=(SIDE, SIDE), buttons=[],
        label="Marks", height=420, elem_classes="marks",
    )  # fmt: skip


def painter(studio: Studio) -> Callable[..., str]:
    """Return the function of the button, which gradio_client calls, too."""

    def paint(
        picture: str | None, size: int, style: str, strength: float = 1.0,
        keep_colors: bool = False, style2: str = "", share: float = 0.5,
        stroke: float = 0, mask: dict[str, Any] | None = None,
        progress: gr.Progress = PROGRESS,
    ) -> str:  # fmt: skip
        if not picture:
            raise gr.Error("Give a photograph first.", print_exception=False)
        progress(0, "Painting")
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", PaintingWarning)
                look = Look(
                    style, strength, keep_colors, style2 or None, share, stroke or None
                )
                painting = studio.picture(picture, look, size or None, mask_of_marks(mask))
        except (ValueError, OSError, MemoryError) as error:
            raise told(error, studio) from None
        for warning in caught:
            gr.Warning(f"{warning.message}.")
        return painting

    return paint


def told(error: BaseException, studio: Studio) -> gr.Error:
    """Return an error for the page: its message, without folders of the server."""
    text = str(error) or "There is not enough memory. Choose a smaller size."
    return gr.Error(text.replace(f"{studio.folder}/", ""), print_exception=False)
