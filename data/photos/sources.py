"""Many photographs: COCO through TensorFlow Datasets, or any folder.

Both kinds give any photograph by its number. So the stream of crops depends only on the
seed and the position, and a training can be resumed in the middle.
"""

import os

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import PictureError


class Folder:
    """Give the pictures of a folder and of all folders inside it, except hidden files.

    Args:
        path: the folder's path.

    Attributes:
        names: the pictures' paths, relative to the folder.

    Raises:
        FileNotFoundError: if the folder does not exist.
        PictureError: if there is no file with a picture's extension in it.
    """

    def __init__(self, path: str) -> None:
        if not os.path.isdir(path):
            raise FileNotFoundError(f"The folder of photographs does not exist: {path}")
        self.path = path
        self.names = [os.path.relpath(file, path) for file in pictures_in(path)]

    def __len__(self) -> int:
        return len(self.names)

    def source(self, index: int) -> str:
        """Return the path of photograph number `index`."""
        return os.path.join(self.path, self.names[index])

    def stamp(self, index: int) -> str:
        """Return a text that changes when the file changes.

        Raises:
            PictureError: if the file does not exist.
        """
        path = os.path.abspath(self.source(index))
        try:
            status = os.stat(path)
        except OSError as error:
            raise PictureError(f"{self.source(index)}: {error.strerror}") from None
        return f"{path}|{status.st_size}|{status.st_mtime_ns}"


class TensorFlowDataset:
    """Give the encoded photographs in the training split of a TensorFlow data set.

    On first use, the data set is downloaded and prepared as ArrayRecord files, which give
    any example by its number.

    Args:
        name: its name in TFDS, such as "coco/2014", "coco/2017" or "imagenette".

    Attributes:
        names: the photographs' names, such as "coco/2014 train[3]".

    Raises:
        ValueError: if TFDS has no such data set, or it has no images.
        ConnectionError: if it cannot be downloaded.
    """

    def __init__(self, name: str) -> None:
        try:
            import array_record  # noqa: F401  without it TFDS fails late
            import tensorflow  # noqa: F401
            import tensorflow_datasets as tfds
        except ImportError as error:
            raise ValueError(
                f"{name} is not a folder, and a data set of TensorFlow Datasets needs "
                "tensorflow, tensorflow-datasets and array_record, which are not here "
                f"({error}). Give a folder of photographs: --data FOLDER"
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
        self.version = str(builder.version)

    def __len__(self) -> int:
        return len(self.examples)

    def source(self, index: int) -> bytes:
        """Return the encoded file of photograph number `index`, as bytes."""
        return self.examples[int(index)]["image"]

    def stamp(self, index: int) -> str:
        """Return a text that names the photograph and the version of its data set."""
        return f"{self.names[index]}|{self.version}"


Photographs = Folder | TensorFlowDataset


def open_photographs(data: str) -> Photographs:
    """Return a `Folder` if `data` is one or looks like a path, else a `TensorFlowDataset`.

    Raises:
        FileNotFoundError, ValueError, ConnectionError: see the two classes.
    """
    if os.path.isdir(data) or data.startswith((".", "~", os.sep)):
        return Folder(os.path.expanduser(data))
    return TensorFlowDataset(data)
