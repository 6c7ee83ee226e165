"""What --style may say."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fusion_style.models import shipped
from fusion_style.models.choice import (
    UNFIT,
    choice_of,
    choices,
    each_painting,
    parse_mix,
    parse_style,
    stem,
)
from fusion_style.models.conditions import Condition, read_conditions
from fusion_style.models.style_file import CHECKPOINT, StyleFileError
from fusion_style.tests.support.many import FOUR, save_many

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    lambda name: name == name.strip() and "," not in name
)
WEIGHTS = st.floats(1e-6, 1e6)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return save_many(tmp_path_factory.mktemp("many") / "my.keras")


@pytest.fixture
def folder(many, tmp_path, monkeypatch):
    """An empty folder with my.keras in it; nothing is shipped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shipped, "PRETRAINED", str(tmp_path / "pretrained"))
    os.mkdir("pretrained")
    os.link(many, "my.keras")
    return tmp_path


@pytest.fixture
def gallery(folder, style, many):
    """As `folder`, with shipped files of one painting and of two."""
    os.link(many, "pretrained/paintings.keras")
    others = [*FOUR[:2], Condition("scream", 300, "scream.jpg")]
    save_many(folder / "pretrained" / "paintings_mobile.keras", others)
    for name in ("starry_night", "wave"):
        os.symlink(style, f"pretrained/{name}.keras")
    return folder / "pretrained"


def test_a_file(folder):
    choice = parse_style("my.keras")
    assert (choice.path, choice.weights, choice.name) == ("my.keras", (), "my")
    absolute = str(folder / "my.keras")
    assert parse_style(absolute).path == absolute
    assert parse_style(folder / "my.keras").path == absolute


def test_a_painting_in_a_file(folder):
    choice = parse_style("my.keras:udnie")
    assert choice.path == "my.keras" and choice.weights == (("udnie", 1.0),)
    assert choice.name == "udnie"


def test_a_mix_in_a_file(folder):
    choice = parse_style("my.keras:wave=1,udnie=3")
    assert choice.weights == (("wave", 1.0), ("udnie", 3.0))
    assert choice.name == "udnie75-wave25"
    assert parse_style("my.keras: udnie = 3 , wave = 1").name == choice.name
    assert parse_style("my.keras:wave=2,udnie=0").name == "wave"


def test_the_folder_of_a_training(folder):
    os.mkdir("a.training")
    os.link("my.keras", f"a.training/{CHECKPOINT}")
    choice = parse_style("a.training")
    assert (choice.path, choice.name) == (os.path.join("a.training", CHECKPOINT), "a")
    assert parse_style("a.training:wave").weights == (("wave", 1.0),)


@pytest.mark.parametrize(
    "name", ["a:b.keras", "a=0.5,b=0.5", "my.keras:wave", "x=1", "C:\\styles\\a.keras"]
)
def test_what_exists_is_a_file_whatever_its_name(folder, name):
    os.link("my.keras", name)
    assert parse_style(name).path == name and not parse_style(name).weights
    assert parse_style(f"{name}:udnie").path == name
    assert parse_style(f"{name}:udnie=2,wave=2").name == "udnie50-wave50"


def test_shipped_names(gallery):
    paths = {
        text: os.path.basename(parse_style(text).path)
        for text in ("starry_night", "wave", "udnie", "scream", "paintings:wave",
                     "paintings_mobile:wave", "udnie=1,wave=1", "scream=1,wave=1")
    }  # fmt: skip
    assert paths == {
        "starry_night": "starry_night.keras", "wave": "wave.keras",
        "udnie": "paintings.keras", "scream": "paintings_mobile.keras",
        "paintings:wave": "paintings.keras",
        "paintings_mobile:wave": "paintings_mobile.keras",
        "udnie=1,wave=1": "paintings.keras", "scream=1,wave=1": "paintings_mobile.keras",
    }  # fmt: skip
    assert parse_style("wave").weights == () and parse_style("wave").name == "wave"


def test_a_folder_of_photographs_hides_no_painting(gallery):
    os.mkdir("udnie")
    assert parse_style("udnie").name == "udnie"
    with pytest.raises(StyleFileError, match="is a directory without a checkpoint"):
        parse_style(os.path.join(".", "udnie"))


def test_all_is_every_painting_once(gallery):
    found = choices("all")
    assert [choice.name for choice in found] == ["starry_night", "wave", "udnie", "scream"]
    assert [choice.weights for choice in found[:2]] == [(), ()]
    for choice in found:
        assert parse_style(choice.name) == choice


