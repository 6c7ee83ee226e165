"""What is exported: a style file, or a painting or a mix in one as a style of its own."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from fusion_style.models.choice import StyleChoice
from fusion_style.models.conditions import Condition, mix, read_conditions, shares_of
from fusion_style.models.graph import Graph
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import one_style
from fusion_style.models.style_file import read_recipe


@dataclasses.dataclass(frozen=True)
class Source:
    """A style to export.

    Attributes:
        name: of the exported file, without an extension.
        graph: the network, with its weights.
        conditions: what each row of the graph's γ and β is; one for a chosen painting.
        recipe: of the style file.
    """

    name: str
    graph: Graph
    conditions: tuple[Condition, ...]
    recipe: Mapping[str, Any]


def read_source(choice: StyleChoice) -> Source:
    """Return what a choice exports.

    A painting of a file of several, or a mix of them, becomes a style of its own, with the
    broadest strokes that were learned.

    Args:
        choice: from `models.choice.parse_style`.

    Raises:
        StyleFileError: if the file is not a style file, or is damaged.
        ValueError: if the file does not have the paintings.
    """
    conditions = read_conditions(choice.path)
    graph, recipe = load_graph(choice.path), read_recipe(choice.path)
    if choice.weights and graph.conditions > 1:
        weights = dict(choice.weights)
        graph = one_style(graph, mix(conditions, weights))
        conditions = (condition_of_mix(choice.name, conditions, weights),)
    return Source(choice.name, graph, conditions, recipe)


def condition_of_mix(
    name: str, conditions: tuple[Condition, ...], weights: Mapping[str, float]
) -> Condition:
    """Return the condition that a mix of a file's paintings is.

    Args:
        name: of the mix.
        conditions: of the file.
        weights: {painting: weight}.
    """
    broadest = {  # the last of each painting
        one.painting: one for one in sorted(conditions, key=lambda one: one.stroke)
    }
    shares = shares_of(conditions, weights)
    if len(shares) == 1:
        return broadest[next(iter(shares))]
    titles = (
        f"{share:.0%} {broadest[painting].title or painting}"
        for painting, share in shares.items()
    )
    strokes = {broadest[painting].stroke for painting in shares}
    return Condition(name, strokes.pop() if len(strokes) == 1 else 0, "", ", ".join(titles))
