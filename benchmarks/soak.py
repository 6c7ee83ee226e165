"""Paint a folder for an hour, with kills and full disks, and report what was lost.

    python benchmarks/soak.py --pictures FOLDER
    python benchmarks/soak.py --pictures FOLDER --minutes 15 --style wave --json soak.json

First the folder is painted undisturbed. Then, in turn until the time is over: `stylize.py`
is killed (SIGKILL) at a random moment and started again; it runs on a full disk (files may
not grow beyond a random size; if a file system may be mounted, also one of two megabytes);
and one Stylizer, which lives in this process all the time, paints. After each, every file
is checked: a painted picture must be complete, and equal to the undisturbed one to 1 of
255. The temporary files of a killed run must be gone after the next run, once they are old.
The median memory of this process in the last quarter is compared with the second quarter.

POSIX only. The exit status is 1 if anything was lost, or memory grew by over 5%.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence

from fusion_style import backend

backend.set_defaults()

import numpy as np
from absl import app, flags

from fusion_style.benchmarks.faults import (
    age_leftovers,
    files_in,
    fill_disk,
    leftovers_in,
    painted_in,
    small_disk,
)
from fusion_style.benchmarks.machine import machine, present_bytes
from fusion_style.data.folders import pictures_in
from fusion_style.data.images import PictureError, read_picture
from fusion_style.files import check_writable, write_json
from fusion_style.inference.stylizer import Stylizer

FLAGS = flags.FLAGS
flags.DEFINE_string("pictures", None, "A folder of pictures.", required=True)
flags.DEFINE_float("minutes", 60, "How long to paint.", 0.1, 1e5)
flags.DEFINE_string("style", "starry_night", "A shipped style's name, or a style file.")
flags.DEFINE_integer("max_size", 256, "Longer side of the painted pictures, in pixels.", 16)
flags.DEFINE_integer("seed", 0, "Seed of the random moments and sizes.", 0)
flags.DEFINE_string("json", None, "A file for the numbers.")

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(__file__)), "stylize.py")
# Runs a script (the other arguments) that cannot write files larger than a limit, in bytes.
LIMITED = """
import resource, runpy, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
MOST_GROWTH = 0.05


