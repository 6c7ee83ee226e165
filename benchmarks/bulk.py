"""Measure what painting on a cluster costs beside painting itself.

    python benchmarks/bulk.py --pictures 60 --size 384 --listed 100000

Three things are measured, on this machine, with Ray embedded and one core for a worker:

1. Pictures a second, and the processor's seconds for a picture, of a plain loop over the
   same engine, and of Ray with 1 and 2 workers. Starting (Ray, workers, compiling the
   engine) is said apart: a rate is that from the second half of the pictures.
2. The memory of the driver and of the workers, and pictures a second, where nothing is
   painted: `--listed` files are listed, given to workers, found to be empty, and recorded.
3. From both: how many workers one driver can keep busy.
"""

import dataclasses
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator

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
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclasses.dataclass
class Measured:
    """What a run took.

    Attributes:
        start: seconds until the first picture.
        rate: pictures a second, over the second half.
        processor: the processor's seconds for a picture, over the second half.
        seconds: all.
        memory: {"driver", "worker"}: the most bytes that a process had in memory.
    """

    start: float
    rate: float
    processor: float
    seconds: float
    memory: dict[str, int]


def processes() -> Iterator[tuple[str, float, int]]:
    """Yield (name, processor's seconds, bytes in memory) of this process and all below."""
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
        found[pid] = (name, spent, pages * os.sysconf("SC_PAGE_SIZE"))
    for pid, one in found.items():
        above = pid
        while above not in (os.getpid(), 0, 1):
            above = parents.get(above, 0)
        if above == os.getpid():
            yield one


def measure(results: Iterator[Outcome], count: int) -> Measured:
    """Return what it takes to get `count` outcomes."""
    begin, times, spent = time.perf_counter(), [], [0.0, 0.0]
    memory = {"driver": 0, "worker": 0}
    for i, _ in enumerate(results):
        times.append(time.perf_counter())
        if i in (count // 2, count - 1) or i % max(1, count // 50) == 0:
            now = list(processes())
            for name, _, size in now:
                kind = "worker" if "Worker" in name else "driver"
                if kind == "worker" or "python" in name:
                    memory[kind] = max(memory[kind], size)
            if i in (count // 2, count - 1):
                spent[i == count - 1] = sum(seconds for _, seconds, _ in now)
    half = len(times) - 1 - count // 2
    return Measured(
        start=times[0] - begin,
        rate=half / (times[-1] - times[count // 2]),
        processor=(spent[1] - spent[0]) / half,
        seconds=time.perf_counter() - begin,
        memory=memory,
    )


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


def main(argv: list[str]) -> None:
    """Measure and print the tables."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    versions = machine("ray", "openvino", "pyarrow")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    with tempfile.TemporaryDirectory() as folder:
        photographs, empty = os.path.join(folder, "in"), os.path.join(folder, "empty")
        out = os.path.join(folder, "out")
        pixels = read_picture(sample_photograph()).pixels
        pixels = resize(pixels, *fit_size(*pixels.shape[:2], FLAGS.size))
        for i in range(FLAGS.pictures):
            write_picture(os.path.join(photographs, f"{i:06}.jpg"), Picture(pixels))
        print(f"\n{FLAGS.pictures} JPEGs of {FLAGS.size} pixels, in {FLAGS.style}")
        print(f"{'':<16}{'start, s':>10}{'pictures/s':>12}{'processor s/picture':>21}")
        for name, results in (
            ("plain loop", plain_loop(photographs, out)),
            ("Ray, 1 worker", with_ray(photographs, out, 1)),
            ("Ray, 2 workers", with_ray(photographs, out, 2)),
        ):
            found = measure(results, FLAGS.pictures)
            print(
                f"{name:<16}{found.start:>10.1f}{found.rate:>12.2f}{found.processor:>21.3f}"
            )
            painting = found.processor
        os.mkdir(empty)
        for i in range(FLAGS.listed):
            open(os.path.join(empty, f"{i:08}.jpg"), "w").close()
        found = measure(with_ray(empty, out, 1), FLAGS.listed)
        print(
            f"\n{FLAGS.listed:,} files listed, none painted: {found.seconds:.0f} s, "
            f"{found.rate:,.0f}/s; the driver's memory {found.memory['driver'] / 1e6:.0f} "
            f"MB, a worker's {found.memory['worker'] / 1e6:.0f} MB"
        )
        busy = found.rate * painting
        print(f"Workers that one driver keeps busy with these pictures: {busy:,.0f}")


if __name__ == "__main__":
    app.run(main)
