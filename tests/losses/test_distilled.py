"""The loss network of our own: its features against NumPy, and the file that is shipped."""

import json

import keras
import numpy as np
import pytest

from fusion_style.files import sha256
from fusion_style.losses.config import LossConfig
from fusion_style.losses.features import networks
from fusion_style.losses.features.distilled import PAPER, SHIPPED
from fusion_style.losses.features.identity import known_by
from fusion_style.losses.features.networks import ARCHITECTURES, build_loss_network
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.tests.losses.test_loss_architectures import check_features, convolve, relu
from fusion_style.tests.support.made_up_weights import save, state_dict
from fusion_style.tests.support.tiny import picture

NAME = "vgg19_distilled"
LAYERS = list(ARCHITECTURES[NAME].layers)
CAFFE = np.array([123.68, 116.779, 103.939])  # of red, green and blue; then BGR


def pool(x):
    channels, height, width = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    return x.reshape(channels, height // 2, 2, width // 2, 2).max(axis=(2, 4))


def numpy_distilled(x, state):
    def conv(x, name):
        kernel = state[f"{name}.weight"]
        return convolve(x, kernel, state[f"{name}.bias"], pad=kernel.shape[2] // 2)

    def wide(x, name):
        return relu(conv(conv(x, f"conv{name}"), f"widen{name}"))

    def narrow(x, name):
        return relu(conv(conv(x, f"narrow{name}"), f"conv{name}"))

    maps = {"relu1_1": relu(conv(x, "conv1_1"))}
    maps["relu2_1"] = wide(pool(narrow(maps["relu1_1"], "1_2")), "2_1")
    maps["relu3_1"] = wide(pool(narrow(maps["relu2_1"], "2_2")), "3_1")
    maps["relu3_3"] = wide(narrow(maps["relu3_1"], "3_2"), "3_3")
    maps["relu4_1"] = wide(pool(narrow(maps["relu3_3"], "3_4")), "4_1")
    return maps


@pytest.mark.parametrize("extension", [".safetensors", ".npz"])
def test_features_against_numpy(extension, tmp_path):
    state = state_dict(NAME)
    path = save(tmp_path / f"weights{extension}", state)
    x = picture(1, 34, 27)
    expected = numpy_distilled((x[0] - CAFFE)[..., ::-1].transpose(2, 0, 1), state)
    check_features(build_loss_network(NAME, LAYERS, path)(x), expected, LAYERS)


def test_it_has_the_teachers_channels():
    """So that Gram matrices are the teacher's, and content and style layers too."""
    ours = build_loss_network(NAME, LAYERS, "random").output
    theirs = build_loss_network("vgg19", LAYERS, "random").output
    for layer in LAYERS:
        assert ours[layer].shape == theirs[layer].shape
    for kind in ("content_layers", "style_layers"):
        assert getattr(ARCHITECTURES[NAME], kind) == getattr(ARCHITECTURES["vgg19"], kind)


def test_the_shipped_file_is_the_one_of_its_paper():
    paper = json.loads(PAPER.read_text("utf-8"))
    assert paper["sha256"] == sha256(SHIPPED)
    assert SHIPPED.stat().st_size <= 1_000_000
    assert {"teacher", "recipe", "license", "attribution"} <= paper.keys()
    assert paper["license"] == "CC-BY-4.0"


def test_the_shipped_weights_need_no_download(monkeypatch):
    """And they are the default, as ImageNet's are of other networks."""

    def fail(*args, **kwargs):
        raise AssertionError("nothing is to be downloaded")

    monkeypatch.setattr(keras.utils, "get_file", fail)
    painting, photograph = picture(2, 48, 40)
    loss = PerceptualLoss(painting, LossConfig(NAME))
    assert not loss.network.trainable_variables
    assert all(np.isfinite(w).all() for w in loss.network.get_weights())
    terms = loss(photograph[None], photograph[None] / 2)
    assert float(terms["content"][0]) > 0 and float(terms["style"][0]) > 0
    same = loss(painting[None], painting[None])
    assert float(same["content"][0]) == 0
    assert float(same["style"][0]) < 0.01 * float(terms["style"][0])


def test_without_network_the_message_names_what_works_offline(monkeypatch):
    def fail(*args, **kwargs):
        raise Exception("URL fetch failure")

    arch = ARCHITECTURES["vgg16"]
    broken = {"vgg16": type(arch)(**{**vars(arch), "download": fail})}
    monkeypatch.setattr(networks, "architecture", lambda name: broken[name])
    with pytest.raises(ConnectionError, match="--loss_network vgg19_distilled"):
        build_loss_network("vgg16")


def test_what_a_record_knows_it_by():
    """Its file may be replaced while a training is interrupted: it is no mere word."""
    paper = json.loads(PAPER.read_text("utf-8"))
    assert known_by("imagenet", "vgg19_distilled") == paper["sha256"]
    assert known_by("imagenet", "vgg16") == "imagenet"
    assert known_by("random", "vgg19_distilled") == "random"
