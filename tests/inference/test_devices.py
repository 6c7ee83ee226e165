"""Frames on several devices. Two CPU devices, or two engines, stand for two GPUs."""

import re
import subprocess
import sys

import numpy as np
import pytest
from absl.testing import flagsaver

from fusion_style.devices import parse_devices
from fusion_style.inference.engines import places
from fusion_style.inference.engines.engine import PAINT, Place
from fusion_style.inference.engines.places import find_places
from fusion_style.inference.video.workers import cores, load_workers
from fusion_style.tests.support import on_devices
from fusion_style.tests.support.clips import contents, write_clip
from fusion_style.tests.support.pictures import import_script


@pytest.fixture
def gpus(monkeypatch):
    """Make Keras's backend see two GPUs."""
    names = ["gpu:0", "gpu:1"]
    monkeypatch.setattr(places, "gpus", lambda: names)
    monkeypatch.setattr(places, "use_backend", lambda name: None)
    monkeypatch.setattr(places, "choose_engine", lambda: "jax")
    return names


def test_what_devices_may_say():
    assert [parse_devices(text) for text in ("auto", "cpu", "gpu", "cpu:2", "gpu:16")] == [
        ("auto", 0), ("cpu", 0), ("gpu", 0), ("cpu", 2), ("gpu", 16),
    ]  # fmt: skip
    for text in ("tpu", "gpu:0", "auto:2", "gpu:", "gpu:-1", "gpu:99999", ""):
        with pytest.raises(ValueError, match="devices must be auto, cpu, gpu"):
            find_places(text)


@pytest.mark.parametrize(
    ("devices", "engine", "expected"),
    [
        ("auto", "auto", [("jax", "gpu:0"), ("jax", "gpu:1")]),
        ("gpu", "tensorflow", [("tensorflow", "gpu:0"), ("tensorflow", "gpu:1")]),
        ("gpu:1", "auto", [("jax", "gpu:0")]),
        ("cpu", "auto", [("openvino", None)]),
        ("cpu:3", "auto", [("openvino", None)] * 3),
        ("auto", "openvino", [("openvino", None)]),
        ("cpu:2", "jax", [("jax", "cpu:0")] * 2),
    ],
)
def test_an_engine_for_each_device(gpus, devices, engine, expected):
    assert find_places(devices, engine) == [Place(*each) for each in expected]


def test_int8_stays_with_openvino(gpus):
    assert find_places("auto", "auto", "int8") == [Place("openvino")]


@pytest.mark.parametrize(
    ("devices", "engine", "message"),
    [
        ("gpu:3", "auto", "devices=gpu:3, but jax sees 2 GPUs. Use --devices cpu"),
        ("gpu", "openvino", "devices=gpu, but openvino paints on the CPU"),
    ],
)
def test_more_than_there_are(gpus, devices, engine, message):
    with pytest.raises(ValueError, match=message):
        find_places(devices, engine)


def test_fewer_workers_than_devices(style):
    with pytest.raises(ValueError, match="workers must be at least 2, one for each"):
        load_workers(style, "openvino", workers=1, devices="cpu:2")


def test_engines_share_the_cores(style):
    """None is pinned: both would be pinned to the same cores."""
    for worker in load_workers(style, "openvino", workers=2):
        model = worker.engine.request((1, 32, 32, 3), PAINT, False).get_compiled_model()
        assert model.get_property("ENABLE_CPU_PINNING") is False
        assert model.get_property("INFERENCE_NUM_THREADS") == max(1, cores() // 2)


def test_two_devices_paint_what_one_paints(tmp_path, style):
    """Frames are equal, in equal order, and each device paints."""
    source = write_clip(tmp_path / "source.mkv", "mkv-ffv1-rgb", 8)
    found = {}
    for devices in ("cpu", "cpu:2"):
        out = str(tmp_path / f"{devices.replace(':', '')}.mkv")
        done = subprocess.run(
            [sys.executable, on_devices.__file__, source, out, style, devices],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        # TensorFlow's log, on both streams.
        used = re.findall(r"\(Conv2D\): \S*device:(CPU:\d)", done.stdout + done.stderr)
        found[devices] = set(used), contents(out)
    assert found["cpu"][0] == {"CPU:0"} and found["cpu:2"][0] == {"CPU:0", "CPU:1"}
    one, two = found["cpu"][1], found["cpu:2"][1]
    assert one.frames == two.frames and len(one.frames) == 8
    for a, b in zip(one.pixels, two.pixels, strict=True):
        off = np.abs(a.astype(float) - b)
        # Sums may be rounded in another way: then a few values differ by 1 of 255.
        assert off.max() <= 257 and off.mean() < 3
    # In another order they would be farther apart.
    for i, a in enumerate(one.pixels):
        distances = [np.abs(a.astype(float) - b).mean() for b in two.pixels]
        assert np.argmin(distances) == i
        assert sorted(distances)[1] > 5 * min(distances)


def test_the_command(tmp_path, style, monkeypatch, capsys):
    stylize = import_script("fusion_style.stylize")
    monkeypatch.chdir(tmp_path)
    write_clip("clip.mkv", "mkv-ffv1-rgb", 5)

    def run(*arguments):
        with flagsaver.flagsaver():
            return stylize.main(
                stylize.FLAGS(["stylize.py", "clip.mkv", "--style", style, *arguments])
            )

    assert run("--devices", "cpu", "--out", "one.mkv") == 0
    assert run("--devices", "cpu:2", "--out", "two.mkv") == 0
    for a, b in zip(contents("one.mkv").pixels, contents("two.mkv").pixels, strict=True):
        assert np.abs(a.astype(float) - b).max() <= 257
    answer = run("--devices", "gpu:2", "--out", "gpu.mkv")
    printed = f"{answer} {capsys.readouterr().err}"
    assert "devices=gpu:2, but " in printed and "Use --devices cpu" in printed
    assert not (tmp_path / "gpu.mkv").exists()
