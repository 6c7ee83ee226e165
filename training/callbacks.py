"""What happens between the steps of a training: losses, pictures, checkpoints."""

import contextlib
import os
import signal
import time

import keras
import numpy as np
import tqdm

from data.images import Picture, fit_size, read_picture, resize, write_picture
from data.sheets import contact_sheet


class Losses(keras.callbacks.Callback):
    """Progress bar, TensorBoard scalars, and the losses for the run record.

    What is shown and recorded are means over the `every` steps before. A loss
    that is not finite ends the training before it reaches a checkpoint.

    Args:
        steps: length of the whole training.
        start: the steps that were done before, when a training goes on.
        history: the list to append to, of {"step", "loss", "content", …}.
        writer: `tensorboardX.SummaryWriter`.

    Raises:
        FloatingPointError: from `fit`, when the loss is not finite.
    """

    def __init__(self, steps, start, history, writer, every=10):
        super().__init__()
        self.step, self.history, self.writer, self.every = start, history, writer, every
        self.bar = tqdm.tqdm(total=steps, initial=start, unit="step", dynamic_ncols=True)

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        losses = {name: float(value) for name, value in logs.items()}
        if not np.isfinite(losses["loss"]):
            self.bar.close()
            raise FloatingPointError(
                f"The loss is no longer finite at step {self.step}: {losses}. Train again "
                "with a lower --learning_rate; the checkpoint has the last good network"
            )
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
        if self.step % self.every == 0:
            self.history.append({"step": self.step, **losses})
            for name, value in losses.items():
                self.writer.add_scalar(name, value, self.step)
            self.model.reset_metrics()

    def on_train_end(self, logs=None):
        self.bar.close()
        self.writer.flush()


class Previews(keras.callbacks.Callback):
    """Paints a few photographs now and then: a file to keep open, and TensorBoard.

    Args:
        photographs: paths.
        folder: where to write `preview.jpg`: each photograph beside its painting.
        writer: `tensorboardX.SummaryWriter`.
        start: the steps that were done before.
        seconds: at least so long between two.
        size: longer side of each photograph in pixels.
    """

    def __init__(self, photographs, folder, writer, start=0, seconds=60, size=384):
        super().__init__()
        self.path = os.path.join(folder, "preview.jpg")
        self.writer, self.step, self.seconds = writer, start, seconds
        self.photographs = []
        for photograph in photographs:
            pixels = read_picture(photograph).pixels
            self.photographs.append(resize(pixels, *fit_size(*pixels.shape[:2], size)))
        self.painted_at = -float("inf")

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if time.monotonic() - self.painted_at > self.seconds:
            self.paint()

    def on_train_end(self, logs=None):
        self.paint()

    def paint(self):
        pictures = []
        for photograph in self.photographs:
            painted = self.model.transformer(photograph[None], training=False)[0]
            pictures += [photograph, keras.ops.convert_to_numpy(painted)]
        sheet = contact_sheet(pictures, columns=2)
        write_picture(self.path, Picture(sheet))
        self.writer.add_image(
            "preview", sheet.astype(np.uint8), self.step, dataformats="HWC"
        )
        self.painted_at = time.monotonic()


class Checkpoints(keras.callbacks.Callback):
    """Calls `save()` every so many seconds, and when the training is stopped or done."""

    def __init__(self, save, seconds=120):
        super().__init__()
        self.save, self.seconds = save, seconds
        self.saved_at = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() - self.saved_at > self.seconds:
            self.save()
            self.saved_at = time.monotonic()

    def on_train_end(self, logs=None):
        self.save()


class StopOnSignal(keras.callbacks.Callback):
    """Lets Ctrl-C and SIGTERM end the training after the step that is under way.

    A second Ctrl-C interrupts at once.
    """

    signals = (signal.SIGINT, signal.SIGTERM)

    def on_train_begin(self, logs=None):
        self.previous = {}
        with contextlib.suppress(ValueError):  # only the main thread may
            for number in self.signals:
                self.previous[number] = signal.signal(number, self.stop)

    def stop(self, number, frame):
        self.model.stop_training = True
        signal.signal(number, self.previous[number])

    def on_train_end(self, logs=None):
        for number, handler in self.previous.items():
            signal.signal(number, handler)
