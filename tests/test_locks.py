"""Two programs with one output: the second is told; a killed one is in nobody's way."""

import multiprocessing
import os
import time

import pytest
from PIL import Image

from fusion_style.locks import locked
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.optimization.picture import alone as alone_with_picture
from fusion_style.optimization.picture import optimize_picture
from fusion_style.tests.support.pictures import made_up_photograph
from fusion_style.training.places import alone, places

SPAWN = multiprocessing.get_context("spawn")


def hold(path, ready):
    with locked(path, "taken"):
        ready.set()
        time.sleep(600)


def test_a_lock_leaves_nothing_behind(tmp_path):
    path = tmp_path / "new" / "my.lock"
    with locked(str(path), "taken"):
        assert path.exists()
        with pytest.raises(BlockingIOError, match="^taken$"):
            with locked(str(path), "taken"):
                pass
        assert path.exists()
    assert os.listdir(tmp_path) == []
    with pytest.raises(ZeroDivisionError), locked(str(path), "taken"):
        (tmp_path / "new" / "kept").touch()
        raise ZeroDivisionError
    assert os.listdir(tmp_path / "new") == ["kept"]


def test_a_killed_program_locks_nothing(tmp_path):
    path, ready = str(tmp_path / "my.lock"), SPAWN.Event()
    holder = SPAWN.Process(target=hold, args=(path, ready))
    holder.start()
    try:
        assert ready.wait(120)
        with pytest.raises(BlockingIOError, match="taken"):
            with locked(path, "taken"):
                pass
    finally:
        holder.kill()
        holder.join()
    assert os.path.exists(path)  # and nobody minds
    with locked(path, "taken"):
        pass
    assert not os.path.exists(path)


def test_a_second_training_is_told(learn, painting):
    """Before it has read anything; the first one's files are as they were."""
    where = places(painting, "my.keras")
    with alone(where):
        before = sorted(os.listdir(where.log_dir))
        with pytest.raises(BlockingIOError, match="is writing to my.training"):
            learn(steps=1, out="my.keras")
        assert sorted(os.listdir(where.log_dir)) == before
        with pytest.raises(BlockingIOError, match="is writing to my.keras"):
            learn(steps=1, out="my.keras", log_dir="elsewhere")
        assert not os.path.exists("elsewhere")
    assert not os.path.exists("my.keras.lock")
    assert learn(steps=1, out="my.keras")["finished"]
    assert "training.lock" not in os.listdir(where.log_dir)


def test_a_second_optimization_is_told(painting, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(made_up_photograph(37, 50)).save("photo.jpg")
    config = OptimizeConfig("photo.jpg", (painting,), "r.png", loss_weights="random")
    with alone_with_picture("r.png"):
        with pytest.raises(BlockingIOError, match="Another optimization is writing r.png"):
            optimize_picture(config)
    assert os.listdir(tmp_path) == ["photo.jpg"]
