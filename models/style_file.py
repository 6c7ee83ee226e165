"""Style files: `.keras` files that carry their own recipe.

A style file is an ordinary Keras file with one more member in its zip archive,
`recipe.json`: how the network was trained and on what. A checkpoint of a training
is a style file with a further member, `training.npz`: what the training needs to
go on. `keras.saving.load_model` reads either. `models.loading` reads the networks.
"""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_style.files import replacing
from fusion_style.models.config import NetworkConfig

if TYPE_CHECKING:
    from fusion_style.models.keras_builder import ImageTransformationNetwork

FORMAT = "fusion-style 2"  # in 1, a Fusion module's first 1×1 had a ReLU
RECIPE, TRAINING = "recipe.json", "training.npz"
CHECKPOINT = "checkpoint.keras"  # in the folder that a training leaves behind
LARGEST = 256 * 10**6  # bytes of a member: a hundred times what there is
# What damaged or made-up archives, JSON and HDF5 raise when they are read.
DAMAGE = (
    OSError, EOFError, KeyError, IndexError, ValueError, TypeError, AttributeError,
    RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class StyleFileError(ValueError):
    """A file that is no style, or a style that is not there; the message says why."""


def save_network(
    network: "ImageTransformationNetwork",
    path: str | os.PathLike[str],
    recipe: Mapping[str, Any],
    training: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write a style file, whole or not at all.

    Args:
        network: what to save, with its weights.
        path: of the file, ending in `.keras`.
        recipe: how the network was trained; what JSON can hold.
        training: for a checkpoint, the {name: array} that the training needs to go on.

    Raises:
        OSError: if the file cannot be written.
    """
    with replacing(path, durable=True) as temporary:
        network.save(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(RECIPE, json.dumps(recipe, indent=2))
            if training is not None:
                buffer = io.BytesIO()
                # To NumPy's types, any keyword might be `allow_pickle`.
                np.savez(buffer, **training)  # type: ignore[arg-type]
                archive.writestr(TRAINING, buffer.getvalue())


def read_recipe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the recipe in a style file. Needs neither Keras nor a backend.

    Raises:
        StyleFileError: if the file is no style.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if RECIPE not in archive.namelist():
                raise StyleFileError(
                    f"{path} is a Keras or zip file but no style: it carries no {RECIPE}. "
                    "Styles are made by train.py"
                )
            recipe = json.loads(member(archive, RECIPE))
        if not isinstance(recipe, dict):
            raise ValueError(f"its {RECIPE} is no object")
        return recipe
    except StyleFileError:
        raise
    except zipfile.BadZipFile as error:
        raise StyleFileError(
            f"{path} is no style: {error}. Styles are .keras files made by train.py"
        ) from None
    except OSError as error:
        raise StyleFileError(f"{path} cannot be read: {error.strerror}") from None
    except DAMAGE as error:
        raise damaged(path, error) from error


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of a member of a style file.

    Raises:
        KeyError: if there is no such member.
        ValueError: if it has more than `LARGEST` bytes.
    """
    if archive.getinfo(name).file_size > LARGEST:
        raise ValueError(f"its {name} has more than {LARGEST:,} bytes")
    return archive.read(name)


def damaged(path: str | os.PathLike[str], error: Exception | str) -> StyleFileError:
    """Return the error for a style file of which a part cannot be read."""
    return StyleFileError(f"{path} is a damaged style file: {error}")


def check_version(path: str | os.PathLike[str]) -> None:
    """Check that the network in a style file still computes what it was trained to.

    Raises:
        StyleFileError: if another version made the file, or if it is no style.
    """
    made = read_recipe(path).get("format", FORMAT)
    if made != FORMAT:
        raise StyleFileError(
            f"{path} was made by another version of Fusion Style, whose networks computed "
            f"something else: {made}, not {FORMAT}. Learn it anew: "
            f"train.py --from_record {path}"
        )


def read_config(path: str | os.PathLike[str]) -> NetworkConfig:
    """Return what the network in a style file was told.

    Needs neither Keras nor a backend; nor do `read_layers` and `load_graph`.

    Raises:
        StyleFileError: if the file is no style, or `check_version` rejects it.
    """
    check_version(path)
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(member(archive, "config.json"))
        registered = config.get("registered_name") or ""
        if not registered.startswith("fusion_style>"):  # others' may run anything
            raise StyleFileError(f"{path} holds no network of ours but {registered}")
        options = {key: value for key, value in config["config"].items() if key != "name"}
        # Files of version 0.1 name the network by its class alone.
        named = config["class_name"].removesuffix("Network").lower()
        found = NetworkConfig(**{"network": named} | options)
        return found
    except StyleFileError:
        raise
    except DAMAGE as error:
        raise damaged(path, error) from error


def photographs_seen(recipe: Mapping[str, Any]) -> int:
    """Return how many photographs a network was trained on.

    Those of the network that it started from count, too.
    """
    earlier = recipe.get("started_from")
    return recipe["photographs"] + (photographs_seen(earlier) if earlier else 0)


def read_training(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the {name: array} that `save_network` was given as `training`.

    Raises:
        StyleFileError: if the file is a finished style, or none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            with np.load(io.BytesIO(archive.read(TRAINING))) as arrays:
                return dict(arrays)
    except DAMAGE as error:
        raise StyleFileError(
            f"{path} is no checkpoint that a training could go on from: {error}"
        ) from None
