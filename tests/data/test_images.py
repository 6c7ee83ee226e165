"""Reading and writing one picture."""

import os

import numpy as np
import pytest
from PIL import Image, ImageCms

from fusion_style.data.images import (
    Picture,
    fit_size,
    read_picture,
    resize,
    sample_photograph,
    write_picture,
)
from fusion_style.tests.support.short_file import ShortFile


def saved(path, image, **options):
    image.save(path, **options)
    return str(path)


def difference(pixels, expected):
    return np.abs(pixels - np.asarray(expected, float)).mean()


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "tif", "bmp", "gif"])
def test_formats(extension, photograph, tmp_path):
    path = saved(tmp_path / f"a.{extension}", Image.fromarray(photograph))
    picture = read_picture(path)
    assert picture.pixels.dtype == np.float32
    assert picture.pixels.shape == photograph.shape
    assert difference(picture.pixels, photograph) < 15
    assert picture.alpha is None


def test_content_counts_not_the_extension(photograph, tmp_path):
    os.rename(saved(tmp_path / "a.png", Image.fromarray(photograph)), tmp_path / "a.jpg")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.jpg").pixels, photograph)


def test_bytes_are_a_source_too(photograph, tmp_path):
    path = saved(tmp_path / "a.png", Image.fromarray(photograph))
    with open(path, "rb") as file:
        np.testing.assert_array_equal(read_picture(file.read()).pixels, photograph)


