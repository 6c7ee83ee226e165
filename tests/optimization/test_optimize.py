"""optimize.py: the command line, scales, options, bad input."""

import os
import re
from dataclasses import replace

import numpy as np
import pytest

import fusion_style.optimization.memory
import fusion_style.optimization.work
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.optimization.config import OptimizeConfig, complete
from fusion_style.tests.support.optimizing import TINY, make_run, pixels

run = pytest.fixture(make_run)


def test_a_photograph_in_a_painting(run, painting):
    status, printed = run(
        "--content=photo.jpg",
        "--style",
        painting,
        "--out=out/result.png",
        "--every=2",
        *TINY,
    )
    assert status == 0
    assert "50×37 pixels will need about" in printed
    assert "out/result.png" in printed
    assert pixels("out/result.png").shape == (37, 50, 3)
    assert pixels("out/result-000002.png").shape == (18, 25, 3)
    assert sorted(os.listdir("out")) == [
        "result-000002.png", "result-000004.png", "result-000006.png", "result.png",
    ]  # fmt: skip


@pytest.mark.parametrize("more", [
    ["--objective=gatys", "--pooling=average", "--start=noise"],
    ["--optimizer=adam", "--start=START", "--dream=relu2_1:3", "--jitter=2"],
    ["--optimizer=gd", "--style=PAINTING,photo.jpg", "--style_weights=3,1"],
])  # fmt: skip
def test_options(run, painting, more):
    more = [m.replace("START", painting).replace("PAINTING", painting) for m in more]
    status, printed = run(
        "--content=photo.jpg", "--style", painting, "--out=r.png", *TINY, *more
    )
    assert status == 0, printed
    assert pixels("r.png").shape == (37, 50, 3)


def test_a_dream_alone_keeps_the_size_and_the_details(run):
    status, _ = run(
        "--content=photo.jpg", "--dream=relu2_1", "--loss_network=vgg16",
        "--loss_weights=random", "--size=50", "--out=dream.png", "--iterations=3",
        "--jitter=3",
    )  # fmt: skip
    assert status == 0
    dreamed, photograph = pixels("dream.png"), pixels("photo.jpg")
    assert dreamed.shape == photograph.shape
    assert 1 < np.abs(dreamed - photograph).mean() < 60


def test_keep_colors_keeps_chroma(run, painting):
    run(
        "--content=photo.jpg", "--style", painting, "--out=r.png", "--keep_colors",
        *TINY, "--scales=1", "--tv_weight=0",
    )  # fmt: skip
    kept, photograph = pixels("r.png"), pixels("photo.jpg")
    inside = ((kept > 0) & (kept < 255)).all(axis=-1)
    to_chroma = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    difference = ((kept - photograph) @ to_chroma.T)[inside]
    assert inside.mean() > 0.1 and np.abs(difference).max() < 1


@pytest.mark.parametrize(("arguments", "message"), [
    ([], "Give a photograph: --content FILE"),
    (["--content=photo.jpg"], "Give --style, for a painting, or --dream, or both"),
    (["--content=none.jpg", "--style=photo.jpg"], "none.jpg does not exist"),
    (["--content=photo.jpg", "--style=text.jpg"], "text.jpg is not a picture"),
    (["--content=photo.jpg", "--style=photo.jpg", "--out=x.txt"], "out must be a picture"),
    (["--content=photo.jpg", "--style=photo.jpg", "--out=photo.jpg"], "is there already"),
    (["--content=photo.jpg", "--style=photo.jpg", "--size=8"], "at least 16 pixels"),
    (["--content=photo.jpg", "--style=photo.jpg", "--start=x"], "photo, noise or a pict"),
    (["--content=photo.jpg", "--style=photo.jpg", "--style_weights=1,2"], "one for each"),
    (["--content=photo.jpg", "--style=photo.jpg", "--jitter=3"], "cannot be used with"),
    (["--content=photo.jpg", "--style=photo.jpg", "--iterations=0"],
     "iterations must be a whole number from 1 to 1000000. Received: 0"),
    (["--content=photo.jpg", "--style=photo.jpg", "--scale_factor=1"], "more than 1 and"),
    (["--content=photo.jpg", "--dream=relu9_9"], "has no layer relu9_9"),
    (["--content=photo.jpg", "--dream=relu1_1:99"], "the channels 0 to 63"),
    (["--content=photo.jpg", "--dream=relu1_1:x"], "LAYER or LAYER:CHANNEL"),
    (["--content=photo.jpg", "--dream=relu1_1", "--start=x"], "photo, noise or a pict"),
    (["--content=photo.jpg", "--dream=relu1_1", "--loss_weights=x.h5"], "does not exist"),
    (["--resume"], "There is nothing to resume: result.checkpoint.npz"),
    (["--content=photo.jpg", "--dream=relu1_1=0"], "not all 0. Received: relu1_1=0"),
    (["--content=photo.jpg", "--dream=relu1_1", "--jitter=-1"], "number from 0 to"),
    (["--content=photo.jpg", "--dream=relu1_1", "--out=text.jpg/r.png"],
     "text.jpg/r.png cannot be written"),
    (["--resume", "--out=text.png"], "text.checkpoint.npz is damaged, from another ver"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(run, arguments, message):
    for name in ("text.jpg", "text.checkpoint.npz"):
        with open(name, "w") as file:
            file.write("text")
    before = sorted(os.listdir())
    status, error = run("--loss_network=vgg16", "--loss_weights=random", *arguments)
    assert status == 1 and message in error
    assert sorted(os.listdir()) == before


def test_a_dreams_layers_are_left_alone_by_the_other_terms():
    asked = OptimizeConfig("photo.jpg", ("p.jpg",), dream=("relu3_1:7",))
    found = complete(asked)
    assert "relu3_1" not in found.style_layers and len(found.style_layers) == 3
    explicit = complete(replace(asked, style_layers=("relu3_1",)))
    assert explicit.style_layers == ("relu3_1",)
    only = complete(replace(asked, dream=("relu3_3",)))
    assert only.content_layers == ("relu3_2",)


def test_scales_that_are_too_small_for_the_loss_network_are_left_out(run):
    flags = ["--loss_network=alexnet", "--loss_weights=random", "--dream=relu3"]
    status, printed = run(
        "--content=photo.jpg", "--size=80", "--iterations=1", "--scale_factor=2", *flags
    )
    assert status == 0 and "80×59" in printed and "40×30" not in printed
    _, error = run("--content=photo.jpg", "--size=30", "--out=s.png", *flags)
    assert "for these layers" in error


def test_memory_is_looked_at_before_the_painting(run, painting, monkeypatch):
    monkeypatch.setattr(fusion_style.optimization.memory, "bytes_installed", lambda: 1.2e9)
    monkeypatch.setattr(
        fusion_style.optimization.work, "minimize", lambda *a, **options: 1 / 0
    )
    seen = []
    monkeypatch.setattr(PerceptualLoss, "see_style", lambda *a: seen.append(a[1]))
    for flag in ("size", "style_size"):
        arguments = ["--content=photo.jpg", f"--style={painting}", *TINY]
        status, error = run(*arguments, f"--{flag}=9000")
        assert seen.pop() == () and not seen
        most = re.search(rf"Give a --{flag} of at most (\d+)", error).group(1)
        with pytest.raises(ZeroDivisionError):  # it begins
            run(*arguments, f"--{flag}={most}")
        seen.clear()
