"""The benchmarks' own parts: photographs, machine, and the programs on tiny work."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from absl.testing import flagsaver

from fusion_style.benchmarks import loss_curve
from fusion_style.benchmarks.machine import machine
from fusion_style.benchmarks.photographs import SIZE, make_photographs
from fusion_style.data.images import read_picture
from fusion_style.tests.support.pictures import ROOT, import_script


def test_made_up_photographs_are_about_as_large_as_cocos(tmp_path):
    paths = make_photographs(str(tmp_path), 3)
    sizes = [os.path.getsize(path) for path in paths]
    assert 100_000 < np.mean(sizes) < 200_000
    first, second, _ = pictures = [read_picture(path).pixels for path in paths]
    assert {picture.shape[1::-1] for picture in pictures} == {SIZE}
    assert (first != second).any() and 30 < first.std() < 70


def test_the_machine_names_what_is_installed():
    assert {"processor", "cores", "numpy"} <= set(machine("numpy", "no-such-package"))
    assert "no-such-package" not in machine("no-such-package")


def test_the_ablations_sheets(tmp_path, painting, monkeypatch):
    pytest.importorskip("matplotlib")
    ablation = import_script("fusion_style.benchmarks.ablation")
    trained = []

    def train(run, painting, photograph, steps, size, every, bar):
        trained.append(run)
        watch = ablation.Watch(photograph, every, bar)
        watch.losses = [{"content": 2 / i, "style": 3 / i} for i in range(1, steps + 1)]
        watch.pictures = [photograph] * (steps // every)
        return watch

    monkeypatch.setattr(ablation, "train", train)
    flags = [f"--style={painting}", "--steps=10", f"--out={tmp_path / 'new'}"]
    with flagsaver.flagsaver():
        ablation.FLAGS(["ablation.py", *flags])
        assert ablation.main(["ablation.py"]) is None
    assert trained == list(ablation.RUNS)
    for name in ("ablation.jpg", "ablation_losses.png"):
        assert np.ptp(read_picture(tmp_path / "new" / name).pixels) > 100
    (tmp_path / "file").write_text("")
    with flagsaver.flagsaver():
        ablation.FLAGS(["ablation.py", *flags, f"--out={tmp_path / 'file'}"])
        assert "cannot be written" in ablation.main(["ablation.py"])
    assert len(trained) == len(ablation.RUNS)


def run(script, *arguments):
    program = [sys.executable, os.path.join(ROOT, "benchmarks", script), *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=120)


def test_the_input_pipelines_benchmark(tmp_path):
    numbers = tmp_path / "numbers.json"
    flags = ["--photographs=16", "--size=64", "--repeats=1", f"--json={numbers}"]
    result = run("input_pipeline.py", *flags)
    assert result.returncode == 0, result.stderr
    assert "disk, later pass" in result.stdout
    seconds = json.loads(numbers.read_text())["seconds"]
    assert all(len(turn) == 16 for turns in seconds.values() for turn in turns)
    assert all(turn == sorted(turn) for turns in seconds.values() for turn in turns)


@pytest.fixture
def record():
    """73 steps, resumed after two of them; the loss of each step is its number."""

    def losses(number):
        return {"loss": number, "content": 2 * number, "style": 3, "variation": 4}

    ends = range(10, 80, 10)
    return {
        "settings": {}, "painting": {}, "steps": 73,
        "history": [{"step": end, **losses(end - 4.5)} for end in ends],
        "recent": [losses(number) for number in (71, 72, 73)],
        "resumed": [20, 64],
        "rollbacks": [{"step": 55, "to": 50, "learning_rate": 5e-4}],
    }  # fmt: skip


def test_losses_of_each_step(record):
    losses = loss_curve.losses_by_step(record)
    assert list(losses) == ["content", "style", "variation", "loss"]
    expected = [*np.repeat(np.arange(7) * 10 + 5.5, 10), 71, 72, 73]
    np.testing.assert_array_equal(losses["loss"], expected)
    np.testing.assert_array_equal(losses["content"], 2 * losses["loss"])


def test_running_means():
    values = np.random.default_rng(0).normal(size=30)
    for span, before, after in ((7, 3, 4), (6, 3, 3)):
        expected = [values[max(i - before, 0) : i + after].mean() for i in range(30)]
        np.testing.assert_allclose(loss_curve.running_mean(values, span), expected)
    np.testing.assert_allclose(loss_curve.running_mean(values, 99), values.mean())


def test_the_curve_marks_where_a_training_was_resumed(record):
    pytest.importorskip("matplotlib")
    older = {name: record[name] for name in ("history", "steps")}
    for axis in loss_curve.draw({"new": record, "older": older}).axes:
        assert axis.get_yscale() == "log"
        curves = [line for line in axis.lines if len(line.get_xdata()) > 2]
        assert [len(line.get_xdata()) for line in curves] == [73, 73, 70, 70]
        marked = {line.get_xdata()[0] for line in axis.lines if line not in curves}
        assert marked == {20, 64, 50}


def curve_of(*arguments):
    """What loss_curve.py exits with, in this process."""
    script = import_script("fusion_style.benchmarks.loss_curve")
    with flagsaver.flagsaver():
        return script.main(script.FLAGS(["loss_curve.py", *arguments]))


def test_the_loss_curve(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(record))
    (tmp_path / "empty.json").write_text(json.dumps(record | {"history": [], "recent": []}))
    result = run("loss_curve.py", "a.json")
    assert result.returncode == 0, result.stderr
    # Of steps 24 to 73: seven of 21 to 30, forty of 31 to 70, and the last three.
    total = (7 * 25.5 + 10 * (35.5 + 45.5 + 55.5 + 65.5) + 71 + 72 + 73) / 50
    row = next(line for line in result.stdout.splitlines() if line.startswith("a.json"))
    assert row.split()[1:4] == ["24", "to", "73"]
    means = [float(number) for number in row.split()[4:]]
    assert means == pytest.approx([2 * total, 3, 4, total], rel=1e-3)
    assert "a.json was resumed after step 20, 64" in result.stdout
    assert "give a run record" in curve_of()
    assert "does not exist: none.json" in curve_of("a.json", "none.json")
    assert "there are no losses in empty.json yet" in curve_of("empty.json")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install -e '.[plots]'" in curve_of("a.json", "--plot=a.png")


def test_the_loss_curves_picture(record, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(record))
    assert curve_of("a.json", "--plot=a.png") is None
    assert read_picture("a.png").pixels.shape == (715, 1100, 3)
    refused = curve_of("a.json", "--plot=a.txt")
    assert "ends in one of" in refused and refused.endswith("Received: a.txt")
    assert sorted(os.listdir()) == ["a.json", "a.png"]
