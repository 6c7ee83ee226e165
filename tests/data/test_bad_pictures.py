"""Pictures that cannot be read, or only in part, and files of other kinds."""

import os
import threading

import numpy as np
import pytest
from PIL import Image

from fusion_style.data.images import PictureError, read_picture


def test_no_permission(monkeypatch, photograph, tmp_path):
    path = tmp_path / "secret.jpg"
    Image.fromarray(photograph).save(path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(PictureError, match="secret.jpg may not be read"):
        read_picture(path)


def test_a_file_that_disappears_meanwhile(monkeypatch, tmp_path):
    for answer in ("exists", "getsize"):  # it was there when these were asked
        monkeypatch.setattr(f"os.path.{answer}", lambda path: 9)
        with pytest.raises(PictureError, match="gone.jpg does not exist"):
            read_picture(str(tmp_path / "gone.jpg"))


def truncated(path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)).save(
        path
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def declares_400_megapixels(path):
    Image.new("1", (20_000, 20_000)).save(path, "png")


BAD = {
    "missing.jpg": (lambda path: None, "does not exist"),
    "empty.jpg": (lambda path: path.touch(), "is empty"),
    "folder.jpg": (lambda path: path.mkdir(), "is a directory"),
    "text.jpg": (lambda path: path.write_text("hello"), "is not a picture"),
    "half.jpg": (truncated, "is damaged or incomplete"),
    "half.png": (truncated, "is damaged or incomplete"),
    "huge.jpg": (declares_400_megapixels, "declares more pixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_say_what_is_wrong(name, tmp_path):
    make, message = BAD[name]
    make(tmp_path / name)
    with pytest.raises(PictureError, match=message) as error:
        read_picture(tmp_path / name)
    assert name in str(error.value)


# What a source is that is no picture: (first bytes, what it is).
OTHERS = {
    "a.mp3": (b"ID3\4" + bytes(200), r"sound \(MP3\)"),
    "b.mp3": (b"\xff\xfb\x90\x64" * 100, r"sound \(MP3\)"),
    "a.wav": (b"RIFF\0\1\0\0WAVEfmt " + bytes(200), r"sound \(WAV\)"),
    "a.opus": (b"OggS" + bytes(200), r"sound or video \(Ogg\)"),
    "a.mp4": (b"\0\0\0\x20ftypisom" + bytes(200), "sound or video"),
    "a.m4a": (b"\0\0\0\x20ftypM4A " + bytes(200), "sound"),
    "a.heic": (b"\0\0\0\x20ftypheic" + bytes(200), "a photograph in HEIC"),
    "a.mkv": (b"\x1aE\xdf\xa3" + bytes(200), "a video"),
    "a.mpg": (b"\0\0\1\xb3\x14\0\xf0" + bytes(200), "a video"),
    "a.pdf": (b"%PDF-1.7\n" + bytes(200), "a document"),
    "a.eps": (b"\xc5\xd0\xd3\xc6" + bytes(200), "not a picture"),
    "a.h5": (b"\x89HDF\r\n\x1a\n" + bytes(200), r"data \(HDF5\)"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_called_what_they_are(name, tmp_path):
    content, kind = OTHERS[name]
    (tmp_path / name).write_bytes(content)
    for source, called in ((tmp_path / name, name), (content, "the picture")):
        with pytest.raises(PictureError, match=kind) as error:
            read_picture(source)
        assert called in str(error.value) and "damaged" not in str(error.value)


@pytest.mark.parametrize(("source", "message"), [
    ("-", "- is standard input"),
    ("https://example.org/a.jpg", "is an address, not a file. Download it first"),
    ("s3://bucket/a.jpg", "is an address"),
    ("data:image/png;base64,AAAA", "is an address"),
    ("none/a.jpg", "does not exist"),
    ("a\0b.jpg", "does not exist"),
    (os.devnull, "is a device, not a file"),
    (b"", "is empty"),
])  # fmt: skip
def test_sources_that_are_no_files(source, message):
    with pytest.raises(PictureError, match=message):
        read_picture(source)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PictureError, match="is a pipe, not a file"):
        read_picture(tmp_path / "pipe.jpg")


def test_a_file_called_as_standard_input(photograph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph).save("-", "png")
    np.testing.assert_array_equal(read_picture("-").pixels, photograph)


def noisy_tiff(path, seed):
    """A fax whose lines libtiff complains of, one by one, and draws all the same."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (40, 60), np.uint8)).convert("1")
    image.save(path, compression="group4")
    with Image.open(path) as saved:
        (start,), (length,) = saved.tag_v2[273], saved.tag_v2[279]
    data = bytearray(path.read_bytes())
    data[start + length // 4 : start + length // 4 + 60] = rng.bytes(60)
    path.write_bytes(data)
    return path


def test_what_decoders_print_is_told_once_a_file(tmp_path, capfd):
    path = noisy_tiff(tmp_path / "fax.tif", 4)
    for _ in range(3):
        read_picture(path)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{path} is read, but its decoder says: Fax4Decode")
    assert line.endswith(" more)")
    read_picture(noisy_tiff(tmp_path / "another.tif", 1))
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_standard_error_is_given_back(tmp_path, capfd):
    path = noisy_tiff(tmp_path / "fax.tif", 2)
    threads = [threading.Thread(target=read_picture, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    capfd.readouterr()
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


def test_a_damaged_avif_is_no_traceback(tmp_path):
    avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(300)
    with pytest.raises(PictureError, match="the picture is"):
        read_picture(avif)
