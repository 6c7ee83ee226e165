"""The controls that pictures, videos and the webcam share: style, strength, colors."""

import dataclasses
import warnings
from collections.abc import Iterator

import gradio as gr

from fusion_style.models.style_file import StyleFileError
from fusion_style.page.look import cards
from fusion_style.page.studio import Studio
from fusion_style.page.styles import thumbnail, title


@dataclasses.dataclass(frozen=True)
class Controls:
    """The components, in the order of the fields of `Look`.

    Attributes:
        panel: the column that holds them.
        pictures: the HTML with the pictures of the cards.
        style: the cards.
        strength, keep_colors: see `Look`.
    """

    panel: gr.Column
    pictures: gr.HTML
    style: gr.Radio
    strength: gr.Slider
    keep_colors: gr.Checkbox

    def inputs(self) -> list[gr.components.Component]:
        """Return the components that are the last inputs of each event."""
        return [self.style, self.strength, self.keep_colors]


def build_controls(studio: Studio) -> Controls:
    """Build the column of controls, in the `gr.Blocks` that is open."""
    choices = choices_of(studio)
    with gr.Column(scale=4, min_width=300) as panel:
        pictures = gr.HTML(pictures_of(studio), padding=False)
        style = gr.Radio(
            choices, value=choices[0][1] if choices else None, label="Style",
            elem_classes="styles",
        )  # fmt: skip
        strength = gr.Slider(
            0, 1, 1, step=0.05, label="Strength", info="0: the photograph. 1: the painting."
        )
        keep_colors = gr.Checkbox(False, label="Keep the photograph's colors")
    return Controls(panel, pictures, style, strength, keep_colors)


def choices_of(studio: Studio) -> list[tuple[str, str]]:
    """Return (title, name) of each style."""
    return [(title(name), name) for name in studio.styles.choices()]


def pictures_of(studio: Studio) -> str:
    """Return the HTML with the pictures of the cards; paint those that are missing."""
    return cards(dict(thumbnails(studio)))


def thumbnails(studio: Studio) -> Iterator[tuple[str, str]]:
    """Yield (name, address of its picture) for each style that can be read."""
    for name, choice in studio.styles.choices().items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a style may be half learned
                yield name, thumbnail(choice, studio.painters)
        except (StyleFileError, OSError):
            continue  # whoever chooses it gets the error message
