"""Measure what painting on a cluster costs beside painting itself.

    python benchmarks/bulk.py --pictures 60 --size 384 --listed 100000

Three things are measured, on this machine, with Ray embedded and one core for a worker:

1. Pictures a second, and the processor's seconds for a picture, of a plain loop over the
   same engine, and of Ray with 1 and 2 workers. The time to start (Ray, workers,
   compiling the engine) is printed separately: a rate counts only the second half of the
   pictures. The three run in turns, `--rounds` times; medians are printed, and the medians
   of the ratios of each round. On a machine with other work to do, compare the processor's
   seconds.
2. The memory of the driver and of the workers, and pictures a second, where nothing is
   painted: `--listed` files are listed, given to workers, found to be empty, and recorded.
3. From both: how many workers one driver can keep busy, as long as what runs on the
   driver's machine (the driver, Ray's own processes, listing) takes less than one core.
"""

import dataclasses
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from statistics import median

from fusion_style import backend

backend.set_defaults()

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.machine import machine
from fusion_style.data.images import (
    Picture,
    fit_size,
    read_picture,
    resize,
    sample_photograph,
    write_picture,
)
from fusion_style.inference.cluster.paint import paint_on_cluster
from fusion_style.inference.cluster.worker import Painter, style_files
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job
from fusion_style.inference.outcomes import Outcome, outcomes
from fusion_style.models.choice import parse_style
from fusion_style.settings import build

FLAGS = flags.FLAGS
flags.DEFINE_string("style", "wave", "One painting, as stylize.py's --style.")
flags.DEFINE_integer("pictures", 60, "How many are painted.", lower_bound=8)
flags.DEFINE_integer("size", 384, "Their longer side in pixels.", lower_bound=16)
flags.DEFINE_integer("listed", 100_000, "How many are listed, but not painted.")
flags.DEFINE_integer("rounds", 3, "How often the three are measured.", lower_bound=1)
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclasses.dataclass
class Measured:
    """What a run took.

    Attributes:
        start: seconds until the first picture.
        rate: pictures a second, over the second half.
        processor: {"driver", "worker"}: the processor's seconds for a picture, over the
            second half; the driver's are with those of all processes but workers.
        seconds: all.
        memory: {"driver", "worker"}: the most bytes that a process had in memory.
    """

    start: float
    rate: float
    processor: dict[str, float]
    seconds: float
    memory: dict[str, int]

    @property
    def all_processors(self) -> float:
        """Return the processor's seconds of all processes for a picture."""
        return sum(self.processor.values())


def processes() -> Iterator[tuple[int, str, float, int]]:
    """Yield (number, name, processor's seconds, bytes in memory) of this process and all
    below."""
    parents, found = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            values = (folder / "stat").read_text().rpartition(")")[2].split()
            name = (folder / "cmdline").read_bytes().decode(errors="replace")
            pages = int((folder / "statm").read_text().split()[1])
        except OSError:
            continue  # it ended
        pid = int(folder.name)
        parents[pid] = int(values[1])
        spent = (int(values[11]) + int(values[12])) / TICKS
        found[pid] = (pid, name, spent, pages * os.sysconf("SC_PAGE_SIZE"))
    for pid, one in found.items():
        above = pid
        while above not in (os.getpid(), 0, 1):
            above = parents.get(above, 0)
        if above == os.getpid():
            yield one


