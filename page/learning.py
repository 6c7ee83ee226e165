"""Run a training in a process of its own, which the page watches and can stop."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

from fusion_style.files import replacing
from fusion_style.models.style_file import CHECKPOINT
from fusion_style.page.events import Losses

BEHIND = 5  # niceness of a training, so that painting comes first
BAR = 1000  # bytes at the end of the output that contain the bar's last state
SCRIPT = "train.py: "  # what its error messages begin with
STEP = re.compile(rb"\| (\d+)/\d+ \[")


class Learning:
    """One training, from its start to the style file.

    It runs train.py with flags, as a user would. So all checks and messages are the same,
    and the page goes on if a training crashes. The page itself imports neither Keras nor
    TensorFlow.

    Args:
        name: of the style.
        settings: {name: value} of a `training.config.TrainConfig`, without output paths.
        folder: for all that it writes until it has ended.

    Attributes:
        stopped: whether it was told to stop.
        settled: whether it has ended, and `keep` has copied what it learned.
        result: path of the copied style file; or None.
        failure: why there is no style file, in words; or None.
        began, ended: `time.monotonic()` at its start and at its end.
    """

    def __init__(
        self, name: str, settings: Mapping[str, str | int | float], folder: str
    ) -> None:
        self.name, self.steps, self.folder = name, int(settings["steps"]), folder
        self.out = os.path.join(folder, f"{name}.keras")
        self.log_dir = os.path.join(folder, "training")
        told = {**settings, "out": self.out, "log_dir": self.log_dir}
        flags = [f"--{flag}={value}" for flag, value in told.items()]
        self.losses = Losses(self.log_dir)
        self.stopped = self.settled = False
        self.result: str | None = None
        self.failure: str | None = None
        self.began = time.monotonic()
        self.ended: float | None = None
        os.makedirs(folder, exist_ok=True)
        self.complaints = os.path.join(folder, "stderr.txt")
        with open(self.complaints, "wb") as complaints:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fusion_style.train", *flags],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                # Ctrl-C in the terminal ends only the page, which then ends the training.
                start_new_session=True,
            )
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.process.pid, BEHIND)

    def running(self) -> bool:
        """Return whether the process is still running."""
        return self.process.poll() is None

    def step(self) -> int:
        """Return how many steps are done, from the progress bar: losses come later."""
        size = os.path.getsize(self.complaints)
        with open(self.complaints, "rb") as file:
            file.seek(max(0, size - BAR))
            found = STEP.findall(file.read())
        return int(found[-1]) if found else 0

    def preview(self) -> str | None:
        """Return the path of a photograph beside its painting; None before the first."""
        path = os.path.join(self.log_dir, "preview.jpg")
        return path if os.path.exists(path) else None

    def stop(self) -> None:
        """Ask the training to write a checkpoint after the present step, and to end."""
        if self.running():
            self.stopped = True
            self.process.send_signal(signal.SIGTERM)

    def keep(self, path: str) -> None:
        """Copy the style file, after the process has ended, and remember how it ended.

        Args:
            path: of the copy. Without a style file, the last checkpoint is copied.
        """
        for source in (self.out, os.path.join(self.log_dir, CHECKPOINT)):
            if self.result is None and self.step() and os.path.isfile(source):
                try:
                    with replacing(path) as temporary:
                        shutil.copyfile(source, temporary)
                    self.result = path
                except OSError as error:
                    self.failure = f"{path} cannot be written: {error.strerror or error}"
        if not self.stopped and self.process.returncode:
            self.failure = self.said()
        self.ended, self.settled = time.monotonic(), True

    def said(self) -> str:
        """Return the last error message of the process."""
        with open(self.complaints, "rb") as file:
            text = file.read().decode(errors="replace")
        lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
        for line in reversed(lines):
            if line.startswith(SCRIPT):
                return line.removeprefix(SCRIPT)
        last = lines[-1] if lines else "it said nothing"
        return f"The training ended with {self.process.returncode}: {last}"

    def close(self) -> None:
        """End the training at once, and remove its folder."""
        if self.running():
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
