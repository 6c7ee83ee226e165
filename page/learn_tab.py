"""The tab that learns a style."""

import html
from collections.abc import Callable
from typing import Any

import gradio as gr

from fusion_style.page.chart import chart
from fusion_style.page.controls import Controls, choices_of, pictures_of
from fusion_style.page.lesson import Lesson, Progress, Wish
from fusion_style.page.picture_tab import told
from fusion_style.page.studio import Studio
from fusion_style.page.styles import title

EVERY = 2.0  # seconds between two looks at the training
STEPS, STROKES, CROP = 400, 384, 192


def learn_tab(studio: Studio, controls: Controls, lesson: Lesson) -> None:
    """Build the tab."""
    with gr.Row(equal_height=False):
        with gr.Column(min_width=260):
            painting = gr.Image(
                type="filepath", image_mode=None, sources=["upload", "clipboard"],
                label="Painting", height=300,
            )  # fmt: skip
            folder = gr.Textbox(
                label="Folder of photographs on this machine", placeholder="~/Pictures",
                info="Any photographs will do; a few hundred are enough to begin with.",
            )  # fmt: skip
            begin_with = gr.Dropdown(
                [*beginnings(studio), ("nothing: takes many times longer", "")],
                label="Begin with", value=first_choice(studio),
                info="A network that can paint one style learns another one faster.",
            )  # fmt: skip
            steps = gr.Slider(20, 8000, STEPS, step=20, label="Steps")
            with gr.Accordion("More", open=False):
                strokes = gr.Slider(
                    128, 1024, STROKES, step=32, label="Strokes",
                    info="The painting's shorter side while it learns, in pixels.",
                )  # fmt: skip
                crop = gr.Slider(
                    96, 384, CROP, step=32, label="Crops",
                    info="The side of what is cut out of photographs, in pixels.",
                )  # fmt: skip
            with gr.Row():
                go = gr.Button("Learn the style", variant="primary")
                stop = gr.Button("Stop and keep")
        with gr.Column(min_width=260):
            state = gr.HTML(said(None), padding=False)
            preview = gr.Image(
                type="filepath", label="Photograph, painting", height=300,
                interactive=False, buttons=["fullscreen"], elem_classes="result",
            )  # fmt: skip
            style = gr.File(label="The style file", visible=False, interactive=False)
    watched = [state, preview, style, controls.style, controls.pictures]
    timer = gr.Timer(EVERY)
    wish = [painting, folder, steps, strokes, crop, begin_with]
    go.click(
        starter(studio, lesson), wish, state, api_name="learn",
        show_progress="hidden", concurrency_limit=1,
    )  # fmt: skip
    stop.click(lesson.stop, None, None, queue=False, api_name="stop_learning")
    seen = gr.State({})
    timer.tick(
        watcher(studio, lesson), seen, [seen, *watched], queue=False,
        show_progress="hidden", api_visibility="private",
    )  # fmt: skip


def beginnings(studio: Studio) -> list[tuple[str, str]]:
    """Return (title, name) of the styles that have a file of their own."""
    choices = studio.styles.choices().items()
    return [(title(name), name) for name, choice in choices if not choice.weights]


def first_choice(studio: Studio) -> str:
    """Return the style to begin with if no other is chosen."""
    names = [name for _, name in beginnings(studio)]
    return "udnie" if "udnie" in names else (names[0] if names else "")


def starter(studio: Studio, lesson: Lesson) -> Callable[..., str]:
    """Return the function of the button, which gradio_client calls, too."""

    def learn(
        painting: str | None, photographs: str, steps: int = STEPS,
        style_size: int = STROKES, size: int = CROP, begin_with: str = "",
    ) -> str:  # fmt: skip
        if not painting:
            raise gr.Error("Give a painting first.", print_exception=False)
        try:
            lesson.begin(
                Wish(painting, photographs, int(steps), int(style_size), int(size),
                     begin_with or "")
            )  # fmt: skip
        except (ValueError, OSError) as error:
            raise told(error, studio) from None
        return said(lesson.progress())

    return learn


def watcher(studio: Studio, lesson: Lesson) -> Callable[[dict], list[Any]]:
    """Return the function that the timer calls; it sends only what is new."""

    def watch(seen: dict[str, Any]) -> list[Any]:
        progress = lesson.progress()
        if progress is None:
            return [gr.skip()] * 6
        # A new preview has the same path as the one before, but another time.
        new = {"state": said(progress), "preview": progress.preview_time,
               "result": progress.result}  # fmt: skip
        is_new = {key: seen.get(key) != value for key, value in new.items()}
        kept = is_new["result"] and progress.result is not None
        return [
            new,
            new["state"] if is_new["state"] else gr.skip(),
            progress.preview if is_new["preview"] and progress.preview else gr.skip(),
            gr.File(progress.result, visible=progress.result is not None)
            if is_new["result"]
            else gr.skip(),
            gr.Radio(choices=choices_of(studio)) if kept else gr.skip(),
            pictures_of(studio) if kept else gr.skip(),
        ]

    return watch


def said(progress: Progress | None) -> str:
    """Return the HTML that says how far a training is, with its losses as a chart."""
    if progress is None:
        return (
            '<div class="lesson"><p>Drop a painting, say where photographs are, and watch '
            "a network learn to paint like it.</p></div>"
        )
    share = progress.step / max(progress.steps, 1)
    name = html.escape(title(progress.name))
    if progress.complaint:
        words = (
            f"<strong>{name} was not learned.</strong> {html.escape(progress.complaint)}"
        )
    elif progress.result:
        how = "stopped" if progress.stopping else "done"
        words = (
            f"<strong>{name}: {how}</strong> after {progress.step:,} steps and "
            f"{spell(progress.seconds)}. It is among the styles now."
        )
    elif not progress.running:
        words = f"<strong>{name}: stopped</strong> before anything was learned."
    elif progress.stopping:
        words = f"<strong>{name}</strong>: stopping after this step …"
    elif not progress.step:
        words = f"<strong>{name}</strong>: getting ready, {spell(progress.seconds)} …"
    else:
        left = f", about {spell(progress.left)} left" if progress.left is not None else ""
        words = (
            f"<strong>{name}</strong>: step {progress.step:,} of {progress.steps:,}{left}"
        )
    return (
        f'<div class="lesson"><p aria-live="polite">{words}</p>'
        f'<div role="progressbar" aria-label="Progress" aria-valuenow="{share:.0%}">'
        f'<div style="width: {share:.2%}"></div></div>'
        f"{chart(progress.history, progress.steps)}</div>"
    )


def spell(seconds: float) -> str:
    """Return a duration in words, roughly: "3 min 20 s"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