def test_grayscale_and_palette(photograph, tmp_path):
    gray = Image.fromarray(photograph).convert("L")
    pixels = read_picture(saved(tmp_path / "gray.png", gray)).pixels
    np.testing.assert_array_equal(pixels, np.asarray(gray)[..., None].repeat(3, -1))
    palette = Image.fromarray(photograph).quantize(16)
    pixels = read_picture(saved(tmp_path / "palette.png", palette)).pixels
    np.testing.assert_array_equal(pixels, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_16_bits_are_scaled(extension, tmp_path):
    values = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    path = saved(tmp_path / f"deep.{extension}", Image.fromarray(values))
    np.testing.assert_allclose(read_picture(path).pixels[..., 0], values / 257, atol=0.51)


def test_cmyk(photograph, tmp_path):
    image = Image.fromarray(photograph).convert("CMYK")
    path = saved(tmp_path / "a.jpg", image, quality=95)
    assert difference(read_picture(path).pixels, photograph) < 6


def test_color_profiles_are_converted(photograph, tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    image = Image.fromarray(photograph)
    srgb = ImageCms.createProfile("sRGB")
    as_lab = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    path = saved(tmp_path / "lab.tif", as_lab, icc_profile=lab.tobytes())
    assert difference(read_picture(path).pixels, photograph) < 4


def test_alpha_is_kept(photograph, tmp_path):
    image = Image.fromarray(photograph)
    alpha = np.arange(photograph[..., 0].size).reshape(photograph.shape[:2]) % 256
    image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    picture = read_picture(saved(tmp_path / "a.png", image))
    np.testing.assert_array_equal(picture.alpha, alpha)
    np.testing.assert_array_equal(picture.pixels[alpha > 3], photograph[alpha > 3])
    write_picture(str(tmp_path / "b.png"), picture)
    again = read_picture(tmp_path / "b.png")
    np.testing.assert_array_equal(again.alpha, alpha)
    np.testing.assert_array_equal(again.pixels[alpha > 3], photograph[alpha > 3])
    write_picture(str(tmp_path / "c.jpg"), picture)  # which has none: over white
    over_white = 255 + (photograph - 255.0) * alpha[..., None] / 255
    assert difference(read_picture(tmp_path / "c.jpg").pixels, over_white) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation, photograph, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a description"
    path = saved(tmp_path / "a.png", Image.fromarray(photograph), exif=exif)
    turned = {
        1: photograph, 2: photograph[:, ::-1], 3: photograph[::-1, ::-1],
        4: photograph[::-1], 5: np.swapaxes(photograph, 0, 1),
        6: np.rot90(photograph, -1), 7: np.swapaxes(photograph[::-1, ::-1], 0, 1),
        8: np.rot90(photograph),
    }[orientation]  # fmt: skip
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, turned)
    write_picture(str(tmp_path / "b.jpg"), picture)
    with Image.open(tmp_path / "b.jpg") as written:
        assert written.getexif().get(0x010E) == "a description"
        assert 0x0112 not in written.getexif()


def test_gray_with_alpha_and_transparent_palettes(photograph, tmp_path):
    alpha = np.full(photograph.shape[:2], 77, np.uint8)
    gray = Image.fromarray(photograph).convert("L")
    gray.putalpha(Image.fromarray(alpha))
    picture = read_picture(saved(tmp_path / "la.png", gray))
    np.testing.assert_array_equal(picture.alpha, alpha)
    np.testing.assert_array_equal(picture.pixels[..., 1], np.asarray(gray)[..., 0])
    palette = Image.fromarray(photograph).quantize(16)
    picture = read_picture(saved(tmp_path / "p.png", palette, transparency=3))
    np.testing.assert_array_equal(picture.alpha == 0, np.asarray(palette) == 3)


def test_a_tiff_leaves_its_old_layout_behind(photograph, tmp_path):
    cmyk = Image.fromarray(photograph).convert("CMYK")
    path = saved(tmp_path / "a.tif", cmyk, tiffinfo={0x010E: "described"})
    picture = read_picture(path)
    picture.pixels = picture.pixels[:20]
    write_picture(str(tmp_path / "b.tif"), picture)
    again = read_picture(tmp_path / "b.tif")
    np.testing.assert_array_equal(again.pixels, picture.pixels)
    with Image.open(tmp_path / "b.tif") as written:
        assert written.mode == "RGB" and written.getexif()[0x010E] == "described"


def test_damaged_exif_is_left_behind(photograph, tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(photograph).save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09junk")
    assert read_picture(path).pixels.shape == photograph.shape


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (9, 7), c) for c in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(
        read_picture(tmp_path / "a.gif").pixels[0, 0], [255, 0, 0]
    )


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
def test_a_disk_that_takes_a_part_leaves_what_was_there(
    name, photograph, tmp_path, monkeypatch
):
    path = tmp_path / name
    write_picture(str(path), Picture(photograph.astype(np.float32)))
    before = path.read_bytes()
    monkeypatch.setattr("fusion_style.files.open", ShortFile, raising=False)
    for out in (path, tmp_path / f"new-{name}"):
        with pytest.raises(OSError, match="only 100 of .* Is the disk full"):
            write_picture(str(out), Picture(photograph.astype(np.float32)))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [name]


def test_too_large_for_the_format(tmp_path):
    wide = Picture(np.zeros((1, 16_384, 3), np.float32))
    with pytest.raises(ValueError, match="a WEBP has at most 16,383 pixels on a side"):
        write_picture(str(tmp_path / "a.webp"), wide)
    write_picture(str(tmp_path / "a.jpg"), wide)


def test_unwritable_formats_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"\.jpg, .*Received: \.gif"):
        write_picture(str(tmp_path / "a.gif"), Picture(np.zeros((4, 4, 3), np.float32)))


def test_resize():
    pixels = np.full((10, 20, 3), [10, 100, 250], np.float32)
    small = resize(pixels, *fit_size(10, 20, 10))
    assert small.shape == (5, 10, 3)
    np.testing.assert_allclose(small, np.full((5, 10, 3), [10, 100, 250]), atol=1e-3)
    assert fit_size(10, 20, 10, side=min) == (10, 20)
    assert fit_size(1, 5000, 512) == (1, 512)


def test_the_sample_photograph_is_there():
    assert read_picture(sample_photograph()).pixels.shape == (512, 512, 3)
