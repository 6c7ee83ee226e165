"""What to paint and where it goes."""

import os

import pytest

from fusion_style.inference.jobs import Found, destination, find_pictures, plan


def planned(*names, styles=("wave",), out="out"):
    """({name: names of its paintings}, messages) of pictures called so in the folder in."""
    pictures = [Found(os.path.join("in", name), name) for name in names]
    jobs, failed = plan(pictures, list(styles), out)
    found = {
        os.path.relpath(job.path, "in"): [os.path.relpath(p, out) for _, p in job.paintings]
        for job in jobs
    }
    assert [job.path for job in jobs] == [p.path for p in pictures if p.name in found]
    return found, failed


def test_who_keeps_the_extension_has_the_name():
    assert planned("star.gif", "star.png", "sun.jpg") == ({
        "star.gif": ["star.gif-wave.png"],
        "star.png": ["star-wave.png"],
        "sun.jpg": ["sun-wave.jpg"],
    }, [])  # fmt: skip


def test_or_else_the_first():
    found, _ = planned("star.bmp", "star.gif", styles=["wave", "udnie"])
    assert found["star.bmp"] == ["star-wave.png", "star-udnie.png"]
    assert found["star.gif"] == ["star.gif-wave.png", "star.gif-udnie.png"]


def test_names_that_some_file_systems_take_for_the_same():
    assert planned("A.png", "a.png")[0]["a.png"] == ["a.png-wave.png"]
    one, two = "\u00e9.png", "e\u0301.png"  # both look like é
    assert planned(one, two)[0][two] == [f"{two}-wave.png"]


def test_one_that_has_no_name_left_is_refused_alone():
    found, failed = planned("star.png", "star.gif", "star.gif-wave.png", "star.GIF")
    assert len(found) == 3 and len(failed) == 1
    assert "in/star.gif and in/star.GIF would both become" in failed[0].replace("\\", "/")


def test_the_same_file_is_planned_once():
    pictures = [Found("a.png", "a.png"), Found("./a.png", "a.png"), Found("b.png", "b.png")]
    jobs, failed = plan(pictures, ["wave"], "out")
    assert [job.path for job in jobs] == ["a.png", "b.png"] and not failed


@pytest.mark.parametrize("style", ["wave", "wave66.7-udnie33.3"])
def test_destinations(style):
    name = os.path.join("inside", "a.gif")
    found = os.path.join("out", "inside", f"a-{style}.png")
    assert destination(name, style, "out") == found
    whole = os.path.join("out", "inside", f"a.gif-{style}.png")
    assert destination(name, style, "out", whole=True) == whole


def test_paintings_after_whole_names_are_not_painted_again(tmp_path):
    for name in ("star.gif", "star.png", "star-wave.png", "star.gif-wave.png"):
        (tmp_path / name).touch()
    found, failed = find_pictures([str(tmp_path)], str(tmp_path), ["wave"])
    assert [picture.name for picture in found] == ["star.gif", "star.png"] and not failed
