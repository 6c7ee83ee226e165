"""Style files: their descriptions, their sums, and what a person sees of them."""

import copy
import json
import os
import shutil
import subprocess
import sys
import zipfile
from warnings import catch_warnings, simplefilter

import keras
import numpy as np
import pytest

from fusion_style.inference.blank import PaintingWarning
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.loading import load_graph, load_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.style_parts import (
    CONFIG,
    RECIPE,
    SUMS,
    WEIGHTS,
    assert_refused,
    put_together,
    replaced,
)


def config(**changes):
    """A change of config.json; dots in a name lead inward."""

    def change(data):
        described = json.loads(data)
        for name, value in changes.items():
            place, *inner = name.split("__")[::-1]
            target = described
            for step in inner[::-1]:
                target = target[step]
            target[place] = value
        return json.dumps(described).encode()

    return change


@pytest.mark.parametrize(("name", "change", "message"), [
    (CONFIG, config(config__width=1e9), "width must be .* at most 16. Received: 10000000"),
    (CONFIG, config(config__width=16), "the weights of .* should have the shapes"),
    (CONFIG, config(config__width=-1), "width must be"),
    (CONFIG, config(config__width="1"), "width must be"),
    (CONFIG, config(config__width=float("nan")), "is not JSON: NaN is not a number"),
    (CONFIG, config(config__norm=["batch"]), "norm must be one of batch, instance"),
    (CONFIG, config(config__norm="instance"), "the weights of .*_norm should have"),
    (CONFIG, config(config__depth=3), "There is no setting called depth"),
    (CONFIG, config(config__network="johnson"), "is described as another network"),
    (CONFIG, config(config__network={}), "is described as another network"),
    (CONFIG, config(config=None), "config.json does not describe the network"),
    (CONFIG, config(class_name="JohnsonNetwork"), "of Fusion Style but fusion_style>F"),
    (CONFIG, config(class_name=7), "contains no network of Fusion Style"),
    (CONFIG, config(registered_name="keras>Lambda"), "Style but keras>Lambda"),
    (CONFIG, config(registered_name=None), "no network of Fusion Style but FusionNet"),
    (CONFIG, config(class_name="ANetwork", registered_name="fusion_style>ANetwork",
                    config__network="a"), "network must be one of fusion, johnson"),
    (CONFIG, lambda data: b"{", "config.json is not JSON"),
    (CONFIG, lambda data: b"\xff", "config.json is not JSON: .*codec can't decode"),
    (CONFIG, lambda data: b"[1]", "config.json is not a JSON object"),
    (CONFIG, lambda data: b'{"config": 1, "config": 2}', "an object has a key twice"),
    (CONFIG, lambda data: b"[" * 10**5, "config.json is nested too deep"),
    (RECIPE, lambda data: b'{"a":' * 10**5, "recipe.json is nested too deep"),
    (RECIPE, lambda data: b'{"loss": NaN}', "recipe.json is not JSON: NaN is not"),
    (RECIPE, lambda data: b"[1]", "recipe.json is not a JSON object"),
    (RECIPE, lambda data: b'{"format": "x\\ny"}', r"another version .*: x\\ny, not"),
    (RECIPE, lambda data: b'{"a": ' + b"9" * 5000 + b"}", "recipe.json is not JSON|None"),
    (WEIGHTS, lambda data: data[:500], "is a damaged style file"),
    (WEIGHTS, lambda data: b"", "is a damaged style file"),
])  # fmt: skip
def test_descriptions_that_cannot_be_are_refused(name, change, message, parts, tmp_path):
    if message.endswith("|None") and not hasattr(sys, "get_int_max_str_digits"):
        pytest.skip("this Python reads numbers of any length")
    path = put_together(tmp_path / "damaged.keras", replaced(parts, name, change))
    for read in (load_graph, load_network):
        assert_refused(path, message, read)


def test_networks_of_others_are_not_loaded(tmp_path):
    path = str(tmp_path / "other.keras")
    save_network(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), path, {})
    assert_refused(path, "no network of Fusion Style but Sequential", load_network)


def test_sums_are_as_the_standard_tool_reads_them(style, tmp_path):
    with zipfile.ZipFile(style) as archive:
        archive.extractall(tmp_path)
    tool = shutil.which("sha256sum")
    if not tool:
        pytest.skip("there is no sha256sum here")
    subprocess.run([tool, "--check", "--quiet", SUMS], cwd=tmp_path, check=True)


def test_keras_reads_a_style_file(style, photograph):
    pixels = photograph[None].astype("float32")
    ours, keras_own = load_network(style), keras.saving.load_model(style)
    np.testing.assert_array_equal(ours(pixels), keras_own(pixels))


def test_a_recipe_with_nan_is_not_written(tmp_path):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_network(network, str(tmp_path / "a.keras"), {"loss": float("nan")})
    assert not os.listdir(tmp_path)


def painted_with(stylizer, result, pixels):
    """What the stylizer's engine paints is `result`."""
    stylizer = copy.copy(stylizer)
    stylizer.engine = copy.copy(stylizer.engine)
    stylizer.engine.paint = lambda tiles, *_: np.broadcast_to(result, tiles.shape)
    return stylizer.paint(pixels)


def test_a_painting_that_shows_nothing_is_told(style):
    stylizer = Stylizer(style, "openvino")
    pixels = made_up_photograph(20, 30).astype("float32")
    flat = np.full((9, 9, 3), 7, "float32")
    for value, what in ((np.nan, "not finite"), (np.inf, "not finite"), (0, "single")):
        with pytest.warns(PaintingWarning, match=f"The style {style} paints .*{what}"):
            painted_with(stylizer, np.float32(value), pixels)
    with catch_warnings():
        simplefilter("error")
        painted_with(stylizer, np.float32(0), flat)  # as it should be
        stylizer.paint(pixels)
