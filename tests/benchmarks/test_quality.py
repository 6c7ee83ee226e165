"""The yardstick of style files: what is compared, what is kept, the tables."""

import json
import os

import keras
import pytest
from absl.testing import flagsaver

from fusion_style.benchmarks.yardstick import comparison, slow_method
from fusion_style.benchmarks.yardstick.comparison import (
    Style,
    compare,
    evenly,
    find_photographs,
    labels,
    square,
)
from fusion_style.benchmarks.yardstick.judges import Judge
from fusion_style.benchmarks.yardstick.results import Results
from fusion_style.data.images import read_picture
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.benchmarks.test_judges import LOSS
from fusion_style.tests.support.pictures import ROOT, import_script

LOSS_FLAGS = [
    f"--{name}={','.join(value) if isinstance(value, list) else value}"
    for name, value in LOSS.items()
]
FORMAT = "test"


@pytest.fixture(scope="module")
def other_style(tmp_path_factory):
    """Another untrained network, of the same painting."""
    path = str(tmp_path_factory.mktemp("style") / "other.keras")
    keras.utils.set_random_seed(5)
    recipe = {"settings": {}, "painting": {"file": "painting.png"}, "photographs": 0}
    save_network(build_network(width=0.125), path, recipe)
    return path


@pytest.fixture(scope="module")
def styles(style, other_style, painting):
    return [Style(s, s, LOSS, [painting], 64) for s in (style, other_style)]


@pytest.fixture
def slow_runs(monkeypatch):
    """The iterations of every run of the slow method."""
    runs, run = [], slow_method.run

    def counted(objective, photograph, iterations, start):
        runs.append(iterations)
        return run(objective, photograph, iterations, start)

    monkeypatch.setattr(slow_method, "run", counted)
    return runs


def test_photographs_are_evenly_spaced_squares(photographs):
    assert evenly("abcdefgh", 4) == ["a", "c", "e", "g"]
    assert evenly("ab", 4) == ["a", "b"] and evenly("ab", 0) == []
    paths = find_photographs(photographs, 3)
    assert [os.path.basename(path) for path in paths] == ["0.jpg", "2.jpg", "5.jpg"]
    assert square(paths[0], 64).shape == (64, 64, 3)


def test_labels_are_names_unless_two_are_the_same():
    assert labels(["starry", "some/where.keras"]) == ["starry", "where"]
    for same in (["a/1.keras", "b/1.keras"], ["wave", "wave.keras"]):
        assert labels(same) == same


def test_styles_of_a_painting_share_the_slow_method(styles, photographs, slow_runs):
    paths = find_photographs(photographs, 3)
    panel = compare(styles, paths, 64, 2, 2, "photo", Results(None, FORMAT))
    assert slow_runs == [2, 2] and panel.slow == [0, 1]
    assert list(panel.rows) == ["the photograph", *(style.label for style in styles)]
    for row in panel.rows.values():
        assert [len(numbers) for numbers in row.values()] == [3, 3, 3]
    untouched, first, second = panel.rows.values()
    for i in range(3):
        losses = untouched["losses"][i]
        assert losses["content"] == pytest.approx(0, abs=1e-6)
        weighted = 0.15 * losses["content"] + losses["style"] + 5e-4 * losses["variation"]
        assert losses["total"] == pytest.approx(weighted, rel=1e-5)
        assert first["losses"][i] != second["losses"][i]
    for run, i in zip(panel.runs, panel.slow, strict=True):
        start = untouched["losses"][i]["total"]
        assert run["total"][0] == pytest.approx(start, rel=1e-4)
        assert len(run["total"]) == 3 and run["total"][2] < start


