"""Learn the style of an uploaded painting; one training runs at a time."""

import dataclasses
import os
import re
import shutil
import tempfile
import threading
import time

from fusion_style.data.folders import pictures_in
from fusion_style.models.style_file import read_config
from fusion_style.page.learning import Learning
from fusion_style.page.limits import check_picture
from fusion_style.page.studio import Studio

# Quick on a laptop, and without downloads. On systems where a process cannot be asked to
# stop, it loses what it has learned since its last checkpoint: some seconds of work.
QUICK: dict[str, str | int | float] = {
    "loss_network": "vgg19_distilled",
    "checkpoint_every": 30,
}


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is to be learned.

    Attributes:
        painting: path of its file.
        photographs: path of a folder.
        steps, style_size, size: see `TrainConfig`.
        begin_with: the name of the style to start from, or "" for none.
    """

    painting: str
    photographs: str
    steps: int
    style_size: int
    size: int
    begin_with: str = ""


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        name: of the style.
        step, steps: how many steps are done, and how many there are in all.
        seconds: since it began.
        left: about how many seconds it will still take; None if that is not known yet.
        history: [{"step", "loss", …}] so far.
        preview: path of a photograph beside its painting, or None.
        preview_time: when it was painted, seconds since 1970.
        running, stopping: whether it is still running; whether it was asked to stop.
        result: path of the style file, or None.
        complaint: why it failed, or None.
    """

    name: str
    step: int
    steps: int
    seconds: float
    left: float | None
    history: list[dict[str, float]]
    preview: str | None
    preview_time: float
    running: bool
    stopping: bool
    result: str | None
    complaint: str | None


class Lesson:
    """Start a training, report its progress, stop it, and keep what it has learned.

    Args:
        studio: the new style becomes one of its styles.
        folder: for temporary files.
    """

    def __init__(self, studio: Studio, folder: str) -> None:
        self.studio, self.folder = studio, folder
        self.learning: Learning | None = None
        self.lock = threading.Lock()

    def begin(self, wish: Wish) -> None:
        """Start a training.

        Raises:
            ValueError: if another training runs, or the wish has a mistake; the message
                says what to do.
            OSError: if a file can't be written.
        """
        with self.lock:
            if self.learning is not None and not self.learning.settled:
                raise ValueError("A style is being learned already. Stop it first.")
            check_picture(wish.painting, self.studio.config)
            photographs = os.path.expanduser(wish.photographs.strip())
            if not os.path.isdir(photographs):
                raise ValueError(
                    "Give the path of a folder of photographs on this machine. Received: "
                    f"{wish.photographs or 'nothing'}"
                )
            pictures_in(photographs)  # raises ValueError if there are none
            begin_with = wish.begin_with and self.studio.styles.path(wish.begin_with)
            self.end()
            os.makedirs(self.folder, exist_ok=True)
            scratch = tempfile.mkdtemp(dir=self.folder)
            painting = os.path.join(scratch, os.path.basename(wish.painting))
            shutil.copyfile(wish.painting, painting)  # uploads are removed after a while
            settings: dict[str, str | int | float] = {
                "style": painting,
                "data": os.path.abspath(photographs),
                "steps": wish.steps,
                "style_size": wish.style_size,
                "size": wish.size,
                **QUICK,
            }
            if begin_with:
                settings |= network_of(begin_with) | {"init_from": begin_with}
            self.learning = Learning(name_of(painting), settings, scratch)
            threading.Thread(target=self.keep, args=(self.learning,), daemon=True).start()

    def stop(self) -> None:
        """Ask the training to stop soon, if there is one."""
        if self.learning is not None:
            self.learning.stop()

    def keep(self, learning: Learning) -> None:
        """Wait for the end of a training, and add what it has learned to the styles."""
        learning.process.wait()
        with self.lock:
            if learning is self.learning:
                learning.keep(self.studio.styles.free_path(learning.name))

    def progress(self) -> Progress | None:
        """Return how far the training is; None if there is none."""
        with self.lock:
            learning = self.learning
            if learning is None:
                return None
            running = not learning.settled
            history = learning.losses.read()
            preview = learning.preview()
            ended = learning.ended or time.monotonic()
            return Progress(
                name=name_of(learning.result or learning.out),
                step=learning.step(),
                steps=learning.steps,
                seconds=ended - learning.began,
                left=learning.losses.left(learning.steps),
                history=history,
                preview=preview,
                preview_time=os.path.getmtime(preview) if preview else 0.0,
                running=running,
                stopping=learning.stopped,
                result=learning.result,
                complaint=learning.failure,
            )

    def end(self) -> None:
        """End the training at once, if there is one, and remove its temporary files."""
        if self.learning is not None:
            self.learning.close()
            self.learning = None


def network_of(path: str) -> dict[str, str | int | float]:
    """Return the settings of a training of the network that a style file has.

    Raises:
        StyleFileError: if the file is not a style file.
    """
    settings = dataclasses.asdict(read_config(path))
    del settings["conditions"]  # of the paintings that are learned
    return settings


def name_of(path: str) -> str:
    """Return the name of a file's style: its stem in lowercase letters, digits and _."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return re.sub(r"\W+", "_", stem.lower()).strip("_")[:60] or "style"
