"""Style files: `.keras` files that carry their own recipe.

A style file is an ordinary Keras file with one more member in its zip archive,
`recipe.json`: how the network was trained and on what. A checkpoint of a training
is a style file with a further member, `training.npz`: what the training needs to
go on. Both list what is in them in a last member, `SHA256SUMS`.
`keras.saving.load_model` reads either. `models.loading` reads the networks.
"""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_style.files import replacing
from fusion_style.models.archive import (
    DAMAGE,
    LARGEST,
    add_sums,
    json_object,
    member,
    printable,
)
from fusion_style.models.config import NetworkConfig
from fusion_style.models.networks import NETWORKS
from fusion_style.settings import build, check

if TYPE_CHECKING:
    from fusion_style.models.keras_builder import ImageTransformationNetwork

FORMAT = "fusion-style 2"  # in 1, a Fusion module's first 1×1 had a ReLU
RECIPE, TRAINING = "recipe.json", "training.npz"
CHECKPOINT = "checkpoint.keras"  # in the folder that a training leaves behind


class StyleFileError(ValueError):
    """A file that is no style, or a style that is not there; one line says why."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


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
        ValueError: if the recipe has a number that is not finite.
    """
    with replacing(path, durable=True) as temporary:
        network.save(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            text = json.dumps(recipe, indent=2, allow_nan=False)
            archive.writestr(RECIPE, text, zipfile.ZIP_DEFLATED)  # losses of many steps
            if training is not None:
                buffer = io.BytesIO()
                # To NumPy's types, any keyword might be `allow_pickle`.
                np.savez(buffer, **training)  # type: ignore[arg-type]
                archive.writestr(TRAINING, buffer.getvalue())
            add_sums(archive)


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
            return json_object(archive, RECIPE)
    except StyleFileError:
        raise
    except zipfile.BadZipFile as error:
        raise StyleFileError(
            f"{path} is no style: {printable(error, 300)}. Styles are .keras files made by "
            "train.py"
        ) from None
    except OSError as error:
        raise StyleFileError(f"{path} cannot be read: {error.strerror or error}") from None
    except DAMAGE as error:
        raise damaged(path, error) from error


def damaged(path: str | os.PathLike[str], error: Exception | str) -> StyleFileError:
    """Return the error for a style file of which a part cannot be read."""
    reason = printable(error, 300) or type(error).__name__
    return StyleFileError(f"{path} is a damaged style file: {reason}")


def check_version(path: str | os.PathLike[str]) -> None:
    """Check that the network in a style file still computes what it was trained to.

    Raises:
        StyleFileError: if another version made the file, or if it is no style.
    """
    made = read_recipe(path).get("format", FORMAT)
    if made != FORMAT:
        raise StyleFileError(
            f"{path} was made by another version of Fusion Style, whose networks computed "
            f"something else: {printable(made, 40)}, not {FORMAT}. Learn it anew: "
            f"train.py --from_record {path}"
        )


def read_config(path: str | os.PathLike[str]) -> NetworkConfig:
    """Return what the network in a style file was told.

    Needs neither Keras nor a backend; nor does `models.loading.load_graph`.

    Raises:
        StyleFileError: if the file is no style, or `check_version` rejects it.
    """
    check_version(path)
    try:
        with zipfile.ZipFile(path) as archive:
            described = json_object(archive, "config.json")
        kind, name = described.get("class_name"), described.get("registered_name")
        if name != f"fusion_style>{kind}":  # others' may run anything
            raise StyleFileError(
                f"{path} holds no network of ours but {printable(name or kind, 80)}"
            )
        return described_network(str(kind), described.get("config"))
    except StyleFileError:
        raise
    except DAMAGE as error:
        raise damaged(path, error) from error


def described_network(kind: str, options: Any) -> NetworkConfig:
    """Return what a network was told.

    Args:
        kind: its class, as Keras's description has it.
        options: what its class was given.

    Raises:
        ValueError: if that cannot be.
    """
    if not isinstance(options, dict):
        raise ValueError("its config.json says nothing of the network")
    # Files of version 0.1 name the network by its class alone.
    named = kind.removesuffix("Network").lower()
    settings = {"network": named} | {k: v for k, v in options.items() if k != "name"}
    if named in NETWORKS and settings["network"] != named:
        raise ValueError(f"its {kind} is described as another network")
    config = build(NetworkConfig, settings)
    check(config)
    return config


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
            content = io.BytesIO(member(archive, TRAINING))
        with zipfile.ZipFile(content) as arrays:
            if sum(info.file_size for info in arrays.infolist()) > LARGEST:
                raise ValueError(f"its {TRAINING} has more than {LARGEST:,} bytes")
        with np.load(content) as arrays:
            return dict(arrays)
    except DAMAGE as error:
        raise StyleFileError(
            f"{path} is no checkpoint that a training could go on from: "
            f"{printable(error, 300)}"
        ) from None
