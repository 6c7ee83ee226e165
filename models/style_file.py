"""Style files: `.keras` files that contain their own recipe.

A style file is an ordinary Keras file whose zip archive has one more member: `recipe.json`
says how the network was trained, and from what. The checkpoint of a training is a style
file with another member: `training.npz` has what the training needs to continue. In both,
the last member, `SHA256SUMS`, has the hashes of the others. `keras.saving.load_model` reads
both. `models.loading` reads their networks.
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

FORMAT = "fusion-style 2"  # in format 1, a ReLU followed a Fusion module's first 1×1
RECIPE, TRAINING = "recipe.json", "training.npz"
CHECKPOINT = "checkpoint.keras"  # in a training's folder


class StyleFileError(ValueError):
    """The error for a missing style, or a file that is not a style file; one line."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def save_network(
    network: "ImageTransformationNetwork",
    path: str | os.PathLike[str],
    recipe: Mapping[str, Any],
    training: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write a style file, completely or not at all.

    Args:
        network: the network to save, with its weights.
        path: of the file, ending in `.keras`.
        recipe: how the network was trained; JSON must be able to hold it.
        training: for a checkpoint, the {name: array} that the training needs to continue.

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
                # NumPy's annotations take any keyword for `allow_pickle`.
                np.savez(buffer, **training)  # type: ignore[arg-type]
                archive.writestr(TRAINING, buffer.getvalue())
            add_sums(archive)


def read_recipe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the recipe in a style file. Needs neither Keras nor a backend.

    Raises:
        StyleFileError: if the file is not a style file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if RECIPE not in archive.namelist():
                raise StyleFileError(
                    f"{path} is a Keras or zip file but not a style file: it has no "
                    f"{RECIPE}. train.py makes style files"
                )
            return json_object(archive, RECIPE)
    except StyleFileError:
        raise
    except zipfile.BadZipFile as error:
        raise StyleFileError(
            f"{path} is not a style file: {printable(error, 300)}. Style files are .keras "
            "files made by train.py"
        ) from None
    except OSError as error:
        raise StyleFileError(f"{path} cannot be read: {error.strerror or error}") from None
    except DAMAGE as error:
        raise damaged(path, error) from error


def damaged(path: str | os.PathLike[str], error: Exception | str) -> StyleFileError:
    """Return the error for a style file that cannot be read completely."""
    reason = printable(error, 300) or type(error).__name__
    return StyleFileError(f"{path} is a damaged style file: {reason}")


def check_version(path: str | os.PathLike[str]) -> None:
    """Check that the code still computes the network that a style file was trained with.

    Raises:
        StyleFileError: if another version made the file, or it is not a style file.
    """
    made = read_recipe(path).get("format", FORMAT)
    if made != FORMAT:
        raise StyleFileError(
            f"{path} was made by another version of Fusion Style with different networks "
            f"(format: {printable(made, 40)}, not {FORMAT}). Learn the style again: "
            f"train.py --from_record {path}"
        )


def read_config(path: str | os.PathLike[str]) -> NetworkConfig:
    """Return the settings of the network in a style file.

    Needs neither Keras nor a backend. The same is true for `models.loading.load_graph`.

    Raises:
        StyleFileError: if the file is not a style file, or `check_version` rejects it.
    """
    check_version(path)
    try:
        with zipfile.ZipFile(path) as archive:
            described = json_object(archive, "config.json")
        kind, name = described.get("class_name"), described.get("registered_name")
        if name != f"fusion_style>{kind}":  # other classes could run any code
            raise StyleFileError(
                f"{path} contains no network of Fusion Style but "
                f"{printable(name or kind, 80)}"
            )
        return described_network(str(kind), described.get("config"))
    except StyleFileError:
        raise
    except DAMAGE as error:
        raise damaged(path, error) from error


def described_network(kind: str, options: Any) -> NetworkConfig:
    """Return the settings of a network from Keras's description.

    Args:
        kind: name of its class.
        options: arguments of its class.

    Raises:
        ValueError: if they are not possible.
    """
    if not isinstance(options, dict):
        raise ValueError("its config.json does not describe the network")
    # Files of version 0.1 name the network only by its class.
    named = kind.removesuffix("Network").lower()
    settings = {"network": named} | {k: v for k, v in options.items() if k != "name"}
    if named in NETWORKS and settings["network"] != named:
        raise ValueError(f"its {kind} is described as another network")
    config = build(NetworkConfig, settings)
    check(config)
    return config


def photographs_seen(recipe: Mapping[str, Any]) -> int:
    """Return the number of photographs on which a network was trained.

    It includes those of the networks that it started from.
    """
    earlier = recipe.get("started_from")
    return recipe["photographs"] + (photographs_seen(earlier) if earlier else 0)


def read_training(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the {name: array} that `save_network` was given as `training`.

    Raises:
        StyleFileError: if the file is a finished style, or not a style file.
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
            f"{path} is not a checkpoint from which a training can continue: "
            f"{printable(error, 300)}"
        ) from None
