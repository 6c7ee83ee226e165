"""The loss by which a style is judged: that of its recipe, or another one."""

import functools
import hashlib
import json
import os

import keras
import numpy as np
from keras import ops

from fusion_style.data.folders import pictures_in
from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.files import sha256
from fusion_style.losses.config import LossConfig
from fusion_style.losses.features.networks import architecture, check_layers, check_weights
from fusion_style.losses.objective import PictureObjective
from fusion_style.losses.perceptual import PerceptualLoss, layer_weights
from fusion_style.settings import build, check, flatten
from fusion_style.training.config import TrainConfig, check_sizes, loss_layers

SETTINGS = (
    "loss_network", "loss_weights", "content_layers", "style_layers", "content_weight",
    "style_weight", "tv_weight", "reduction", "style_size",
)  # fmt: skip
DEFAULTS = {name: flatten(TrainConfig(style=""))[name] for name in SETTINGS}


def loss_settings(recipe, given):
    """Return {name: value} for `SETTINGS`: given, else from the recipe, else the default.

    If another loss network is given, the recipe's layers and weights are not used.
    """
    learned = {k: v for k, v in recipe.get("settings", {}).items() if k in SETTINGS}
    given = {name: value for name, value in given.items() if value is not None}
    network = learned.get("loss_network", DEFAULTS["loss_network"])
    if given.get("loss_network", network) != network:
        for name in ("loss_weights", "content_layers", "style_layers"):
            learned.pop(name, None)
    return DEFAULTS | learned | given


def find_painting(recipe, paintings):
    """Find the painting of a recipe.

    Args:
        recipe: of a style file.
        paintings: paths of pictures, or folders of them.

    Returns:
        (path, whether it has the same bytes as the painting that was learned).

    Raises:
        ValueError: if the painting is not among them.
        OSError: if a picture cannot be read.
    """
    learned = recipe.get("painting") or {}
    paths = [
        path
        for place in paintings
        for path in (pictures_in(place) if os.path.isdir(place) else [place])
    ]
    for path in paths:
        if sha256(path) == learned.get("sha256"):
            return path, True
    for path in paths:
        if os.path.basename(path) == learned.get("file"):
            return path, False
    raise ValueError(
        f"its painting, {learned.get('file', 'which it does not name')}, is not among "
        f"--paintings: {', '.join(map(os.path.basename, paths)) or 'none'}"
    )


class Judge:
    """Judge pictures by one painting and one loss.

    Random weights of the loss network are the same every time.

    Args:
        painting: path of the painting.
        settings: from `loss_settings`.
        size: side of the smallest picture that it will judge, in pixels.

    Attributes:
        about: a description that JSON can hold: the painting's sha256, and the settings
            with the layers' names and the sha256 of the weights.
        key: a hash of that description.

    Raises:
        ValueError, OSError: if the settings or files are wrong.
    """

    def __init__(self, painting, settings, size):
        self.painting, self.settings = painting, settings
        self.config = build(
            LossConfig, {k: v for k, v in settings.items() if k != "style_size"}
        )
        check(self.config)
        name, weights = self.config.loss_network, self.config.loss_weights
        check_layers(name, loss_layers(self.config))
        try:
            check_weights(name, weights)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{error}. Say where it is: --loss_weights") from None
        check_sizes(self.config, size=size, style_size=settings["style_size"])
        default = architecture(name)
        if default.offline:
            raise ValueError(
                f"{name} only imitates another network, and judges nothing. Give the "
                "teacher: --loss_network vgg19, with its --loss_weights"
            )
        layers = {
            kind: layer_weights(settings[kind] or getattr(default, kind))
            for kind in ("content_layers", "style_layers")
        }
        if weights not in ("imagenet", "random"):
            weights = sha256(weights)
        self.about = {
            "painting": os.path.basename(painting),
            "sha256": sha256(painting),
            "settings": settings | layers | {"loss_weights": weights},
        }
        decides = {k: v for k, v in self.about.items() if k != "painting"}
        described = json.dumps(decides, sort_keys=True).encode()
        self.key = hashlib.sha256(described).hexdigest()[:16]

    @functools.cached_property
    def loss(self):
        """Return the `PerceptualLoss` of the painting, built when it is first used."""
        painting = read_picture(self.painting).pixels
        size = fit_size(*painting.shape[:2], self.settings["style_size"], min)
        keras.utils.set_random_seed(0)
        return PerceptualLoss(resize(painting, *size), self.config)

    def objective(self, photograph):
        """Return the `PictureObjective` of a photograph, (height, width, 3), 0-255."""
        return PictureObjective(self.loss, photograph)

    def check_kept(self, results):
        """Check that the kept results were computed with the same formulas.

        Raises:
            ValueError: if the losses of noise differ from the kept ones.
        """
        noise = np.random.default_rng(0).uniform(0, 255, (2, 128, 128, 3))
        photograph, strong = noise.astype(np.float32)
        # Within the painting's palette, the style term is that of Gram matrices alone.
        weak = read_picture(self.painting).pixels.mean((0, 1)) + (strong - 127.5) / 32
        objective = self.objective(photograph)
        found = [[*losses(objective, picture).values()] for picture in (strong, weak)]
        kept = results.once("formulas", (self.key,), lambda: found)
        if not np.allclose(kept, found, rtol=0.01):
            raise ValueError(
                f"{results.path} was measured by a loss with other formulas. Give another "
                "--json, or delete it"
            )


def losses(objective, picture):
    """Return {"total", "content", "style", "variation"} of a picture.

    Args:
        objective: the photograph's `PictureObjective`.
        picture: float32 RGB (height, width, 3), 0-255.
    """
    total, terms = objective(ops.convert_to_tensor(picture[None], "float32"))
    return {"total": float(total)} | {name: float(term) for name, term in terms.items()}
