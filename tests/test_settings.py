"""Settings: checks, flat settings and back, what may change."""

import dataclasses
import json

import numpy as np
import pytest

from fusion_style.settings import build, changed, check, flatten, setting, settings_of


@dataclasses.dataclass(frozen=True)
class WoodConfig:
    wood: str = setting("Of the frame.", "oak", choices=("oak", "ash"))
    depth: float = setting("In millimeters.", 20.0, above=0)


@dataclasses.dataclass(frozen=True)
class FrameConfig:
    title: str = setting("What is written below.", may_change=True)
    side: int = setting("In pixels.", 512, at_least=16, at_most=4096)
    angle: float | None = setting("Turned by.", None, at_least=-180, at_most=180)
    names: tuple[str, ...] = setting("From left to right.", ("a", "b"))
    shares: tuple[float, ...] | None = setting("Of each.", None, at_least=0)
    glass: bool = setting("Behind glass.", False)
    frame: WoodConfig = WoodConfig()
    nails: int | tuple[int, ...] = setting("In each corner.", 2, at_least=1, flag=False)


@pytest.mark.parametrize(("values", "message"), [
    ({"title": 3}, "title must be text. Received: 3"),
    ({"title": None}, "title must be text. Received: None"),
    ({"side": 8}, "side must be a whole number from 16 to 4096. Received: 8"),
    ({"side": 10**400}, "side must be a whole number from 16 to 4096. Received: 1000"),
    ({"side": 20.0}, "side must be a whole number .* Received: 20.0"),
    ({"side": True}, "side must be a whole number .* Received: True"),
    ({"angle": float("nan")}, "angle must be a number from -180 to 180. Received: nan"),
    ({"angle": float("-inf")}, "angle must be a number .* Received: -inf"),
    ({"names": "ab"}, "names must be a list, each text. Received: 'ab'"),
    ({"shares": (1, -1)}, "shares must be a list, each a finite number at least 0"),
    ({"shares": (1, float("nan"))}, "shares must be a list"),
    ({"glass": 1}, "glass must be true or false. Received: 1"),
    ({"nails": 0}, "nails must be a whole number at least 1. Received: 0"),
    ({"nails": (3, 0)}, r"nails must be a whole number at least 1. Received: \(3, 0\)"),
    ({"nails": ()}, "nails must be a whole number"),
    ({"nails": "3"}, "nails must be a whole number"),
    ({"frame": WoodConfig("fir")}, "wood must be one of oak, ash. Received: 'fir'"),
    ({"frame": WoodConfig(depth=0)}, "depth must be a finite number more than 0"),
    ({"frame": WoodConfig(depth=10**400)}, "depth must be a finite number more than 0"),
])  # fmt: skip
def test_what_is_not_allowed_is_one_line(values, message):
    with pytest.raises(ValueError, match=f"^{message}") as error:
        check(FrameConfig(**{"title": "Sea"} | values))
    assert "\n" not in str(error.value) and len(str(error.value)) < 160


@pytest.mark.parametrize("values", [
    {"side": 16}, {"side": np.int64(4096)}, {"angle": 180}, {"angle": np.float32(1)},
    {"names": ()}, {"names": ["a"]}, {"shares": (1, 2.5)}, {"glass": True},
    {"nails": 3}, {"nails": (1, 2)},
])  # fmt: skip
def test_what_is_allowed(values):
    check(FrameConfig("Sea", **values))


def test_flat_and_back():
    config = FrameConfig(
        "Sea", np.int64(20), np.float32(2), ("c",), (1, 2), True, WoodConfig("ash")
    )
    flat = flatten(config)
    assert list(flat)[6:] == ["wood", "depth", "nails"] and flat["wood"] == "ash"
    assert flat["names"] == ["c"] and flat["shares"] == [1.0, 2.0]
    assert json.loads(json.dumps(flat)) == flat
    assert build(FrameConfig, flat) == config
    assert build(FrameConfig, {"title": "Sea"}) == FrameConfig("Sea")
    assert list(settings_of(FrameConfig)) == list(flat)
    with pytest.raises(ValueError, match="There is no setting called colour, size"):
        build(FrameConfig, {"title": "Sea", "size": 3, "colour": 1})
    with pytest.raises(ValueError, match="title must be given: text"):
        build(FrameConfig, {})


def test_what_may_not_change():
    before = flatten(FrameConfig("Sea"))
    after = flatten(FrameConfig("Lake", side=20, frame=WoodConfig("ash")))
    assert changed(before, before, FrameConfig) == []
    assert changed(before, after, FrameConfig) == [("side", 512), ("wood", "oak")]
    del before["side"], before["depth"]  # written before there was such a setting
    assert changed(before, after, FrameConfig) == [("side", 512), ("wood", "oak")]
    assert changed(before, flatten(FrameConfig("Lake")), FrameConfig) == []


def test_one_alone_stands_for_a_list_of_one():
    """What records of one say stays as it is when several become possible."""
    for nails in (3, (3,), [3]):
        assert flatten(FrameConfig("Sea", nails=nails))["nails"] == 3
    several = flatten(FrameConfig("Sea", nails=(3, 4)))
    assert several["nails"] == [3, 4] and build(FrameConfig, several).nails == (3, 4)
    alone = flatten(FrameConfig("Sea", nails=(2,)))
    assert not changed({}, alone, FrameConfig)
    assert changed(several, alone, FrameConfig) == [("nails", [3, 4])]
