"""A second style, how much of it, and the size of strokes: what some styles allow."""

import contextlib
import dataclasses

import gradio as gr

from fusion_style.page.controls import Controls, choices_of
from fusion_style.page.studio import Studio

LARGEST = 65536  # pixels; programs may ask for any size of strokes that can be painted


@dataclasses.dataclass(frozen=True)
class Mixing:
    """The components.

    Attributes:
        style2: the second style; "" for none.
        share: how much of it there is in a mix; shown if the two can be mixed.
        stroke: size of the strokes, 0 for the largest; shown if several were learned.
        note: how a second style is painted that can't be mixed.
    """

    style2: gr.Dropdown
    share: gr.Slider
    stroke: gr.Slider
    note: gr.Markdown

    def inputs(self) -> list[gr.components.Component]:
        """Return what an event takes, in the order in which `Look` does."""
        return [self.style2, self.share, self.stroke]


def build_mixing(studio: Studio, controls: Controls) -> Mixing:
    """Build the components, in the `gr.Blocks` that is open."""
    style2 = gr.Dropdown(seconds_of(studio), value="", label="Second style")
    note = gr.Markdown(visible=False)
    share = gr.Slider(
        0, 1, 0.5, step=0.05, label="Share of the second style", visible=False,
        info="Where you mark something below, there is no mix.",
    )  # fmt: skip
    stroke = gr.Slider(
        0, LARGEST, 0, step=1, label="Strokes", visible=False,
        info="Left: the finest that the style has learned. Right: the broadest.",
    )  # fmt: skip

    def mixed(style: str | None, style2: str | None) -> tuple[gr.Slider, gr.Markdown]:
        both = together = False
        if style and style2 and style != style2:
            # One may have been removed since the page was loaded.
            with contextlib.suppress(ValueError):
                together = studio.styles.mix(style, style2, 0.5) is not None
                both = True
        words = (
            "The second style goes where you mark nothing below: the two are in different "
            "files, and cannot be mixed."
        )
        return (
            gr.Slider(visible=together),
            gr.Markdown(words, visible=both and not together),
        )

    def stroked(style: str | None) -> gr.Slider:
        try:
            learned = studio.styles.strokes(style) if style else []
        except ValueError:
            learned = []
        if len(learned) < 2:
            return gr.Slider(0, LARGEST, 0, visible=False)
        return gr.Slider(learned[0], learned[-1], learned[-1], visible=True)

    # Without triggers: when the page is loaded, and when an input changes.
    quiet = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    gr.on(None, mixed, [controls.style, style2], [share, note], **quiet)
    gr.on(None, stroked, controls.style, stroke, **quiet)
    return Mixing(style2, share, stroke, note)


def seconds_of(studio: Studio) -> list[tuple[str, str]]:
    """Return (title, name) of what may be the second style."""
    return [("none", ""), *choices_of(studio)]
