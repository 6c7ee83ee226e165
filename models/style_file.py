"""Style files: `.keras` files that carry their own recipe.

A style file is an ordinary Keras file with one more member in its zip archive,
`recipe.json`: how the network was trained and on what. A checkpoint of a training
is a style file with a further member, `training.npz`: what the training needs to
go on. `keras.saving.load_model` reads either. `models.loading` reads the networks.
"""

import io
import json
import zipfile
import zlib

import numpy as np

from fusion_style.files import replacing
from fusion_style.models.config import NetworkConfig

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


def save_network(network, path, recipe, training=None):
    """Writes a style file, whole or not at all.

    Args:
        network: an `ImageTransformationNetwork`.
        path: of the file, ending in `.keras`.
        recipe: what JSON can hold: how the network came to be.
        training: {name: array} that a training needs to go on, for a checkpoint.

    Raises:
        OSError: if the file cannot be written.
    """
    with replacing(path, durable=True) as temporary:
        network.save(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(RECIPE, json.dumps(recipe, indent=2))
            if training is not None:
                buffer = io.BytesIO()
                np.savez(buffer, **training)
                archive.writestr(TRAINING, buffer.getvalue())


def read_recipe(path):
    """The recipe in a style file. Needs neither Keras nor a backend.

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


def member(archive, name):
    """The bytes of a member of a style file.

    Raises:
        ValueError: if they are more than any style's.
    """
    if archive.getinfo(name).file_size > LARGEST:
        raise ValueError(f"its {name} has more than {LARGEST:,} bytes")
    return archive.read(name)


def damaged(path, error):
    """The error for a style file of which a part cannot be read."""
    return StyleFileError(f"{path} is a damaged style file: {error}")


def check_version(path):
    """Complains of a style file whose network would compute something else by now.

    Raises:
        StyleFileError: for such a file, and if it is no style.
    """
    made = read_recipe(path).get("format", FORMAT)
    if made != FORMAT:
        raise StyleFileError(
            f"{path} was made by another version of Fusion Style, whose networks computed "
            f"something else: {made}, not {FORMAT}. Learn it anew: "
            f"train.py --from_record {path}"
        )


def read_config(path: str) -> NetworkConfig:
    """Return what the network in a style file was told.

    Needs neither Keras nor a backend; nor do `read_layers` and `load_graph`.

    Raises:
        StyleFileError: if the file is no style.
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


def photographs_seen(recipe):
    """How many photographs a network was trained on, with those it started from."""
    earlier = recipe.get("started_from")
    return recipe["photographs"] + (photographs_seen(earlier) if earlier else 0)


def read_training(path):
    """{name: array} that `save_network` was given as `training`.

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
