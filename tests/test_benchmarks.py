"""The benchmarks' own parts: photographs, machine, and the programs on tiny work."""

import json
import os
import subprocess
import sys

import numpy as np

from benchmarks.machine import machine
from benchmarks.photographs import SIZE, make_photographs
from data.images import read_picture

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


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


def test_the_input_pipelines_benchmark(tmp_path):
    numbers = tmp_path / "numbers.json"
    flags = ["--photographs=16", "--size=64", "--repeats=1", f"--json={numbers}"]
    program = [sys.executable, os.path.join(ROOT, "benchmarks", "input_pipeline.py")]
    result = subprocess.run([*program, *flags], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "disk, later pass" in result.stdout
    seconds = json.loads(numbers.read_text())["seconds"]
    assert all(len(turn) == 16 for turns in seconds.values() for turn in turns)
    assert all(turn == sorted(turn) for turns in seconds.values() for turn in turns)
