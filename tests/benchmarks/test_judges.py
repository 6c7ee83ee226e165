"""Who judges a style, and the slow method that it is compared with."""

import math
import os
import shutil

import numpy as np
import pytest
from keras import ops
from PIL import Image

from fusion_style.benchmarks.yardstick import slow_method
from fusion_style.benchmarks.yardstick.judges import Judge, find_painting, loss_settings
from fusion_style.benchmarks.yardstick.slow_method import worth, worth_said
from fusion_style.files import sha256
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.tests.support.tiny import picture

LOSS = {
    "loss_network": "vgg16",
    "loss_weights": "random",
    "content_layers": ["relu1_2"],
    "style_layers": ["relu1_1", "relu2_1=3"],
    "style_size": 40,
}


def test_iterations_between_two_are_found_over_the_logarithm():
    totals = [9.0, *(5 - math.log(i) for i in range(1, 401))]
    assert worth(totals, 5 - math.log(64)) == pytest.approx(64)
    assert worth(totals, 5 - math.log(64.3)) == pytest.approx(64.3, rel=1e-3)
    sparse = [9.0, 5.0, 4.0]
    assert worth(sparse, 4.5) == pytest.approx(math.sqrt(2))
    assert worth([9.0, 5.0, 5.0, 5.0, 3.0], 4.0) == pytest.approx(math.sqrt(12))


def test_what_is_outside_the_slow_methods_range():
    totals = [9.0, 5.0, 4.0, 4.0]
    said = [worth_said(worth(totals, total), 3) for total in (math.nan, 5.1, 5.0, 4.0, 3.9)]
    assert said == ["< 1", "< 1", "1.0", "2.0", "> 3"]


def test_a_slow_run_goes_down_and_stays_where_nothing_is_better():
    def squares(x):
        total = ops.sum(ops.square(x - 100.0))
        return total, {"squares": total}

    falling = slow_method.run(squares, picture(4, 4), 3)
    assert falling.keys() == {"total", "squares"}
    assert len(falling["total"]) == 4
    assert falling["total"] == sorted(falling["total"], reverse=True)
    there = slow_method.run(squares, np.full((4, 4, 3), 100, np.float32), 3)
    assert there["total"] == [0.0] * 4


def test_a_loss_is_the_recipes_unless_it_is_given():
    learned = {"loss_network": "vgg19", "content_layers": ["relu4_4"], "size": 128}
    recipe = {"settings": learned | {"tv_weight": 0.5, "loss_weights": "vgg19.h5"}}
    settings = loss_settings(recipe, {"tv_weight": None, "style_weight": 3.0})
    assert settings["loss_network"] == "vgg19" and settings["loss_weights"] == "vgg19.h5"
    assert settings["content_layers"] == ["relu4_4"] and settings["style_layers"] is None
    assert settings["tv_weight"] == 0.5 and settings["style_weight"] == 3.0
    assert settings["style_size"] == 384 and "size" not in settings
    other = loss_settings(recipe, {"loss_network": "vgg16"})
    assert other["content_layers"] is None and other["loss_weights"] == "imagenet"
    assert other["tv_weight"] == 0.5


def test_a_painting_is_found_by_its_bytes_or_else_its_name(painting, tmp_path):
    recipe = {"painting": {"file": "painting.png", "sha256": sha256(painting)}}
    moved = shutil.copy(painting, tmp_path / "moved.png")
    (tmp_path / "inside").mkdir()
    Image.fromarray(made_up_photograph(9, 9)).save(tmp_path / "inside" / "painting.png")
    assert find_painting(recipe, [str(tmp_path)]) == (str(moved), True)
    folder = str(tmp_path / "inside")
    found = os.path.join(folder, "painting.png")
    assert find_painting(recipe, [folder]) == (found, False)
    recipe["painting"]["file"] = "wave.jpg"
    with pytest.raises(ValueError, match="wave.jpg, is not among --paintings: painting"):
        find_painting(recipe, [folder])
    with pytest.raises(ValueError, match="which it does not name"):
        find_painting({}, [folder])


def test_judges_are_the_same_for_the_same_painting_and_loss(painting, tmp_path):
    def judge(painting=painting, **given):
        return Judge(str(painting), loss_settings({}, LOSS | given), 64)

    moved = shutil.copy(painting, tmp_path / "moved.png")
    (tmp_path / "other.png").write_bytes(moved.read_bytes() + b"0")
    same = judge(moved, style_layers=["relu1_1=2", "relu2_1=6"], tv_weight=5e-4)
    assert same.key == judge().key
    keys = {judge().key, judge(tmp_path / "other.png").key, judge(tv_weight=0.1).key}
    keys |= {judge(style_layers=["relu1_1"]).key, judge(style_size=41).key}
    weights = {}
    for name, content in (("1.h5", b"1"), ("2.h5", b"1"), ("3.h5", b"3")):
        (tmp_path / name).write_bytes(content)
        weights[name] = judge(loss_weights=str(tmp_path / name)).key
    assert weights["1.h5"] == weights["2.h5"]
    assert len(keys | set(weights.values())) == 7
    with pytest.raises(FileNotFoundError, match="no.h5. Say where it is: --loss_weights"):
        judge(loss_weights="no.h5")


@pytest.mark.parametrize("of_the_recipe", [True, False])
def test_a_likeness_of_a_loss_network_judges_nothing(painting, of_the_recipe):
    likeness = {"loss_network": "vgg19_distilled"}
    recipe, given = ({"settings": likeness}, {}) if of_the_recipe else ({}, likeness)
    with pytest.raises(ValueError, match="judges nothing. Give the teacher: --loss_net"):
        Judge(str(painting), loss_settings(recipe, given), 64)
