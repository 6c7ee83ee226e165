"""Long videos in parts, as a cluster paints them, but without Ray."""

import hashlib
import os
import pathlib

import numpy as np
import pytest

from fusion_style.data.buckets import join, names_in
from fusion_style.data.places import exists, read_bytes, write_bytes
from fusion_style.inference.cluster.films import PartJob, count_parts, join_parts, split
from fusion_style.inference.cluster.worker import Painter, pack, style_files, unpack
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import Job
from fusion_style.models.choice import choices
from fusion_style.settings import build
from fusion_style.tests.support.films import PARTS, join_film, part_length, write_film

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("film"))


@pytest.fixture
def bucket(film):
    """The address of a bucket with that video."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    write_bytes("memory://films/film.mp4", pathlib.Path(film, "film.mp4").read_bytes())
    yield "memory://films"
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.fixture
def config(style, film):
    given = {"style": style, "out": "memory://out", "seconds_per_part": part_length(film)}
    return build(PaintConfig, given)


def job_of(bucket, out="memory://out"):
    return Job(join(bucket, "film.mp4"), [("narrow", join(out, "film-narrow.mp4"))])


def painter_of(config):
    styles = {choice.name: choice for choice in choices(config.style)}
    return Painter(styles, style_files(styles.values()), config, np.array([], np.uint64))


def painted(painter, jobs):
    rows = painter({"jobs": [pack([job]) for job in jobs]})["outcomes"]
    return [outcome for row in rows for outcome in unpack(row)]


def test_parts_in_a_bucket_are_joined(bucket, config, film, tmp_path):
    painter, job = painter_of(config), job_of(bucket)
    parts = list(split(job, config))
    assert [part.part for part in parts] == [f"{i}/{PARTS}" for i in range(1, PARTS + 1)]
    found = painted(painter, parts)
    assert [o.error or o.kept for o in found] == [False] * PARTS
    assert sorted(names_in("memory://out")) == [
        f"film-narrow.mp4.{i}-of-{PARTS}.part" for i in range(1, PARTS + 1)
    ]
    assert [o.kept for o in painted(painter, parts)] == [True] * PARTS
    whole = join_parts(found, overwrite=False)
    assert whole.error is None and whole.part is None
    assert whole.seconds > sum(o.seconds for o in found)
    data = read_bytes(job.path)
    assert (whole.sha256, whole.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert list(names_in("memory://out")) == ["film-narrow.mp4"]
    expected = join_film(film, str(tmp_path), painter.brushes.stylizers["narrow"])
    assert read_bytes(whole.painting) == expected.read_bytes()
    # Whoever joins again, or comes late with a part, changes nothing.
    again = join_parts(found, overwrite=True)
    assert again.kept and again.error is None
    assert [o.kept for o in painted(painter, parts)] == [True] * PARTS
    assert list(names_in("memory://out")) == ["film-narrow.mp4"]
    assert list(split(job, config)) == [job]


def test_what_is_not_split(bucket, config, tmp_path, film):
    def with_settings(**settings):
        given = {"style": config.style, "seconds_per_part": config.ray.seconds_per_part}
        return build(PaintConfig, given | settings)

    job = job_of(bucket)
    assert list(split(job, with_settings(max_frames=5))) == [job]
    assert list(split(job, with_settings(seconds_per_part=60.0))) == [job]
    picture = Job("a.jpg", job.paintings)
    assert list(split(picture, config)) == [picture]
    write_bytes("memory://films/text.mp4", b"no video")
    for path in ("memory://films/text.mp4", "memory://films/none.mp4", "/none.mp4"):
        assert count_parts(path, config) == 1
    assert count_parts(os.path.join(film, "film.mp4"), config) == PARTS
    half = config.ray.seconds_per_part * PARTS / 2
    for piece in ({"start": half}, {"end": half}):
        assert count_parts(job.path, with_settings(**piece)) == PARTS // 2


def test_only_the_styles_that_are_missing_are_painted(bucket, config):
    job = job_of(bucket)
    job.paintings.append(("other", "memory://out/film-other.mp4"))
    write_bytes("memory://out/film-other.mp4", b"painted")
    first, *parts = split(job, config)
    assert first == Job(job.path, job.paintings[1:]) and len(parts) == PARTS
    assert all(part.paintings == job.paintings[:1] for part in parts)


def test_a_part_that_is_damaged_is_named_by_its_address(bucket, config):
    found = painted(painter_of(config), list(split(job_of(bucket), config)))
    place = f"memory://out/film-narrow.mp4.2-of-{PARTS}.part"
    data = read_bytes(place)
    write_bytes(place, data[:-3])
    whole = join_parts(found, overwrite=False)
    assert whole.error.startswith(f"{place} is not a complete part")
    assert not exists(whole.painting)
    write_bytes("memory://films/film.mp4", b"another video")
    write_bytes(place, data)
    whole = join_parts(found, overwrite=False)
    assert "Give the same value" in whole.error or "damaged" in whole.error
    assert "fusion-style-" not in whole.error and not exists(whole.painting)


def test_a_part_of_what_is_no_video(bucket, config):
    write_bytes("memory://films/film.mp4", b"no video")
    part = PartJob(job_of(bucket).path, job_of(bucket).paintings, "1/2")
    (found,) = painted(painter_of(config), [part])
    assert found.error.startswith("memory://films/film.mp4 is damaged")
    assert not list(fsspec.filesystem("memory").glob("/out/*"))
