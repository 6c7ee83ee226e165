"""What happens between the steps of a training: losses, pictures, checkpoints."""

import contextlib
import os
import signal
import sys
import time

import keras
import numpy as np
import tqdm

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import (
    Picture,
    PictureError,
    fit_size,
    read_picture,
    resize,
    sample_photograph,
    write_picture,
)
from fusion_style.data.sheets import contact_sheet
from fusion_style.training.guard import NotFinite


class Losses(keras.callbacks.Callback):
    """Progress bar, TensorBoard scalars, and the losses for the run record.

    What TensorBoard and the record have are means over some steps each; the bar has
    the step's own.

    Args:
        start: the steps that were done before, when a training goes on.
        record: the `RunRecord` to add to.
        board: `training.board.Board`.
        shown: whether there is a progress bar.

    Raises:
        NotFinite: from `fit`, when the loss is not finite.
    """

    def __init__(self, start, record, board, shown=True):
        super().__init__()
        self.step, self.record, self.board = start, record, board
        self.bar = tqdm.tqdm(
            total=record.settings["steps"], initial=start, unit="step",
            dynamic_ncols=True, disable=not shown,
        )  # fmt: skip

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        losses = {name: float(np.ravel(value)[0]) for name, value in logs.items()}
        if not np.isfinite(losses["loss"]):
            self.bar.close()
            _ = self.model  # see Checkpoints.save_now
            raise NotFinite(f"The loss of step {self.step} is not finite", self.step)
        self.bar.set_postfix(
            {
                "content": f"{losses['content']:.3f}",
                "style": f"{losses['style']:.3f}",
                "variation": f"{losses['variation']:.2f}",
                "total": f"{losses['loss']:.3f}",
            },
            refresh=False,
        )
        self.bar.update()
        means = self.record.add(self.step, losses)
        if means:
            self.board.add_scalars(means, self.step)

    def on_train_end(self, logs=None):
        self.bar.close()


class Previews(keras.callbacks.Callback):
    """Paints a few photographs now and then: a file to keep open, and TensorBoard.

    Args:
        photographs: list of float32 RGB (height, width, 3), 0-255.
        folder: where to write `preview.jpg`: each photograph beside its painting.
        board: `training.board.Board`.
        start: the steps that were done before.
        seconds: at least so long between two.
    """

    def __init__(self, photographs, folder, board, start=0, seconds=60):
        super().__init__()
        self.path = os.path.join(folder, "preview.jpg")
        self.board, self.step, self.seconds = board, start, seconds
        self.warned = False
        self.photographs = photographs
        self.painted_at = -float("inf")

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if time.monotonic() - self.painted_at > self.seconds:
            self.paint()

    def on_train_end(self, logs=None):
        self.paint()

    def paint(self):
        """Writes the contact sheet, and shows it to TensorBoard."""
        pictures = []
        for photograph in self.photographs:
            painted = self.model.transformer(photograph[None], training=False)[0]
            pictures += [photograph, keras.ops.convert_to_numpy(painted)]
        if not all(np.isfinite(picture).all() for picture in pictures):
            return  # the next loss will not be finite either: see `training.guard`
        sheet = contact_sheet(pictures, columns=2)
        try:
            write_picture(self.path, Picture(sheet))
        except OSError as error:
            if not self.warned:
                tqdm.tqdm.write(
                    f"The preview could not be written: {error}", file=sys.stderr
                )
            self.warned = True
        self.board.add_picture("preview", sheet, self.step)
        self.painted_at = time.monotonic()


def preview_photographs(preview, size=384, most=4):
    """What the preview shows: a file, of a folder what can be read, or the sample.

    Args:
        preview: a path, or None.
        size: longer side of each in pixels.
        most: how many of a folder.

    Returns:
        A list of float32 RGB (height, width, 3), 0-255.

    Raises:
        PictureError: if there is none that can be read.
    """
    if preview and os.path.isdir(preview):
        paths = pictures_in(preview)
    else:
        paths = [preview or sample_photograph()]
    found, failure = [], None
    for path in paths:
        try:
            pixels = read_picture(path).pixels
            found.append(resize(pixels, *fit_size(*pixels.shape[:2], size)))
        except PictureError as error:
            failure = error
        if len(found) == most:
            break
    if not found:
        raise failure
    return found


class Checkpoints(keras.callbacks.Callback):
    """Calls `save()` at the start, every so many seconds, and at the end.

    Args:
        save: without arguments.
        seconds: between two; 0 saves after every step.
        anyone: `training.strategy.anyone`, so that all workers save after the same step.
    """

    def __init__(self, save, seconds=120, anyone=bool):
        super().__init__()
        self.save, self.seconds, self.anyone = save, seconds, anyone
        self.step_saved = False

    def on_train_begin(self, logs=None):
        self.save_now()

    def on_train_batch_end(self, batch, logs=None):
        self.step_saved = False
        if self.anyone(time.monotonic() - self.saved_at >= self.seconds):
            self.save_now()

    def on_train_end(self, logs=None):
        if not self.step_saved:
            self.save_now()

    def save_now(self):
        """Calls `save`, whatever the time."""
        _ = self.model  # with JAX, asking for it is what brings the state up to date
        self.save()
        self.saved_at, self.step_saved = time.monotonic(), True


class StopOnSignal(keras.callbacks.Callback):
    """Lets Ctrl-C and SIGTERM end the training after the step that is under way.

    A second Ctrl-C interrupts at once. A context manager: the signals have their
    earlier meaning again when it is left.

    Args:
        anyone: `training.strategy.anyone`, so that all workers stop after the same step.
    """

    signals = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, anyone=bool):
        super().__init__()
        self.anyone, self.stopping, self.previous = anyone, False, {}

    def __enter__(self):
        with contextlib.suppress(ValueError):  # only the main thread may
            for number in self.signals:
                self.previous[number] = signal.signal(number, self.stop)
        return self

    def __exit__(self, *_):
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def stop(self, number, frame):
        """The handler of the signals: a second one has its earlier meaning."""
        self.stopping = True
        signal.signal(number, self.previous[number])

    def on_train_begin(self, logs=None):
        self.stop_together()

    def on_train_batch_end(self, batch, logs=None):
        self.stop_together()

    def stop_together(self):
        """Stops after this step if any worker is to stop."""
        if self.anyone(self.stopping):
            self.stopping = self.model.stop_training = True
