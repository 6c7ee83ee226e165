"""Build the page: its tabs, and the controls that they share."""

import gradio as gr

from fusion_style.page.controls import build_controls, choices_of, pictures_of
from fusion_style.page.learn_tab import learn_tab
from fusion_style.page.lesson import Lesson
from fusion_style.page.look import TITLE, masthead
from fusion_style.page.mixing import build_mixing, seconds_of
from fusion_style.page.picture_tab import picture_tab
from fusion_style.page.studio import Studio
from fusion_style.page.sweeping import EVERY, KEPT
from fusion_style.page.video_tab import video_tab
from fusion_style.page.webcam_tab import webcam_tab


def build_page(studio: Studio, lesson: Lesson | None = None) -> gr.Blocks:
    """Return the page of a studio. It fetches nothing from other machines.

    Args:
        studio: what paints.
        lesson: what learns styles. With None, the page has no tab for it.
    """
    public = studio.config.public
    with gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(EVERY, KEPT),
        fill_width=True,
    ) as page:
        gr.HTML(masthead(public), padding=False)
        with gr.Row(equal_height=False):
            controls = build_controls(studio)
            with controls.panel:
                mixing = build_mixing(studio, controls)
            with gr.Column(scale=9, min_width=320), gr.Tabs():
                with gr.Tab("Picture") as picture:
                    picture_tab(studio, controls, mixing)
                with gr.Tab("Video") as video:
                    stops = video_tab(studio, controls, mixing)
                with gr.Tab("Webcam") as webcam:
                    webcam_tab(studio, controls, mixing)
                if lesson is not None:
                    with gr.Tab("Learn") as learn:
                        learn_tab(studio, controls, lesson)
                    show(controls.panel, False, learn)
        show(controls.panel, True, picture, video, webcam)
        page.load(
            lambda: (gr.Radio(choices=choices_of(studio)), pictures_of(studio)),
            None, [controls.style, controls.pictures], api_visibility="private",
            show_progress="hidden", queue=False,
        )  # fmt: skip
        gr.on(
            [page.load, picture.select],  # a style may have been learned meanwhile
            lambda: gr.Dropdown(choices=seconds_of(studio)), None, mixing.style2,
            api_visibility="private", show_progress="hidden", queue=False,
        )  # fmt: skip
        page.unload(stops.stop)
    return page


def show(panel: gr.Column, visible: bool, *tabs: gr.Tab) -> None:
    """Show or hide a panel when one of the tabs is chosen."""
    for tab in tabs:
        tab.select(
            lambda: gr.Column(visible=visible), None, panel, queue=False,
            show_progress="hidden", api_visibility="private",
        )  # fmt: skip
