"""Many photographs: COCO through TensorFlow Datasets, or any folder, as batches.

Both kinds give any photograph by its number, so that the stream of crops is a
function of the seed and the position in it: a training can go on in the middle.
"""

import functools
import os

import numpy as np
from PIL import Image

from data.exif import orientation_of, turn_upright
from data.images import PictureError, open_image, pictures_in, to_rgb


class Folder:
    """The pictures of a folder, searched in depth, hidden files left out.

    Raises:
        FileNotFoundError: if the folder does not exist.
        PictureError: if there is no file with a picture's extension in it.
    """

    def __init__(self, path):
        if not os.path.isdir(path):
            raise FileNotFoundError(f"The folder of photographs does not exist: {path}")
        self.path = path
        self.names = [os.path.relpath(file, path) for file in pictures_in(path)]

    def __len__(self):
        return len(self.names)

    def source(self, index):
        return os.path.join(self.path, self.names[index])


class TensorFlowDataset:
    """The training split of an image data set of TensorFlow Datasets, undecoded.

    Downloads and prepares it on first use, in ArrayRecord files, which give any
    example by its number.

    Args:
        name: as TFDS spells it, such as "coco/2014", "coco/2017" or "imagenette".

    Raises:
        ValueError: if TFDS has no such data set, or it has no images.
        ConnectionError: if it cannot be downloaded.
    """

    def __init__(self, name):
        try:
            import tensorflow  # noqa: F401  TFDS says too late that it needs it
            import tensorflow_datasets as tfds
        except ImportError as error:
            raise ValueError(
                f"{name} is not a folder, and a data set of TensorFlow Datasets needs "
                f"tensorflow and tensorflow-datasets, which are not here ({error}). Give a "
                "folder of photographs: --data FOLDER"
            ) from None

        try:
            builder = tfds.builder(name, file_format="array_record")
        except tfds.core.DatasetNotFoundError as error:
            raise ValueError(
                f"{name} is neither a folder nor a data set of TensorFlow Datasets"
            ) from error
        except ValueError as error:
            raise ValueError(
                f"The data set {name} cannot be opened: {str(error).splitlines()[0]} If it "
                "was prepared in another format, set TFDS_DATA_DIR to another folder"
            ) from error
        if "image" not in (builder.info.features or {}):
            raise ValueError(f"The data set {name} has no feature called image")
        try:
            builder.download_and_prepare()
        except Exception as error:  # every data set fails in its own way
            raise ConnectionError(
                f"The data set {name} could not be downloaded ({error}). Give a folder of "
                "photographs instead: --data FOLDER"
            ) from error
        self.examples = builder.as_data_source(
            "train", decoders={"image": tfds.decode.SkipDecoding()}
        )
        self.names = [f"{name} train[{i}]" for i in range(len(self.examples))]

    def __len__(self):
        return len(self.examples)

    def source(self, index):
        return self.examples[int(index)]["image"]


def open_photographs(data):
    """A `Folder` if there is one called so, else a `TensorFlowDataset`."""
    if os.path.isdir(data) or data.startswith((".", "~", os.sep)):
        return Folder(os.path.expanduser(data))
    return TensorFlowDataset(data)


def random_crop(source, size, rng):
    """A random square of a photograph, flipped half of the time.

    The square's side is drawn between `size` and the photograph's shorter side,
    then resized to `size`, so that the network sees things at many scales; a
    photograph smaller than `size` is enlarged.

    Args:
        source: a path, or the file's bytes.
        size: side of the result in pixels.
        rng: `numpy.random.Generator`.

    Returns:
        uint8 RGB (size, size, 3).

    Raises:
        PictureError: if the photograph cannot be read.
    """
    with open_image(source) as image:
        width, height = image.size
        short = min(width, height)
        side = rng.integers(min(size, short), short, endpoint=True)
        left, top = rng.integers((width - side, height - side), endpoint=True)
        flip = rng.random() < 0.5
        if image.mode in ("RGB", "L"):  # decode a JPEG no larger than needed
            image.draft("RGB", (-(-width * size // side), -(-height * size // side)))
        x, y = image.size[0] / width, image.size[1] / height
        box = (left * x, top * y, (left + side) * x, (top + side) * y)
        box = tuple(map(min, box, image.size * 2))  # rounding must not lead outside
        square = to_rgb(image).resize((size, size), Image.Resampling.BILINEAR, box=box)
        pixels = np.asarray(turn_upright(square, orientation_of(image)))
    return pixels[:, ::-1] if flip else pixels


class PhotoStream:
    """An endless stream of crops of photographs, in a new order every epoch.

    The crop at a position is a function of the seed and the position alone. A
    photograph that cannot be read is replaced by another, and `skipped` says
    which and why.

    Args:
        photographs: a `Folder` or a `TensorFlowDataset`.
        size: side of the crops in pixels.
        seed: the same seed gives the same photographs, crops and order.
        skipped: {name: reason} of photographs known to be unreadable, to be added to.

    Attributes:
        failure: the error that ended the stream, which tf.data hides in one of its
            own; None while all is well.

    Raises:
        PictureError: if none of the photographs can be read.
    """

    attempts = 1000

    def __init__(self, photographs, size, seed=0, skipped=None):
        self.photographs, self.size, self.seed = photographs, size, seed
        self.skipped = {} if skipped is None else skipped
        self.failure = None
        self.order = functools.lru_cache(2)(self.order)
        self.crop(0)

    def order(self, epoch):
        """The order of the photographs in an epoch, a permutation."""
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.photographs))

    def crop(self, position):
        """The crop at a position from 0 up: uint8 RGB (size, size, 3)."""
        epoch, place = divmod(int(position), len(self.photographs))
        for attempt in range(self.attempts):
            rng = np.random.default_rng((self.seed, epoch, place, attempt))
            replacement = rng.integers(len(self.photographs))
            index = replacement if attempt else self.order(epoch)[place]
            name = self.photographs.names[index]
            if name not in self.skipped:
                source = self.photographs.source(index)
                try:
                    return random_crop(source, self.size, rng)
                except PictureError as error:
                    self.skipped[name] = str(error).replace(str(source), name)
        self.failure = PictureError(
            f"{self.attempts} photographs in a row could not be read. The last: "
            f"{self.skipped[name]}"
        )
        raise self.failure

    def batches(self, batch, start=0, worker=0, workers=1):
        """The stream as a tf.data.Dataset, read and decoded in parallel.

        Args:
            batch: photographs in a batch.
            start: the first batch's number; a training that goes on gives its step.
            worker, workers: which part of each batch to read, of how many.

        Returns:
            An infinite dataset of float32 (batch / workers, size, size, 3), 0-255.
        """
        import tensorflow as tf

        part = batch // workers
        shape = (self.size, self.size, 3)

        def crop(position):
            pixels = tf.numpy_function(self.crop, [position], tf.uint8, stateful=False)
            return tf.cast(tf.ensure_shape(pixels, shape), tf.float32)

        positions = tf.data.Dataset.range(start * part, np.iinfo(np.int64).max)
        # The worker's n-th photograph is number n % part of its part of batch n // part.
        positions = positions.map(lambda n: n // part * batch + worker * part + n % part)
        crops = positions.map(crop, num_parallel_calls=tf.data.AUTOTUNE)
        return crops.batch(part, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