def test_a_file_of_several_is_each_of_its_paintings(folder):
    found = choices("my.keras")
    assert [choice.name for choice in found] == ["wave", "udnie"]
    assert choices("my.keras:wave") == found[:1]
    assert len(choices("my.keras:wave=1,udnie=1")) == 1


def test_a_file_of_one_painting_has_the_file_s_name(style):
    (choice,) = choices(style)
    assert choice.name == "narrow" and choice.weights == ()


@pytest.mark.parametrize(
    "path", ["wave.keras", "deep/wave.keras", "./wave.keras", "wave.training/"]
)
def test_files_have_their_own_names(path):
    assert stem(path) == "wave"


def test_names_of_files_are_sane_and_differ():
    odd = ["a/b", "a:b", "../c", "A_b", "é (2)", "d\n"]
    conditions = [Condition(name, 256) for name in odd]
    names = [choice.name for choice in each_painting("x.keras", conditions)]
    assert names == ["a_b", "a_b-2", ".._c", "A_b-3", "é (2)", "d_"]


@pytest.mark.parametrize(("text", "message"), [
    ("none.keras", "There is no style none.keras: it is neither a file nor"),
    ("none.keras:wave", "There is no style none.keras: it is neither"),
    ("deep/none", "There is no style deep/none: it is neither"),
    ("C:\\none.keras:wave", r"There is no style C:\\none.keras: it is neither"),
    ("monet", r"There is no style monet: .* \(starry_night, wave, udnie, scream\)$"),
    ("", "There is no style : it is neither"),
    ("wave=0.5,monet=0.5", "There is no style monet"),
    ("udnie=1,scream=1", "No shipped file has udnie and scream together"),
    ("my.keras:monet", "no painting monet in this style file. It has wave, udnie$"),
    ("my.keras:wave=1,monet=1", "no painting monet in this style file"),
    ("my.keras:", "There is no painting  in this style file. It has wave, udnie$"),
    ("my.keras:wave=1,wave=2", "wave is twice in the mix wave=1,wave=2"),
    ("my.keras:wave,udnie", "wave=0.6,udnie=0.4. Received: wave,udnie$"),
    ("my.keras:wave=1,", "paintings with their weights, .* Received: wave=1,$"),
    ("my.keras:=1", "paintings with their weights, .* Received: =1$"),
    ("my.keras:wave=", "weight of wave must be a number. Received: wave=$"),
    ("my.keras:wave=much", "weight of wave must be a number. Received: much$"),
    ("my.keras:wave=-1", "weight of wave must be a finite number at least 0.*-1.0$"),
    ("my.keras:wave=nan", "weight of wave must be a finite number at least 0.*nan$"),
    ("my.keras:wave=0,udnie=0", "needs a painting whose weight is more than 0"),
])  # fmt: skip
def test_what_cannot_be_chosen_is_one_line(gallery, text, message):
    with pytest.raises(ValueError, match=message) as raised:
        parse_style(text)
    assert "\n" not in str(raised.value)


@pytest.mark.filterwarnings("error")
def test_nothing_shipped_is_said(folder):
    with pytest.raises(ValueError, match="no style is shipped here"):
        choices("all")
    with pytest.raises(StyleFileError, match=r"shipped styles \(none are here\)"):
        parse_style("wave")


@given(st.dictionaries(NAMES, WEIGHTS, min_size=1, max_size=5))
def test_what_is_written_is_read(weights):
    text = ",".join(f"{name}={weight!r}" for name, weight in weights.items())
    assert parse_mix(text, there=[]) == weights


@given(st.text(min_size=1))
def test_a_name_that_is_there_is_taken_whole(name):
    assert parse_mix(name, there=[name]) == {name: 1.0}


@given(st.text())
def test_any_text_is_read_or_refused_in_a_line(text):
    try:
        weights = parse_mix(text, there=["wave"])
    except ValueError as error:
        assert str(error)
    else:
        assert weights and all(isinstance(weight, float) for weight in weights.values())


@given(st.dictionaries(NAMES, WEIGHTS, min_size=1, max_size=5))
@example({"wave": 1.0, "udnie": 1.0})
@example({"0": 999999.9999999999, "00": 799811.0, "000": 1000000.0})
@example({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.6000000000000001})
def test_names_of_mixes(weights):
    conditions = [Condition(name, 256) for name in weights]
    name = choice_of("x.keras", conditions, weights).name
    assert not UNFIT.search(name) and os.path.basename(name) == name
    turned = dict(reversed(weights.items()))
    assert choice_of("x.keras", conditions, turned).name == name


def test_the_file_says_what_is_in_it(many):
    assert read_conditions(many) == FOUR
