"""Print the number of parameters of each layer, beside the paper's numbers.

    python benchmarks/parameters.py

Qiu & Huang 2017, Fig. 5 (a) and (b), count the weights and biases of the convolutions. The
parameters of the norms are printed separately.
"""

import math
import re

from fusion_style.models.config import NetworkConfig
from fusion_style.models.graph_builder import build_graph
from fusion_style.models.networks import NETWORKS

# Qiu & Huang 2017, Fig. 5; "block" is a residual block in (a), a Fusion module in (b).
PAPER = {
    "johnson": {
        "conv1": 7_808, "conv2": 18_496, "conv3": 73_856,
        "block1": 295_168, "block2": 295_168, "block3": 295_168,
        "block4": 295_168, "block5": 295_168,
        "up1": 73_792, "up2": 18_464, "conv4": 7_779,
    },
    "fusion": {
        "conv1": 7_808, "conv2": 18_496, "conv3": 73_856,
        "block1": 86_272, "block2": 86_272, "block3": 86_272,
        "block4": 86_272, "block5": 86_272,
        "up1": 73_792, "up2": 18_464, "conv4": 7_779,
    },
}  # fmt: skip
TITLES = {
    "johnson": "Johnson's network (Qiu & Huang 2017, Fig. 5 (a))",
    "fusion": "The Fusion network (Qiu & Huang 2017, Fig. 5 (b))",
    "inception": "The inception network (FastChi, k = 2)",
    "mobile": "The mobile network",
}


def convolution_parameters(config: NetworkConfig) -> dict[str, int]:
    """Return {row of Fig. 5: number of parameters of its convolutions}."""
    rows: dict[str, int] = {}
    for layer, count in build_graph(config).parameters().items():
        row = re.split("[/_]", layer)[0]
        rows[row] = rows.get(row, 0) + count
    return rows


def norm_parameters(config: NetworkConfig) -> int:
    """Return the number of parameters of all norms."""
    norms = build_graph(config).norms
    return sum(math.prod(shape) for norm in norms for shape in norm.shapes.values())


def main() -> None:
    totals = {}
    for name in NETWORKS:
        config = NetworkConfig(network=name, norm="batch")  # the paper's
        rows = convolution_parameters(config)
        totals[name] = rows["total"] = sum(rows.values())
        paper = dict(PAPER.get(name, {}))
        paper["total"] = sum(paper.values())
        beside = "paper" if name in PAPER else ""
        print(f"{TITLES.get(name, name)}\n  {'layer':<8}{'ours':>12}{beside:>12}")
        for row, count in rows.items():
            line = f"  {row:<8}{count:>12,}"
            if name in PAPER:
                verdict = "equal" if count == paper[row] else "DIFFERENT"
                line += f"{paper[row]:>12,}  {verdict}"
            print(line)
        print(f"  with the norms' own: {totals[name] + norm_parameters(config):,}\n")
    for name in NETWORKS.keys() - {"johnson"}:
        fewer = 1 - totals[name] / totals["johnson"]
        print(f"The {name} network has {fewer:.1%} fewer parameters than Johnson's.")


if __name__ == "__main__":
    main()