def measure(results: Iterator[Outcome], count: int) -> Measured:
    """Return what it takes to get `count` outcomes."""
    begin, times = time.perf_counter(), []
    memory = {"driver": 0, "worker": 0}
    # Of each process, also of one that has ended: (kind, seconds).
    spent: dict[int, tuple[str, float]] = {}
    at_half: dict[int, tuple[str, float]] = {}
    for i, _ in enumerate(results):
        times.append(time.perf_counter())
        if i in (count // 2, count - 1) or i % max(1, count // 50) == 0:
            for pid, name, seconds, size in processes():
                kind = "worker" if "MapWorker" in name else "driver"
                if kind == "worker" or pid == os.getpid():
                    memory[kind] = max(memory[kind], size)
                spent[pid] = kind, seconds
            if i == count // 2:
                at_half = spent.copy()
    half = len(times) - 1 - count // 2
    return Measured(
        start=times[0] - begin,
        rate=half / (times[-1] - times[count // 2]),
        processor={
            kind: (total(spent, kind) - total(at_half, kind)) / half for kind in memory
        },
        seconds=time.perf_counter() - begin,
        memory=memory,
    )


def total(spent: dict[int, tuple[str, float]], kind: str) -> float:
    """Return the seconds of all processes of a kind."""
    return sum(seconds for one, seconds in spent.values() if one == kind)


def config(out: str, cores: int = 1) -> PaintConfig:
    """Return how to paint, with Ray embedded here."""
    given = {"style": FLAGS.style, "out": out, "cluster": "local", "overwrite": True}
    return build(PaintConfig, given | {"cores_per_worker": cores})


def plain_loop(folder: str, out: str) -> Iterator[Outcome]:
    """Yield what comes of painting a folder in this process, as `stylize.py` does."""
    choice = parse_style(FLAGS.style)
    styles, files = {choice.name: choice}, style_files([choice])
    painter = Painter(styles, files, config(out), np.array([], np.uint64))
    for name in sorted(os.listdir(folder)):
        job = Job(os.path.join(folder, name), [(choice.name, os.path.join(out, name))])
        yield from outcomes(job, painter.brushes, painter.config)


def with_ray(folder: str, out: str, workers: int) -> Iterator[Outcome]:
    """Yield what comes of painting a folder with so many workers."""
    import ray

    ray.init("local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
    try:
        yield from paint_on_cluster([folder], config(out))
    finally:
        ray.shutdown()


def painted(folder: str, out: str) -> float:
    """Measure painting, print the table, and return the seconds of a core for a picture."""
    ways = {
        "plain loop": lambda: plain_loop(folder, out),
        "Ray, 1 worker": lambda: with_ray(folder, out, 1),
        "Ray, 2 workers": lambda: with_ray(folder, out, 2),
    }
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(FLAGS.rounds):
        for name, way in ways.items():
            found[name].append(measure(way(), FLAGS.pictures))
    print(f"\n{FLAGS.pictures} JPEGs of {FLAGS.size} pixels, in {FLAGS.style}")
    print(
        f"{'':<16}{'start, s':>10}{'pictures/s':>12}{'(ratio)':>9}"
        f"{'processor s/picture':>21}{'(ratio)':>9}{'of it the driver':>18}"
    )
    plain = found["plain loop"]
    for name, runs in found.items():
        pairs = list(zip(runs, plain, strict=True))
        columns = (
            f"{median(run.start for run in runs):>10.1f}",
            f"{median(run.rate for run in runs):>12.2f}",
            f"{median(one.rate / other.rate for one, other in pairs):>9.2f}",
            f"{median(run.all_processors for run in runs):>21.4f}",
            f"{median(a.all_processors / b.all_processors for a, b in pairs):>9.3f}",
            f"{median(run.processor['driver'] for run in runs):>18.4f}",
        )
        print(f"{name:<16}" + "".join(columns))
    return median(run.all_processors for run in plain)


def main(argv: list[str]) -> None:
    """Measure and print the tables."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # Ray's 15 would lose to other work here
    versions = machine("ray", "openvino", "pyarrow")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    with tempfile.TemporaryDirectory() as folder:
        photographs, empty = os.path.join(folder, "in"), os.path.join(folder, "empty")
        out = os.path.join(folder, "out")
        pixels = read_picture(sample_photograph()).pixels
        pixels = resize(pixels, *fit_size(*pixels.shape[:2], FLAGS.size))
        for i in range(FLAGS.pictures):
            write_picture(os.path.join(photographs, f"{i:06}.jpg"), Picture(pixels))
        painting = painted(photographs, out)
        os.mkdir(empty)
        for i in range(FLAGS.listed):
            open(os.path.join(empty, f"{i:08}.jpg"), "w").close()
        found = measure(with_ray(empty, out, 1), FLAGS.listed)
        driver = found.processor["driver"]
        print(
            f"\n{FLAGS.listed:,} files listed, none painted: {found.seconds:.0f} s, "
            f"{found.rate:,.0f}/s; the processor's ms for each: {1e3 * driver:.2f} of the "
            f"driver, {1e3 * found.processor['worker']:.2f} of the worker; the driver's "
            f"memory {found.memory['driver'] / 1e6:.0f} MB, a worker's "
            f"{found.memory['worker'] / 1e6:.0f} MB"
        )
        print(
            f"One core of a driver: {1 / driver:,.0f} pictures/s, which with these "
            f"pictures are {painting / driver:,.0f} workers"
        )


if __name__ == "__main__":
    app.run(main)
