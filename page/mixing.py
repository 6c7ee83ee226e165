"""Controls that only some styles have: a second style, its share, the size of strokes."""

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
        share: its share in a mix; shown if the two styles can be mixed.
        stroke: size of the strokes, 0 for the largest; shown if several sizes were learned.
        note: says where the second style is painted if the two cannot be mixed.
    """

    style2: gr.Dropdown
    share: gr.Slider
    stroke: gr.Slider
    note: gr.Markdown

    def inputs(self) -> list[gr.components.Component]:
        """Return the inputs of an event, in the order of the fields of `Look`."""
        return [self.style2, self.share, self.stroke]


def build_mixing(studio: Studio, controls: Controls) -> Mixing:
    """Build the components, in the `gr.Blocks` that is open."""
    style2 = gr.Dropdown(seconds_of(studio), value="", label="Second style")
    note = gr.Markdown(visible=False)
    share = gr.Slider(
        0, 1, 0.5, step=0.05, label="Share of the second style", visible=False,
        info="If you mark a part of a picture, the styles are not mixed.",
    )  # fmt: skip
    stroke = gr.Slider(
        0, LARGEST, 0, step=1, label="Strokes", visible=False,
        info="Left: the finest that the style has learned. Right: the broadest.",
    )  # fmt: skip

    def mixed(style: str | None, style2: str | None) -> tuple[gr.Slider, gr.Markdown]:
        both = together = False
        if style and style2 and style != style2:
            # A style may have been removed since the page was loaded.
            with contextlib.suppress(ValueError):
                together = studio.styles.mix(style, style2, 0.5) is not None
                both = True
        words = (
            "The two styles are in different files, and cannot be mixed. In a picture, you "
            "can mark where the first goes. The second is painted elsewhere."
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

    # None as trigger: when the page is loaded, and when an input changes.
    quiet = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    gr.on(None, mixed, [controls.style, style2], [share, note], **quiet)
    gr.on(None, stroked, controls.style, stroke, **quiet)
    return Mixing(style2, share, stroke, note)


def seconds_of(studio: Studio) -> list[tuple[str, str]]:
    """Return (title, name) of each choice for the second style."""
    return [("none", ""), *choices_of(studio)]
