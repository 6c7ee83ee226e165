"""Many photographs: order, crops, faults, folders and TensorFlow Datasets."""

import shutil

import numpy as np
import pytest
from conftest import made_up_photograph
from PIL import Image

from data.images import PictureError
from data.photos import (
    Folder,
    PhotoStream,
    TensorFlowDataset,
    open_photographs,
    random_crop,
)


def first_batches(stream, count, batch=3, start=0):
    return np.stack(list(stream.batches(batch, start).take(count).as_numpy_iterator()))


def test_the_same_seed_gives_the_same_stream(photographs):
    folder = Folder(photographs)
    first = first_batches(PhotoStream(folder, 24, seed=1), 4)
    assert first.shape == (4, 3, 24, 24, 3) and first.dtype == np.float32
    np.testing.assert_array_equal(first, first_batches(PhotoStream(folder, 24, seed=1), 4))
    assert (first != first_batches(PhotoStream(folder, 24, seed=2), 4)).any()


def test_a_stream_can_start_anywhere(photographs):
    stream = PhotoStream(Folder(photographs), 24)
    np.testing.assert_array_equal(
        first_batches(stream, 2, start=3), first_batches(stream, 5)[3:]
    )


def test_an_epoch_has_every_photograph_once(photographs):
    stream = PhotoStream(Folder(photographs), 24)
    assert sorted(stream.order(0)) == sorted(stream.order(1)) == list(range(8))
    assert list(stream.order(0)) != list(stream.order(1))


def test_folders_are_searched_in_depth(photographs):
    assert Folder(photographs).names[-1] == "inside/7.jpg"
    assert len(open_photographs(photographs)) == 8


def test_crops_are_flipped_half_of_the_time_and_cover_many_scales(tmp_path):
    ramp = np.tile(np.linspace(0, 255, 120).astype(np.uint8)[None, :, None], (90, 1, 3))
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    rng = np.random.default_rng(0)
    slopes = []
    for _ in range(200):
        row = random_crop(tmp_path / "ramp.png", 30, rng)[15, :, 0].astype(int)
        slopes.append((row[-1] - row[0]) / 29)
    assert 0.4 < np.mean(np.array(slopes) > 0) < 0.6
    step = 255 / 119
    assert np.abs(slopes).min() == pytest.approx(step, rel=0.1)  # the crop as it is
    assert np.abs(slopes).max() == pytest.approx(3 * step, rel=0.1)  # all 90, shrunk


@pytest.mark.parametrize("side", [32, 64, 128, 256])
def test_a_square_photograph_of_the_crops_size(side, tmp_path):
    Image.fromarray(made_up_photograph(side, side)).save(tmp_path / "a.jpg")
    for seed in range(9):
        crop = random_crop(tmp_path / "a.jpg", 32, np.random.default_rng(seed))
        assert crop.shape == (32, 32, 3)


@pytest.mark.parametrize("size", [(10, 300), (300, 10), (1, 1)])
def test_photographs_smaller_than_the_crop_are_enlarged(size, tmp_path):
    Image.fromarray(made_up_photograph(*size)).save(tmp_path / "a.png")
    assert random_crop(tmp_path / "a.png", 32, np.random.default_rng(0)).shape == (
        32,
        32,
        3,
    )


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpegs_of_any_size_can_be_cropped_anywhere(mode, tmp_path):
    """A JPEG is decoded at 1/2, 1/4 or 1/8 of its size, rounded up, where that serves."""
    rng = np.random.default_rng(0)
    for height, width in rng.integers(60, 300, (40, 2)):
        image = Image.fromarray(made_up_photograph(height, width)).convert(mode)
        image.save(tmp_path / "a.jpg")
        for _ in range(5):
            assert random_crop(tmp_path / "a.jpg", 16, rng).shape == (16, 16, 3)


def test_crops_are_upright(tmp_path):
    """Dark above, bright below, stored lying on its side."""
    pixels = (
        np.linspace(0, 255, 64).astype(np.uint8)[:, None, None].repeat(64, 1).repeat(3, 2)
    )
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels))).save(
        tmp_path / "a.jpg", exif=exif
    )
    crop = random_crop(tmp_path / "a.jpg", 32, np.random.default_rng(0)).astype(int)
    assert (crop[-1].mean() - crop[0].mean()) > 80


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
