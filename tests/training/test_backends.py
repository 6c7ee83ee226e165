"""PyTorch and JAX train too, where TensorFlow is not installed: the same losses."""

import importlib.util
import json
import os
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import PictureError, read_picture
from fusion_style.data.photos import prefetch
from fusion_style.data.photos.sources import Folder, open_photographs
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.inference.engines.registry import load_engine
from fusion_style.inference.statistics import photograph_of
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_graph
from fusion_style.models.rewrites import painting as lowered
from fusion_style.models.style_file import read_recipe, save_network
from fusion_style.tests.support import tiny_train
from fusion_style.tests.support.forked import Forked
from fusion_style.tests.support.pictures import ROOT, made_up_photograph
from fusion_style.training.strategy import make_strategy

# Adam turns the rounding of small gradients into whole steps: small ones here.
FLAGS = [
    "--loss_weights=vgg.h5", "--content_layers=relu1_2", "--style_layers=relu1_1,relu2_1",
    "--size=16", "--batch=4", "--steps=20", "--init_from=start.keras",
    "--learning_rate=3e-4", "--network=tiny", "--width=0.125",
]  # fmt: skip


def test_batches_without_tensorflow_are_the_same(photographs):
    stream = PhotoStream(Folder(photographs), 24, seed=3)
    expected = stream.batches(3, start=2).take(5).as_numpy_iterator()
    found = prefetch.batches(stream, 3, start=2)
    for one, (two,) in zip(expected, found, strict=False):
        assert two.dtype == np.float32
        np.testing.assert_array_equal(one, two)


def test_a_worker_reads_its_part_of_each_batch(photographs):
    stream = PhotoStream(Folder(photographs), 24)
    whole = np.stack(list(stream.batches(4, 1).take(3).as_numpy_iterator()))
    parts = [
        np.stack(list(stream.batches(4, 1, worker, 2).take(3).as_numpy_iterator()))
        for worker in (0, 1)
    ]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_errors_come_through(tmp_path):
    Image.fromarray(made_up_photograph(40, 50)).save(tmp_path / "a.jpg")
    found = prefetch.batches(stream := PhotoStream(Folder(str(tmp_path)), 24), 2)
    next(found)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(PictureError, match="could not be read"):
        for _ in range(9):
            next(found)
    assert stream.failure


def start(backend, folder, script, *flags):
    return subprocess.run(
        [sys.executable, os.path.join(ROOT, script), *flags], cwd=folder,
        env={**os.environ, "PYTHONPATH": ROOT, "KERAS_BACKEND": backend},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def learn(backend, folder, *flags):
    return start(backend, folder, "tests/support/tiny_train.py", *flags)


def write_vgg(path):
    """The first layers of a VGG with random weights, in Keras's layout."""
    rng = np.random.default_rng(0)
    shapes = {"block1_conv1": (3, 64), "block1_conv2": (64, 64), "block2_conv1": (64, 128)}
    with h5py.File(path, "w") as file:
        for layer, (channels, filters) in shapes.items():
            group = file.create_group(layer)
            deviation = np.sqrt(2 / (9 * channels))
            group["kernel"] = rng.normal(0, deviation, (3, 3, channels, filters))
            group["bias"] = np.zeros(filters)
            group.attrs["weight_names"] = ["kernel", "bias"]


@pytest.fixture(scope="module", params=[1, 2], ids=["one style", "two styles"])
def trained(request, tmp_path_factory, painting, photographs):
    """The folder of a training on TensorFlow, and the flags for the same on another.

    From given weights, of both networks: backends draw other numbers from a seed.
    """
    folder = tmp_path_factory.mktemp("trained")
    # Adam makes rounding grow, from some weights a hundred times faster than from others.
    keras.utils.set_random_seed(1)
    network = build_network(network="tiny", width=0.125, conditions=request.param)
    save_network(network, str(folder / "start.keras"), {"photographs": 0, "steps": 0})
    write_vgg(folder / "vgg.h5")
    sizes = ",".join(["24", "32"][: request.param])
    flags = [*FLAGS, f"--style={painting}", f"--data={photographs}"]
    flags.append(f"--style_size={sizes}")
    out = "--out=tensorflow.keras"
    status, _, errors = Forked(tiny_train.main, [*flags, out], folder=folder).result()
    assert status == 0, errors[-2000:]
    return folder, flags


def if_installed(backend):
    absent = importlib.util.find_spec(backend) is None
    return pytest.param(
        backend, marks=pytest.mark.skipif(absent, reason=f"{backend} is not installed")
    )


@pytest.mark.parametrize("backend", map(if_installed, ["torch", "jax"]))
def test_the_same_losses_on_every_backend(backend, trained):
    folder, flags = trained
    out = f"--out={backend}.keras"
    stopped = learn(backend, folder, *flags, out, "--checkpoint_every=0")
    assert stopped.returncode == 0, stopped.stderr[-2000:]
    one, two = (read_recipe(folder / f"{name}.keras") for name in ("tensorflow", backend))
    assert two["versions"]["backend"] == backend and len(two["history"]) == 2
    for a, b in zip(one["history"], two["history"], strict=True):
        assert a == pytest.approx(b, rel=1e-3)
    # What one backend learned, any paints with.
    graphs = [load_graph(folder / f"{name}.keras") for name in ("tensorflow", backend)]
    photograph = np.random.default_rng(0).uniform(0, 255, (20, 32, 3)).astype("float32")
    painted = [
        load_engine(lowered(graph), "openvino", "float32").paint(
            photograph[None], photograph_of(photograph), graph.style(row)
        )
        for graph in graphs
        for row in np.eye(graph.conditions)
    ]
    for one, two in zip(*np.split(np.array(painted), 2), strict=True):
        assert np.abs(one - two).mean() < 1


@pytest.mark.parametrize("backend", map(if_installed, ["torch", "jax"]))
def test_other_backends_paint_the_same(backend, tmp_path):
    Image.fromarray(made_up_photograph(40, 52)).save(tmp_path / "photo.png")
    for engine in ("openvino", backend):
        flags = ["--style=wave", f"--engine={engine}", "--precision=float32"]
        out = f"--out={engine}.png"
        result = start(backend, tmp_path, "stylize.py", "photo.png", *flags, out)
        assert result.returncode == 0, result.stderr[-2000:]
    one, two = (read_picture(tmp_path / f"{e}.png").pixels for e in ("openvino", backend))
    assert np.abs(one - two).max() <= 1  # rounded


@pytest.mark.parametrize("backend", map(if_installed, ["torch", "jax"]))
def test_what_is_too_much_without_a_gpu(backend, trained):
    folder, flags = trained
    result = learn(backend, folder, *flags, "--devices=gpu", "--out=gpu.keras")
    assert result.returncode == 1 and f"{backend} sees no GPU" in result.stderr
    Image.fromarray(made_up_photograph(40, 50)).save(folder / "photo.png")
    flags = ["--content=photo.png", "--dream=relu1_1", "--loss_weights=random"]
    result = start(backend, folder, "optimize.py", *flags, "--size=90000")
    assert result.returncode == 1 and "Give a --size of at most" in result.stderr


def test_what_other_backends_do_not_have(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ValueError, match="devices=cpu:2 needs KERAS_BACKEND=tensorflow"):
        make_strategy("cpu:2")
    cluster, task = {"worker": ["a:1", "b:1"]}, {"type": "worker", "index": 0}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    with pytest.raises(ValueError, match="TF_CONFIG needs KERAS_BACKEND=tensorflow"):
        make_strategy()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ValueError, match="which are not here .* --data FOLDER"):
        open_photographs("coco/2014")
