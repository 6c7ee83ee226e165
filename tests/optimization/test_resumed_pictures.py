"""Optimized pictures that were stopped: what is left behind, and gone on with."""

import os
import signal

import numpy as np
import pytest
from PIL import Image

import fusion_style.optimization.snapshots
import fusion_style.optimization.work
from fusion_style.data.images import Picture
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.optimization.minimize import Step, minimize
from fusion_style.optimization.snapshots import Snapshots, checkpoint_path, read_checkpoint
from fusion_style.tests.support.optimizing import TINY, make_run, pixels
from fusion_style.tests.support.pictures import made_up_photograph

run = pytest.fixture(make_run)


def stop_after(monkeypatch, iterations):
    """Sends SIGTERM after so many iterations; returns a function that stops that."""
    count = [0]

    def counting(*arguments, callback, **options):
        def interrupted(step):
            stop = callback(step)
            count[0] += 1
            if count[0] == iterations:
                os.kill(os.getpid(), signal.SIGTERM)
            return stop

        return minimize(*arguments, callback=interrupted, **options)

    monkeypatch.setattr(fusion_style.optimization.work, "minimize", counting)
    return lambda: monkeypatch.setattr(fusion_style.optimization.work, "minimize", minimize)


@pytest.mark.parametrize("stopped_at", [2, 5])
def test_stopped_and_resumed(run, painting, monkeypatch, stopped_at):
    """Stopped at the first scale, and at the second; Adam ends as if never stopped."""
    arguments = [
        "--content=photo.jpg", f"--style={painting}", *TINY, "--optimizer=adam", "--seed=3"
    ]  # fmt: skip
    assert run(*arguments, "--out=whole.png")[0] == 0
    again = stop_after(monkeypatch, stopped_at)
    status, printed = run(*arguments, "--out=r.png")
    assert status == 1
    assert "To go on: python optimize.py --out=r.png --resume" in printed
    assert pixels("r.png").shape == ((18, 25, 3) if stopped_at < 3 else (37, 50, 3))
    assert os.path.exists("r.checkpoint.npz")
    again()
    assert "unfinished picture" in run(*arguments, "--out=r.png")[1]
    assert (
        "has objective = perceptual"
        in run("--out=r.png", "--resume", "--objective=gatys")[1]
    )
    assert run("--out=r.png", "--resume")[0] == 0
    np.testing.assert_array_equal(pixels("r.png"), pixels("whole.png"))
    assert not os.path.exists("r.checkpoint.npz")


def test_stopped_between_two_scales(tmp_path):
    """The smaller scale's result is left behind, and gone on from."""
    out, picture = str(tmp_path / "r.png"), Picture(np.full((16, 20, 3), 7, np.float32))
    config = OptimizeConfig("photo.jpg", out=out)
    snapshots = Snapshots(config, {}, picture, lambda pixels: pixels)
    snapshots.begin(0, Step(0, picture.pixels, {}, {}), 5)
    assert not snapshots.stop() and not os.path.exists(out)
    snapshots.begin(1, Step(0, picture.pixels, {}, {}), 5)
    assert snapshots.stop()
    checkpoint = read_checkpoint(checkpoint_path(out))
    assert (checkpoint["scale"], checkpoint["iteration"]) == (1, 0)
    np.testing.assert_array_equal(pixels(out), 7)


def test_what_is_not_finite_leaves_the_last_good_picture(run, painting, monkeypatch):
    def failing(*arguments, callback, **options):
        def fails(step):
            callback(step)
            raise FloatingPointError("The objective is no longer finite")

        return minimize(*arguments, callback=fails, **options)

    monkeypatch.setattr(fusion_style.optimization.work, "minimize", failing)
    status, error = run("--content=photo.jpg", f"--style={painting}", "--out=r.png", *TINY)
    assert status == 1 and "no longer finite" in error
    assert np.isfinite(np.load("r.checkpoint.npz")["pixels"]).all()


def test_other_pictures_are_not_gone_on_with(run, painting, monkeypatch):
    again = stop_after(monkeypatch, 2)
    assert run("--content=photo.jpg", f"--style={painting}", "--out=r.png", *TINY)[0] == 1
    again()
    Image.fromarray(made_up_photograph(37, 50, seed=9)).save("other.png")
    for flag in ("--content=other.png", "--style=other.png"):
        status, error = run("--out=r.png", "--resume", flag)
        kind = flag[2:].split("=")[0]
        assert status == 1 and f"r.checkpoint.npz was begun with other {kind}." in error
    assert run("--out=r.png", "--resume", "--style_weight=2", "--iterations=2")[0] == 0


def test_a_full_disk_costs_only_the_checkpoint(run, painting, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    stop_after(monkeypatch, 2)
    monkeypatch.setattr(fusion_style.optimization.snapshots, "save_checkpoint", full)
    status, printed = run(
        "--content=photo.jpg", f"--style={painting}", "--out=r.png", *TINY
    )
    assert status == 1 and "The checkpoint could not be written" in printed
    assert pixels("r.png").shape == (18, 25, 3)


def test_a_picture_that_cannot_be_written_is_not_lost(run, painting, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    flags = ["--content=photo.jpg", f"--style={painting}", "--out=r.png", *TINY]
    with monkeypatch.context() as patch:
        patch.setattr(fusion_style.optimization.snapshots, "write_picture", full)
        status, printed = run(*flags, "--every=1")
    assert status == 1 and "No space left on device" in printed
    assert os.path.exists("r.checkpoint.npz") and not os.path.exists("r.png")
    assert run("--out=r.png", "--resume")[0] == 0
    assert run(*flags, "--out=other.png")[0] == 0
    np.testing.assert_array_equal(pixels("r.png"), pixels("other.png"))
