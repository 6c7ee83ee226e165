"""Report the results of `benchmarks/quality.py`: tables, a plot, and numbers for JSON."""

import math

import numpy as np

from fusion_style.benchmarks.figures import save_figure
from fusion_style.benchmarks.yardstick.comparison import UNTOUCHED
from fusion_style.benchmarks.yardstick.slow_method import worth, worth_said

TERMS = "content", "style", "total"
BORDER = "border_red", "border_green", "border_blue"


def means(dicts):
    """Return {name: mean} over dicts with the same names."""
    return {name: float(np.mean([d[name] for d in dicts])) for name in dicts[0]}


def summary(panel, iterations):
    """Return the most important numbers of a panel, as JSON can hold them.

    Args:
        panel: `fusion_style.benchmarks.yardstick.comparison.Panel`.
        iterations: which iterations of the slow method to report, ascending.
    """
    rows = {}
    curve = mean_curve(panel)
    for label, row in panel.rows.items():
        rows[label] = {kind: means(dicts) for kind, dicts in row.items()}
        rows[label] |= panel.about.get(label, {})
        if panel.slow:
            same = [row["losses"][i] for i in panel.slow]
            beside = means(same)
            rows[label] |= {
                "losses_beside_slow": beside,
                "worth": known(worth(curve["total"], beside["total"])),
                "worth_of_each": [
                    known(worth(run["total"], terms["total"]))
                    for run, terms in zip(panel.runs, same, strict=True)
                ],
            }
    slow = {
        str(i): {name: float(values[i]) for name, values in curve.items()}
        for i in iterations
    }
    return {
        "judge": panel.judge.key,
        **panel.judge.about,
        "size": panel.size,
        "photographs": len(panel.rows[UNTOUCHED]["losses"]),
        "painted_slowly": len(panel.slow),
        "start": panel.start,
        "rows": rows,
        "slow": slow if panel.slow else {},
    }


def mean_curve(panel):
    """Return {term: its mean over photographs after 0, 1, … iterations of L-BFGS}."""
    names = panel.runs[0] if panel.runs else ()
    return {name: np.mean([run[name] for run in panel.runs], 0) for name in names}


def table(found):
    """Yield the lines of the tables of a `summary`."""
    settings, size = found["settings"], found["size"]
    weights = " + ".join(
        f"{settings[f'{name}_weight']:g} {term}"
        for name, term in (("content", "content"), ("style", "style"), ("tv", "variation"))
    )
    yield f"{size}×{size}, {found['painting']} at {settings['style_size']} pixels"
    yield f"total = {weights}, of {settings['loss_network']}"
    slow = found["painted_slowly"]
    width = 4 + max(len("L-BFGS, 400 iterations"), *map(len, found["rows"]))
    head = "".join(f"{name:>10}" for name in TERMS)
    line = f"{'':<{width}}{found['photographs']:>21} photographs"
    yield line + (f"{slow:>21} of them" if slow else "")
    line = f"{'':<{width}}{head}"
    worth_what = f"worth iterations of L-BFGS from the {found['start']}"
    yield line + (f"   {head}   {worth_what}" if slow else "")
    for label, row in found["rows"].items():
        line = f"  {label:<{width - 2}}{numbers(row['losses'], TERMS)}"
        if slow:
            line += f"   {numbers(row['losses_beside_slow'], TERMS)}"
            if label != UNTOUCHED:
                line += f"   {said_of(row, max(map(int, found['slow'])))}"
        yield line
    for i, terms in found["slow"].items():
        label = f"L-BFGS, {i} iteration{'s' if i != '1' else ''}"
        yield f"  {label:<{width - 2}}{'':>33}{numbers(terms, TERMS)}"
    yield ""
    yield from table_of_changes(found, width)
    yield ""
    yield from table_of_networks(found, width)


def numbers(values, names):
    return "".join(f"{values[name]:>10.3f}" for name in names)


def known(iterations):
    """Return a number of `slow_method.worth` for JSON: None instead of infinity."""
    return None if iterations == math.inf else iterations


