"""Many photographs: COCO through TensorFlow Datasets, or any folder.

Both kinds give any photograph by its number, so that the stream of crops is a
function of the seed and the position in it: a training can go on in the middle.
"""

import os

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import PictureError


class Folder:
    """The pictures of a folder, searched in depth, hidden files left out.

    Args:
        path: of the folder.

    Attributes:
        names: of the pictures, relative to the folder.

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
        """Return what is opened: the path."""
        return os.path.join(self.path, self.names[index])

    def stamp(self, index: int) -> str:
        """Return a string that changes when the file does.

        Raises:
            PictureError: if it is not there.
        """
        path = os.path.abspath(self.source(index))
        try:
            status = os.stat(path)
        except OSError as error:
            raise PictureError(f"{self.source(index)}: {error.strerror}") from None
        return f"{path}|{status.st_size}|{status.st_mtime_ns}"


class TensorFlowDataset:
    """The training split of an image data set of TensorFlow Datasets, undecoded.

    Downloads and prepares it on first use, in ArrayRecord files, which give any
    example by its number.

    Args:
        name: as TFDS spells it, such as "coco/2014", "coco/2017" or "imagenette".

    Attributes:
        names: of the photographs.

    Raises:
        ValueError: if TFDS has no such data set, or it has no images.
        ConnectionError: if it cannot be downloaded.
    """

    def __init__(self, name: str) -> None:
        try:
            import array_record  # noqa: F401  TFDS says too late that it needs these
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
        """Return what is opened: the bytes of the encoded file."""
        return self.examples[int(index)]["image"]

    def stamp(self, index: int) -> str:
        """Return a string that names the photograph and its data set's version."""
        return f"{self.names[index]}|{self.version}"


Photographs = Folder | TensorFlowDataset


def open_photographs(data: str) -> Photographs:
    """Return a `Folder` if there is one called so, else a `TensorFlowDataset`."""
    if os.path.isdir(data) or data.startswith((".", "~", os.sep)):
        return Folder(os.path.expanduser(data))
    return TensorFlowDataset(data)
