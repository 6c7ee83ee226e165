"""How the page looks: its colors, the fonts of the visitor's system, the styles' cards."""

from collections.abc import Mapping

import gradio as gr

TITLE = "Fusion Style"
SYSTEM = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
CODE = ("ui-monospace", "Menlo", "Consolas", "monospace")

CSS = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
main.contain { width: 100%; }
.main.app { padding: 16px clamp(10px, 2.5vw, 32px) !important; }
#masthead { padding: 6px 2px 0; }
#masthead h1 { font-size: 1.9rem; font-weight: 750; letter-spacing: -.02em; margin: 0; }
#masthead p { margin: .2rem 0 0; color: var(--body-text-color-subdued); }
.styles .wrap {
  display: grid !important; gap: 10px;
  grid-template-columns: repeat(auto-fill, minmax(104px, 1fr));
}
.styles label {
  flex-direction: column; align-items: stretch !important; gap: 6px !important;
  padding: 6px !important; border-radius: 10px !important; cursor: pointer;
  position: relative; overflow: hidden;
}
.styles label::before {
  content: ""; display: block; width: 100%; aspect-ratio: 1; border-radius: 6px;
  background-color: var(--background-fill-secondary);
  background-image: var(--picture); background-size: cover; background-position: center;
}
.styles label.selected {
  outline: 3px solid var(--color-accent); outline-offset: -1px;
}
.styles label:focus-within { outline: 3px solid var(--color-accent); }
.styles label input {
  position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; cursor: pointer;
}
.styles label span {
  margin: 0 !important; text-align: center; font-size: .82rem; line-height: 1.2;
  white-space: normal; overflow-wrap: anywhere;
}
/* For these buttons, Gradio would fetch a program from another machine. */
button[aria-label="Trim video to selection"],
button[aria-label="Reset video to initial value"] { display: none !important; }
.result img, .result video { object-fit: contain; }
.live { height: 340px; border-radius: var(--block-radius); overflow: hidden;
  background: var(--block-background-fill); }
.live img { width: 100%; height: 340px; object-fit: contain; }
.live .empty {
  text-align: center; line-height: 340px; color: var(--body-text-color-subdued);
}
.lesson p { margin: 0 0 8px; }
.lesson [role=progressbar] {
  height: 8px; border-radius: 4px; overflow: hidden;
  background: var(--border-color-primary);
}
.lesson [role=progressbar] div { height: 100%; background: var(--color-accent); }
.lesson svg { width: 100%; height: auto; margin-top: 8px; }
.lesson svg text { font-size: 11px; fill: var(--body-text-color-subdued); }
.lesson polyline { fill: none; stroke-width: 2; stroke: currentColor; }
.lesson .total { color: var(--color-accent); }
.lesson .style { color: #b45309; }
.lesson .content { color: #6d28d9; }
.lesson .legend { display: flex; gap: 16px; font-size: .82rem; font-weight: 600; }
@media (max-width: 640px) {
  .styles .wrap { grid-template-columns: repeat(3, 1fr); gap: 8px; }
  #masthead h1 { font-size: 1.5rem; }
}
"""


def theme() -> gr.themes.Base:
    """Return the theme. Its fonts are those of the system: none is fetched."""
    return gr.themes.Soft(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone",
        font=list(SYSTEM), font_mono=list(CODE),
    ).set(
        background_fill_primary="*neutral_50",
        # Text that everybody can read has a contrast of at least 4.5 (WCAG 2, AA).
        color_accent="*primary_600",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        checkbox_label_background_fill_selected="*primary_50",
        checkbox_label_background_fill_selected_dark="*primary_900",
        checkbox_label_text_color_selected="*body_text_color",
        checkbox_background_color_selected="*primary_700",
        block_title_background_fill="none",
        block_title_background_fill_dark="none",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_padding="0",
        block_label_text_color="*body_text_color",
        block_label_text_color_dark="*body_text_color",
        block_label_background_fill="*background_fill_primary",
        block_label_background_fill_dark="*background_fill_secondary",
        slider_color="*primary_700",
    )  # fmt: skip


def masthead(public: bool) -> str:
    """Return the HTML of the page's head."""
    where = (
        "Pictures are painted on this server, and removed within an hour."
        if public
        else "Everything is computed on this machine. Nothing leaves it."
    )
    return (
        f'<header id="masthead"><h1>{TITLE}</h1><p>A photograph, a video or your webcam, '
        f"in the style of a painting. {where}</p></header>"
    )


def cards(thumbnails: Mapping[str, str]) -> str:
    """Return the HTML that gives styles' cards their pictures.

    Args:
        thumbnails: {value of the radio button: address of a picture}.
    """
    rules = "\n".join(
        f'.styles label:has(input[value="{name}"]) {{ --picture: url({address}); }}'
        for name, address in thumbnails.items()
    )
    return f"<style>{rules}</style>"