def said_of(row, most):
    """Return as text how many iterations a style is worth, and the range of photographs."""
    numbers = [math.inf if i is None else i for i in (row["worth"], *row["worth_of_each"])]
    whole, *each = numbers
    said = worth_said(whole, most)
    if len(each) == 1:
        return said
    least, greatest = (worth_said(i, most) for i in (min(each), max(each)))
    return f"{said} ({least} to {greatest})"


def table_of_networks(found, width):
    """Yield the table of the networks, with each total relative to the smallest one."""
    styles = {label: row for label, row in found["rows"].items() if "network" in row}
    least = min(row["losses"]["total"] for row in styles.values())
    names = "network", "norm", "upsample", "input_norm", "parameters", "photographs"
    head = "".join(f"{name.replace('_', ' '):>13}" for name in names)
    yield f"{'':<{width}}{head}{'total':>10}"
    for label, row in styles.items():
        cells = (row[name] for name in names)
        cells = (("no", "yes")[c] if isinstance(c, bool) else c for c in cells)
        cells = (f"{c:,}" if isinstance(c, int) else c for c in cells)
        line = f"  {label:<{width - 2}}" + "".join(f"{cell:>13}" for cell in cells)
        yield line + f"{row['losses']['total'] / least:>9.3f}×"


def table_of_changes(found, width):
    """Yield the table of stability and artifacts, also relative to the photographs."""
    own = found["rows"][UNTOUCHED]["stability"]
    yield (
        f"{'':<{width}}{'changed by (gray levels, of own)':>36}{'grid (energy)':>24}"
        f"{'border (gray levels)':>24}"
    )
    yield (
        f"{'':<{width}}{'1 pixel':>18}{'noise of 2':>18}{'2 pixels':>12}{'4 pixels':>12}"
        f"{'color':>12}{'deviation':>12}"
    )
    for label, row in found["rows"].items():
        line = f"  {label:<{width - 2}}"
        for name in ("shift", "noise"):
            value = row["stability"][name]
            ratio = value / own[name] if own[name] else float("inf")  # all of one color
            line += f"{f'{value:.2f} ({ratio:.2f}×)':>18}"
        left = row["artefacts"]
        color = max((left[name] for name in BORDER), key=abs)
        for value in (left["grid_2"], left["grid_4"], color, left["border_deviation"]):
            line += f"{value:>12.2f}"
        yield line


def plot(panels, iterations, path):
    """Plot the total loss over iterations of L-BFGS, as Johnson et al. 2016, Fig. 5.

    There is one plot for each size of each painting and loss, with the sizes side by side.
    Each has a horizontal line for every style file and for the photographs.
    """
    import matplotlib.figure

    judges = list(dict.fromkeys(panel.judge.key for panel in panels))
    sizes = list(dict.fromkeys(panel.size for panel in panels))
    columns = len(sizes) if len(sizes) > 1 else min(3, len(judges))
    rows = -(-len(judges) * len(sizes) // columns)
    figure = matplotlib.figure.Figure(
        figsize=(5.5 * columns, 4.2 * rows), layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[len(judges) * len(sizes) :]:
        axis.remove()
    for panel in panels:
        axis = axes[judges.index(panel.judge.key) * len(sizes) + sizes.index(panel.size)]
        totals = mean_curve(panel).get("total", ())
        if len(totals):
            axis.plot(range(1, len(totals)), totals[1:], "k", label="L-BFGS")
            axis.plot(iterations, [totals[i] for i in iterations], "k.")
        for i, (label, row) in enumerate(panel.rows.items()):
            those = panel.slow or range(len(row["losses"]))
            total = np.mean([row["losses"][j]["total"] for j in those])
            color = "0.6" if label == UNTOUCHED else f"C{i - 1}"
            axis.axhline(total, color=color, linestyle="--", label=label)
        axis.set(
            xscale="log", ylabel="total loss",
            xlabel=f"iterations of L-BFGS from the {panel.start}",
            title=f"{panel.judge.about['painting']}, {panel.size}×{panel.size}",
        )  # fmt: skip
        axis.set_xticks(iterations, iterations)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    save_figure(figure, path)
