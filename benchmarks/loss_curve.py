"""Plot the losses of trainings over their steps, from their run records.

    python benchmarks/loss_curve.py starry.json --plot curve.png
    python benchmarks/loss_curve.py starry.training --plot curve.png   # while it trains
    python benchmarks/loss_curve.py batch.json instance.json --plot both.png

Content, style and variation are unweighted. The total is their weighted sum. Light lines
show the values in the record: means over ten steps each, and single values for the last few
steps. Strong lines show the mean of the 50 steps around each step. Thin vertical lines mark
where a training was stopped or killed and resumed. Dotted lines mark where it rolled back
and went on with half the learning rate. Prints the means of the last 50 steps.
"""

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.figures import check_figure, save_figure
from fusion_style.training.earlier import read_record

FLAGS = flags.FLAGS
flags.DEFINE_string("plot", None, "A file for the curves. Needs matplotlib.")

SPAN = 50  # steps in a running mean
TERMS = {
    "content": "content",
    "style": "style",
    "variation": "variation",
    "loss": "total",
}  # {name in a run record: name in the plot}


def losses_by_step(record):
    """Return {term: array (steps,)}, with the record's mean for each step.

    An entry of the history is the mean of the steps since the entry before it.
    """
    history, recent = record["history"], record.get("recent", [])
    steps_of_each = np.diff([0, *(entry["step"] for entry in history)])
    found = {}
    for term in TERMS:
        means = np.repeat([entry[term] for entry in history], steps_of_each)
        found[term] = np.append(means, [losses[term] for losses in recent])
    return found


def running_mean(values, span=SPAN):
    """Return the mean of the `span` values around each value, of fewer near the ends."""
    sums = np.cumsum([0.0, *values])
    middles = np.arange(len(values))
    starts = np.maximum(middles - span // 2, 0)
    ends = np.minimum(middles + (span + 1) // 2, len(values))
    return (sums[ends] - sums[starts]) / (ends - starts)


def report(records):
    """Print the mean losses of the last steps, and where trainings were resumed.

    Args:
        records: {name: run record}.
    """
    width = max(map(len, records)) + 2
    print(f"{'':<{width}}{'steps':>16}" + "".join(f"{n:>12}" for n in TERMS.values()))
    for name, record in records.items():
        losses = losses_by_step(record)
        last = len(losses["loss"])
        steps = f"{max(last - SPAN, 0) + 1} to {last}"
        means = [f"{values[-SPAN:].mean():>12.4g}" for values in losses.values()]
        print(f"{name:<{width}}{steps:>16}{''.join(means)}")
    for name, record in records.items():
        if record.get("resumed"):
            steps = ", ".join(map(str, record["resumed"]))
            print(f"{name} was resumed after step {steps}")
        for rollback in record.get("rollbacks", []):
            print(f"{name} rolled back from step {rollback['step']} to {rollback['to']}")


def draw(records):
    """Return a matplotlib figure with one plot for each term, of all records.

    Args:
        records: {name: run record}.
    """
    import matplotlib.figure
    from matplotlib.ticker import LogLocator, NullLocator

    figure = matplotlib.figure.Figure(figsize=(10, 6.5), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True)
    lines = {}
    for i, (name, record) in enumerate(records.items()):
        color, losses = f"C{i}", losses_by_step(record)
        for axis, (term, values) in zip(axes.flat, losses.items(), strict=True):
            steps = np.arange(1, len(values) + 1)
            axis.plot(steps, values, color=color, alpha=0.35, linewidth=0.8)
            (lines[name],) = axis.plot(steps, running_mean(values), color=color)
            axis.set(title=TERMS[term], yscale="log")
            mark = {"color": color if len(records) > 1 else "black", "linewidth": 0.7}
            for step in record.get("resumed", []):
                lines["resumed"] = axis.axvline(step, **mark)
            for rollback in record.get("rollbacks", []):
                lines["rolled back"] = axis.axvline(rollback["to"], ls=":", **mark)
    for axis in axes.flat:
        axis.set_xlim(0)
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter("{x:g}")
        axis.grid(alpha=0.2)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[1]:
        axis.set_xlabel("step")
    figure.legend(
        lines.values(), lines.keys(), loc="outside lower center", ncols=4, frameon=False
    )
    return figure


def main(argv):
    if not argv[1:]:
        return "loss_curve.py: give a run record, or a training's folder: NAME.training"
    try:
        records = {path: read_record(path) for path in argv[1:]}
    except (ValueError, OSError) as error:
        return f"loss_curve.py: {error}"
    for path, record in records.items():
        if not record["history"] and not record.get("recent"):
            return f"loss_curve.py: there are no losses in {path} yet"
    report(records)
    if FLAGS.plot:
        try:
            check_figure(FLAGS.plot)
            save_figure(draw(records), FLAGS.plot)
        except (ValueError, OSError) as error:
            return f"loss_curve.py: {error}"


if __name__ == "__main__":
    app.run(main)