def test_what_was_measured_is_not_measured_again(
    styles, photographs, slow_runs, tmp_path, monkeypatch
):
    kept = tmp_path / "kept.json"
    paths = find_photographs(photographs, 2)
    measure, measured = comparison.measure, []

    def stopped(*arguments):
        if len(measured) == 4:
            raise KeyboardInterrupt
        measured.append(arguments)
        return measure(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(comparison, "measure", stopped)
        compare(styles, paths, 64, 3, 1, "photo", Results(kept, FORMAT))
    assert len(json.loads(kept.read_text())["losses"]) == 4
    whole = compare(styles, paths, 64, 3, 1, "photo", Results(kept, FORMAT))

    def nothing(*arguments):
        raise AssertionError("measured again")

    for style in styles:
        monkeypatch.setattr(style, "paint", nothing)
    monkeypatch.setattr(Judge, "objective", nothing)
    again = compare(styles, paths, 64, 3, 1, "photo", Results(kept, FORMAT))
    assert again == whole and slow_runs == [3]
    shorter = compare(styles, paths, 64, 2, 1, "photo", Results(kept, FORMAT))
    assert shorter.runs[0]["total"] == whole.runs[0]["total"][:3]
    with pytest.raises(AssertionError, match="measured again"):
        compare(styles, paths, 64, 4, 1, "photo", Results(kept, FORMAT))


def test_what_a_changed_loss_measured_is_not_gone_on_with(styles, monkeypatch):
    judge, results = styles[0].judge, Results(None, FORMAT)
    judge.check_kept(results)
    judge.check_kept(results)
    monkeypatch.setitem(judge.loss.weights, "content", 0.3)
    with pytest.raises(ValueError, match="by a loss with other formulas"):
        judge.check_kept(results)


def test_the_slow_method_may_begin_with_noise(styles, photographs, tmp_path):
    kept = tmp_path / "kept.json"
    paths = find_photographs(photographs, 1)
    photo, noise = (
        compare(styles[:1], paths, 64, 1, 1, start, Results(kept, FORMAT))
        for start in slow_method.STARTS
    )
    assert photo.runs[0]["content"][0] == pytest.approx(0, abs=1e-6)
    assert noise.runs[0]["content"][0] > 0.1


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other"}', "{"])
def test_another_file_is_not_gone_on_with(tmp_path, content):
    path = tmp_path / "q.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="is there already"):
        Results(str(path), FORMAT)
    assert path.read_text() == content


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs quality.py: (exit status, what it printed)."""
    monkeypatch.syspath_prepend(ROOT)  # for the script to replace
    quality = import_script("fusion_style.benchmarks.quality")

    def run(*arguments):
        with flagsaver.flagsaver():
            error = quality.main(quality.FLAGS(["quality.py", *map(str, arguments)]))
        return (1, error) if error else (0, capsys.readouterr().out)

    return run


def test_tables_numbers_plot_and_sheet(run, style, photographs, painting, tmp_path):
    pytest.importorskip("matplotlib")
    flags = [
        f"--styles={style}", f"--paintings={painting}",
        f"--photographs={photographs}", "--count=3", "--slow_count=1", "--sizes=72,64",
        "--iterations=2,1", f"--json={tmp_path / 'q.json'}", f"--plot={tmp_path / 'q.png'}",
        f"--sheet={tmp_path / 'sheets'}", *LOSS_FLAGS,
    ]  # fmt: skip
    status, printed = run(*flags)
    assert status == 0
    first, second = json.loads((tmp_path / "q.json").read_text())["summary"]
    assert (first["size"], second["size"]) == (64, 72)
    assert first["photographs"] == 3 and first["painted_slowly"] == 1
    assert list(first["slow"]) == ["1", "2"]
    narrow = first["rows"]["narrow"]
    assert narrow["worth_of_each"] == [narrow["worth"]]
    assert (narrow["network"], narrow["norm"]) == ("fusion", "batch")
    for text in (
        "64×64, painting.png at 40 pixels", "72×72", "L-BFGS, 2 iterations",
        f"{narrow['losses']['total']:.3f}", f"{narrow['stability']['shift']:.2f} (",
        "narrow: its painting was found by its name; the bytes differ",
    ):  # fmt: skip
        assert text in printed
    assert read_picture(tmp_path / "q.png").pixels.shape[1] > 900
    assert sorted(os.listdir(tmp_path / "sheets")) == [
        "painting-64.jpg",
        "painting-72.jpg",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--styles="], "Give --styles"),
        (["--sizes=100"], "--sizes are multiples of 8, at least 64. Received: 100"),
        (["--iterations=0,1"], "--iterations are whole numbers, at least 1. Received: 0"),
        (["--photographs=nowhere"], "The folder of photographs does not exist: nowhere"),
        (["--styles=nothing.keras"], "There is no style nothing.keras"),
        (["--content_layers=relu9_9"], "vgg16 has no layer relu9_9"),
        (["--paintings=nowhere.png"], "nowhere.png"),
        (["--content_layers="], "content_layers is empty"),
        (["--loss_weights=no.h5"], "The file of weights does not exist: no.h5. Say where"),
    ],
)
def test_bad_input_is_one_clear_line(run, style, photographs, painting, more, message):
    flags = [f"--styles={style}", f"--paintings={painting}", f"--photographs={photographs}"]
    status, printed = run(*flags, *LOSS_FLAGS, *more)
    assert status == 1 and printed.startswith("quality.py: ")
    assert message in printed and "\n" not in printed


def test_a_plot_in_no_format_is_refused_at_once(run, style, photographs, painting):
    pytest.importorskip("matplotlib")
    flags = [f"--styles={style}", f"--paintings={painting}", f"--photographs={photographs}"]
    status, printed = run(*flags, *LOSS_FLAGS, "--plot=curves.txt")
    assert status == 1 and printed.endswith("Received: curves.txt")
