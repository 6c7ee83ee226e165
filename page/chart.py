"""Draw a chart of losses, as SVG in the page's colors."""

from collections.abc import Mapping, Sequence

import numpy as np

WIDTH, HEIGHT = 480, 150
LEFT, BOTTOM = 40, 18  # space for the numbers
# {tag: its name in the chart}
TERMS = {"loss": "total", "style": "style", "content": "content"}


def chart(history: Sequence[Mapping[str, float]], steps: int) -> str:
    """Return a chart of a training's losses over its steps, on a logarithmic scale.

    Args:
        history: [{"step", "loss", "style", "content", …}].
        steps: how many steps the training takes in all.

    Returns:
        HTML; "" for fewer than two entries.
    """
    values = [h[term] for h in history for term in TERMS if h.get(term, 0) > 0]
    if len(history) < 2 or not values:
        return ""
    low, high = np.log10([min(values), max(values)])
    high = max(high, low + 0.1)

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - 4) * step / max(steps, 1)

    def y(value: float) -> float:
        return 6 + (HEIGHT - BOTTOM - 10) * (high - np.log10(value)) / (high - low)

    lines = []
    for term, name in TERMS.items():
        points = " ".join(
            f"{x(h['step']):.1f},{y(h[term]):.1f}" for h in history if h.get(term, 0) > 0
        )
        lines.append(f'<polyline class="{name}" points="{points}"/>')
    for value in (10**low, 10**high):
        lines.append(
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2g}'
            "</text>"
        )
    lines.append(f'<text x="{LEFT}" y="{HEIGHT - 3}">0</text>')
    lines.append(
        f'<text x="{WIDTH - 4}" y="{HEIGHT - 3}" text-anchor="end">{steps:,} steps</text>'
    )
    legend = "".join(
        f'<span class="{name}">{name} {history[-1][term]:.3g}</span>'
        for term, name in TERMS.items()
        if term in history[-1]
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Losses">'
        f'{"".join(lines)}</svg><p class="legend">{legend}</p>'
    )
