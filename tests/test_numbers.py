"""Numbers that cannot be, for every numeric flag of the scripts: one clear line each."""

import pytest
from absl.testing import flagsaver

from fusion_style.flags import parse
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.settings import settings_of
from fusion_style.tests.support.pictures import import_script
from fusion_style.training.config import TrainConfig

SCRIPTS = {
    "train": (TrainConfig, ["--style=none.jpg"]),
    "optimize": (OptimizeConfig, ["--content=none.jpg", "--style=none.jpg"]),
}
NUMBERS = [
    (script, name)
    for script, (config_class, _) in SCRIPTS.items()
    for name, one in settings_of(config_class).items()
    if one.flag and one.kind in (int, float)
]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1", "9" * 40, "1e999", "x"])
@pytest.mark.parametrize(("script", "name"), NUMBERS, ids="-".join)
def test_one_line_names_the_flag(script, name, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = import_script(f"fusion_style.{script}")
    given = [f"{script}.py", *SCRIPTS[script][1], f"--{name}={number}"]
    with flagsaver.flagsaver():
        try:
            error = module.main(parse(given))
        except SystemExit as ended:
            error = ended.code
    assert error.startswith(f"{script}.py: ") and "\n" not in error
    assert f"{name} must be " in error or f"flag --{name}=" in error
    assert "number" in error and not list(tmp_path.iterdir())


def test_every_number_has_bounds():
    """So that what is too large is told of before anything is computed with it."""
    for config_class, _ in SCRIPTS.values():
        for name, one in settings_of(config_class).items():
            if one.kind in (int, float):
                assert one.at_most is not None, name
                assert one.at_least is not None or one.above is not None, name


@pytest.mark.parametrize("flag", ["--size=99999999", "--style_size=99999999"])
def test_a_size_is_blamed_itself(flag, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = import_script("fusion_style.train")
    with flagsaver.flagsaver():
        error = train.main(parse(["train.py", "--style=none.jpg", flag]))
    name = flag[2:].split("=")[0]
    assert error == (
        f"train.py: {name} must be a whole number from 16 to 16384. Received: 99999999"
    )
