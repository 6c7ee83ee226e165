"""Many photographs: order, crops, faults, folders and TensorFlow Datasets."""

import shutil

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import PictureError
from fusion_style.data.photos.sources import (
    Folder,
    TensorFlowDataset,
    open_photographs,
)
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.tests.support.pictures import made_up_photograph


def first_batches(stream, count, batch=3, start=0):
    return np.stack(list(stream.batches(batch, start).take(count).as_numpy_iterator()))


def test_the_same_seed_gives_the_same_stream(photographs):
    folder = Folder(photographs)
    first = first_batches(PhotoStream(folder, 24, seed=1), 4)
    assert first.shape == (4, 3, 24, 24, 3) and first.dtype == np.float32
    np.testing.assert_array_equal(first, first_batches(PhotoStream(folder, 24, seed=1), 4))
    assert (first != first_batches(PhotoStream(folder, 24, seed=2), 4)).any()


def test_what_trainings_leave_behind_is_no_photograph(tmp_path):
    for name in (".hidden", "my.training", "mine"):
        (tmp_path / name).mkdir()
        Image.fromarray(made_up_photograph(40, 50)).save(tmp_path / name / "preview.jpg")
    assert [name[:4] for name in Folder(str(tmp_path)).names] == ["mine"]


def test_a_stream_can_start_anywhere(photographs):
    stream = PhotoStream(Folder(photographs), 24)
    np.testing.assert_array_equal(
        first_batches(stream, 2, start=3), first_batches(stream, 5)[3:]
    )


def test_no_thread_of_tf_data_outlives_a_training(photographs):
    batches = PhotoStream(Folder(photographs), 24).batches(1)
    assert batches.options().autotune.enabled is False


def test_an_epoch_has_every_photograph_once(photographs):
    stream = PhotoStream(Folder(photographs), 24)
    assert sorted(stream.order(0)) == sorted(stream.order(1)) == list(range(8))
    assert list(stream.order(0)) != list(stream.order(1))


def test_folders_are_searched_in_depth(photographs):
    assert Folder(photographs).names[-1] == "inside/7.jpg"
    assert len(open_photographs(photographs)) == 8


def test_crops_are_flipped_half_of_the_time_and_cover_many_scales(tmp_path):
    ramp = np.tile(np.linspace(0, 255, 120).astype(np.uint8)[None, :, None], (90, 1, 3))
    for i in range(200):
        Image.fromarray(ramp).save(tmp_path / f"{i}.png")
    stream = PhotoStream(Folder(str(tmp_path)), 40)
    rows = [stream.crop(i)[20, :, 0].astype(int) for i in range(200)]
    slopes = [(row[-1] - row[0]) / 39 for row in rows]
    assert 0.4 < np.mean(np.array(slopes) > 0) < 0.6
    step = 255 / 119
    # From 45 pixels, half of the shorter side, to all 90, shrunk to 40.
    assert np.abs(slopes).min() == pytest.approx(45 / 40 * step, rel=0.05)
    assert np.abs(slopes).max() == pytest.approx(90 / 40 * step, rel=0.05)


def test_a_photograph_keeps_its_scale_and_shows_other_parts(tmp_path):
    pixels = made_up_photograph(90, 120)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    stream = PhotoStream(Folder(str(tmp_path)), 32)
    crops = [stream.crop(epoch) for epoch in range(9)]
    assert len({crop.tobytes() for crop in crops}) == 9
    whole = stream.photograph(0).whole()
    for crop in crops:
        windows = np.lib.stride_tricks.sliding_window_view(whole, (32, 32), axis=(0, 1))
        same = [(windows == c.transpose(2, 0, 1)).all(axis=(2, 3, 4)).any() for c in
                (crop, crop[:, ::-1])]  # fmt: skip
        assert any(same)


def test_broken_photographs_are_replaced_and_named(photographs, tmp_path):
    folder = tmp_path / "some"
    shutil.copytree(photographs, folder)
    (folder / "1.jpg").write_bytes((folder / "1.jpg").read_bytes()[:300])
    (folder / "2.jpg").write_text("text")
    (folder / "3.jpg").write_bytes(b"")
    stream = PhotoStream(Folder(str(folder)), 24)
    (folder / "4.jpg").unlink()  # disappears after the folder was listed
    batches = first_batches(stream, 8)
    assert batches.shape[0] == 8
    assert set(stream.skipped) == {"1.jpg", "2.jpg", "3.jpg", "4.jpg"}
    assert "is empty" in stream.skipped["3.jpg"]
    names = Folder(photographs)  # as a training that goes on would have listed them
    names.path = str(folder)
    again = PhotoStream(names, 24, skipped=dict(stream.skipped))
    np.testing.assert_array_equal(first_batches(again, 4, start=4), batches[4:])


def test_folders_without_a_usable_picture(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        Folder(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="no pictures in it"):
        Folder(str(tmp_path))
    (tmp_path / "a.jpg").write_text("text")
    with pytest.raises(PictureError, match="could not be read"):
        PhotoStream(Folder(str(tmp_path)), 24)


def test_a_folder_that_disappears_ends_the_stream(photographs, tmp_path):
    folder = tmp_path / "some"
    shutil.copytree(photographs, folder)
    stream = PhotoStream(Folder(str(folder)), 24)
    shutil.rmtree(folder)
    with pytest.raises(Exception, match="photographs in a row"):
        first_batches(stream, 1)
    assert isinstance(stream.failure, PictureError)


def test_tensorflow_datasets(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    class Tiny(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {"image": tfds.features.Image(), "label": tfds.features.Text()}
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for i in range(6):
                yield i, {"image": made_up_photograph(40, 50, i), "label": "x"}

    builder = Tiny(data_dir=str(tmp_path), file_format="array_record")
    monkeypatch.setattr(tfds, "builder", lambda name, file_format: builder)
    photographs = TensorFlowDataset("tiny")
    assert len(photographs) == 6
    assert photographs.source(0).startswith(b"\x89PNG")
    assert photographs.names[5] == "tiny train[5]"
    assert first_batches(PhotoStream(photographs, 24), 3).shape == (3, 3, 24, 24, 3)


def test_unknown_data_sets_are_named():
    with pytest.raises(ValueError, match="no_such_set is neither a folder nor"):
        open_photographs("no_such_set")


def test_a_data_set_that_cannot_be_fetched_says_what_to_give(monkeypatch):
    import tensorflow_datasets as tfds

    def fail(self, **_):
        raise OSError("no network")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(ConnectionError, match="--data FOLDER"):
        open_photographs("coco/2014")
