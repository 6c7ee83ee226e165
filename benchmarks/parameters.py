"""The number of parameters, layer by layer, beside the paper's.

    python benchmarks/parameters.py

Qiu & Huang 2017, Fig. 5 (a) and (b), count the weights and biases of
convolutions; the norms' come on top.
"""

from fusion_style import backend

backend.set_defaults()

import keras

from fusion_style.models.transformer import build_network

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
CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)


def convolution_parameters(network):
    """{row of Fig. 5: parameters of the convolutions in it}."""
    rows = {}
    for layer in network.layers:
        row = layer.name.split("_")[0]
        parts = layer._flatten_layers() if isinstance(layer, keras.Model) else [layer]
        counts = [part.count_params() for part in parts if isinstance(part, CONVOLUTIONS)]
        if counts:
            rows[row] = rows.get(row, 0) + sum(counts)
    return rows


TITLES = {
    "johnson": "Johnson's network (Qiu & Huang 2017, Fig. 5 (a))",
    "fusion": "The Fusion network (Qiu & Huang 2017, Fig. 5 (b))",
    "inception": "The inception network (FastChi, k = 2)",
}


def main():
    totals = {}
    for name, title in TITLES.items():
        network = build_network(name)
        rows = convolution_parameters(network)
        totals[name] = rows["total"] = sum(rows.values())
        paper = dict(PAPER.get(name, {}))
        paper["total"] = sum(paper.values())
        print(f"{title}\n  {'layer':<8}{'ours':>12}{'paper' if name in PAPER else '':>12}")
        for row, count in rows.items():
            line = f"  {row:<8}{count:>12,}"
            if name in PAPER:
                verdict = "equal" if count == paper[row] else "DIFFERENT"
                line += f"{paper[row]:>12,}  {verdict}"
            print(line)
        print(f"  with the norms' own: {network.count_params():,}\n")
    for name in ("fusion", "inception"):
        fewer = 1 - totals[name] / totals["johnson"]
        print(f"The {name} network has {fewer:.1%} fewer parameters than Johnson's.")


if __name__ == "__main__":
    main()