class Soak:
    """Paint a folder undisturbed, then with faults, and compare.

    Args:
        pictures: the folder of pictures.
        folder: a folder to work in.

    Attributes:
        counts: {what happened: how often}.
        lost: a line of text for each error that was found.
        memory: of this process after each turn, in bytes.

    Raises:
        ValueError: if nothing can be painted.
    """

    def __init__(self, pictures: str, folder: str) -> None:
        self.pictures = pictures
        self.undisturbed = os.path.join(folder, "undisturbed")
        self.out = os.path.join(folder, "out")
        self.disk = os.path.join(folder, "disk")
        self.random = random.Random(FLAGS.seed)
        self.counts: Counter[str] = Counter()
        self.lost: list[str] = []
        self.memory: list[int] = []
        self.seconds = -time.monotonic()
        self.stylize(self.undisturbed, log=None).wait()
        self.seconds += time.monotonic()
        self.names = painted_in(self.undisturbed)
        if not self.names:
            raise ValueError(f"stylize.py painted nothing of {pictures}")
        self.sizes = [os.path.getsize(f"{self.undisturbed}/{name}") for name in self.names]
        self.paths = pictures_in(pictures)
        self.stylizer = Stylizer(FLAGS.style)

    def stylize(
        self, out: str, limit: int | None = None, log: int | None = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        """Start stylize.py for the folder; its files may have at most `limit` bytes."""

        program = [SCRIPT] if limit is None else ["-c", LIMITED, str(limit), SCRIPT]
        arguments = [
            self.pictures, "--style", FLAGS.style, "--out", out,
            "--max_size", str(FLAGS.max_size),
        ]  # fmt: skip
        return subprocess.Popen(
            [sys.executable, *program, *arguments], stdout=subprocess.DEVNULL, stderr=log
        )

    def kill(self) -> None:
        """Kill three runs at random moments, then let one finish, and check the files."""
        shutil.rmtree(self.out, ignore_errors=True)
        for _ in range(3):
            before = files_in(self.out)
            run = self.stylize(self.out)
            self.wait_for_a_moment(run, before)
            if run.poll() is None:
                run.send_signal(signal.SIGKILL)
                self.counts["kills"] += 1
            run.wait()
            self.inspect(self.out)
        self.counts["leftovers of kills"] += age_leftovers(self.out)
        if self.stylize(self.out).wait():
            self.lost.append("the run after a kill did not succeed")
        self.inspect(self.out, whole=True)

    def wait_for_a_moment(self, run: "subprocess.Popen[bytes]", before: set[str]) -> None:
        """Wait until a random moment of a run, often one at which it writes a file."""
        end = time.monotonic() + self.random.uniform(0, self.seconds)
        writes = self.random.choice([0, 0, 1, 2, 3])
        while run.poll() is None:
            if writes and len(files_in(self.out) - before) >= writes:
                time.sleep(self.random.choice([0, self.random.uniform(0, 0.1)]))
                return
            if not writes and time.monotonic() > end:
                return
            time.sleep(0.0005)

    def full(self, out: str, limit: int | None, kind: str) -> None:
        """Run on a full disk, or with a limit for files; check that errors are reported."""
        run = self.stylize(out, limit, subprocess.PIPE)
        said = run.communicate()[1].decode(errors="replace").splitlines()
        refused = [line for line in said if "cannot be written" in line]
        missing = len(self.names) - len(self.inspect(out))
        self.counts[kind] += 1
        self.counts["paintings refused"] += missing
        if missing != len(refused) or bool(missing) != bool(run.returncode):
            self.lost.append(
                f"{kind}: {missing} paintings are missing, {len(refused)} were said to be"
            )
        if "Traceback" in " ".join(said):
            self.lost.append(f"{kind}: a traceback, not a line: {said[-1]}")

    def inspect(self, out: str, whole: bool = False) -> list[str]:
        """Compare painted pictures with the undisturbed ones; return the files' names.

        Args:
            out: the folder of painted pictures.
            whole: whether all pictures must be there, and nothing else.
        """
        names = painted_in(out)
        for name in names:
            try:
                painted = read_picture(os.path.join(out, name)).pixels
                expected = read_picture(os.path.join(self.undisturbed, name)).pixels
                if np.abs(painted - expected).max() > 1:
                    self.lost.append(f"{name} is not what it was undisturbed")
            except PictureError as error:
                self.lost.append(str(error))
        self.counts["paintings looked at"] += len(names)
        if whole and names != self.names:
            self.lost.append(f"{set(self.names) ^ set(names)} missing, or too many")
        if whole and leftovers_in(out):
            self.lost.append(f"left behind: {leftovers_in(out)}")
        return names

    def live_on(self) -> None:
        """Paint every picture with the Stylizer that lives in this process."""
        for path in self.paths:
            with contextlib.suppress(PictureError):
                self.stylizer(read_picture(path), FLAGS.max_size)
                self.counts["paintings by the one process"] += 1
        self.memory.append(present_bytes())

    def turn(self) -> None:
        """Do each of the three things once."""
        self.kill()
        shutil.rmtree(self.out, ignore_errors=True)
        limit = int(self.random.choice(self.sizes) * self.random.uniform(0.2, 1))
        self.full(self.out, limit, "runs whose files may not grow")
        with small_disk(self.disk) as mounted:
            if mounted:
                fill_disk(self.disk, self.random.uniform(0.5, 0.98))
                self.full(self.disk, None, "runs on a full disk")
        self.live_on()


def growth(memory: Sequence[int]) -> float:
    """Return the growth of memory from the second quarter to the last, as a share."""
    if not all(memory):  # the system does not say
        return 0.0
    quarter = max(1, len(memory) // 4)
    early, late = memory[quarter : 2 * quarter] or memory[:1], memory[-quarter:]
    return float(np.median(late) / np.median(early) - 1)


def main(argv: list[str]) -> str | int:
    """Soak and print what was lost; return the exit status or an error message."""
    if os.name != "posix":
        return "soak.py: it needs kills and limits that only POSIX systems have"
    try:
        if FLAGS.json:
            check_writable(FLAGS.json)
        with tempfile.TemporaryDirectory() as folder:
            soak = Soak(FLAGS.pictures, folder)
            end = time.monotonic() + 60 * FLAGS.minutes
            while time.monotonic() < end or not soak.memory:
                soak.turn()
    except (ValueError, OSError) as error:
        return f"soak.py: {error}"
    return report(soak)


def report(soak: Soak) -> int:
    """Print and write the results; return the exit status."""
    grown, about = growth(soak.memory), machine("pillow", "openvino")
    print(about, f"{len(soak.names)} pictures, {len(soak.memory)} turns", sep="\n")
    for what, count in soak.counts.items():
        print(f"{count:>8,} {what}")
    first, last = soak.memory[0] / 1e6, soak.memory[-1] / 1e6
    said = f"grown by {100 * grown:.1f}%" if len(soak.memory) > 3 else "too few turns"
    print(f"memory: {first:.0f} MB, at last {last:.0f} MB, {said}")
    print("lost: nothing" if not soak.lost else "lost:\n" + "\n".join(soak.lost))
    if FLAGS.json:
        seen = {"counts": soak.counts, "lost": soak.lost, "memory": soak.memory}
        write_json(FLAGS.json, {"machine": about, "minutes": FLAGS.minutes} | seen)
    return 1 if soak.lost or grown > MOST_GROWTH else 0


if __name__ == "__main__":
    app.run(main)
