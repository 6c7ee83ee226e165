"""Files in every mode and format that Pillow writes, beside what a person sees of them.

The scene is four squares of one color each, so that size, orientation, colors and
transparency can be told from a few means. What should be seen is worked out from the
scene in NumPy, not by Pillow.
"""

import io
import itertools
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from fusion_style.data.images import read_picture

HEIGHT, WIDTH = 48, 80  # whole blocks of 16, so that JPEG's chroma ends at the squares
SQUARES = np.array([[[200, 40, 40], [40, 160, 60]], [[50, 70, 200], [230, 220, 90]]])
SCENE = SQUARES.repeat(HEIGHT // 2, 0).repeat(WIDTH // 2, 1).astype(np.uint8)
GRAY = SCENE @ [0.299, 0.587, 0.114]  # ITU-R BT.601
ALPHA = np.full((HEIGHT, WIDTH), 255, np.uint8)
ALPHA[: HEIGHT // 2, : WIDTH // 2] = 0
ALPHA[HEIGHT // 2 :, : WIDTH // 2] = 128
HARD = np.where(ALPHA > 100, 255, 0).astype(np.uint8)

RGB = Image.fromarray(SCENE)
L = Image.fromarray(np.round(GRAY).astype(np.uint8))
RGBA = Image.fromarray(np.dstack([SCENE, ALPHA]))
LA = Image.merge("LA", [L, Image.fromarray(ALPHA)])
DEEP = np.round(GRAY * 257).astype(np.uint16)
BLACK_AND_WHITE = np.where(GRAY > 128, 255, 0)
CASES = {}


def case(name, image, kind, seen=SCENE, alpha=None, **options):
    """Add a file to the table: what is saved, and what is seen of it."""
    CASES[name] = (lambda: saved(image, kind, options)), seen, alpha


def saved(image, kind, options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def palette(image, colors=16):
    return image.quantize(colors, dither=Image.Dither.NONE)


def lab():
    profile = ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(
        RGB, ImageCms.createProfile("sRGB"), profile, outputMode="LAB"
    )


# JPEG: modes by subsampling, progressive, orientation, gray, CMYK.
for progressive, subsampling in itertools.product((False, True), (0, 1, 2)):
    for image, seen in ((RGB, SCENE), (L, GRAY), (RGB.convert("CMYK"), SCENE)):
        name = f"jpeg {image.mode} subsampling {subsampling} progressive {progressive}"
        case(
            name, image, "JPEG", seen,
            subsampling=subsampling, progressive=progressive, quality=92,
        )  # fmt: skip
case("jpeg YCbCr", RGB.convert("YCbCr"), "JPEG", quality=92)
case("jpeg 1", Image.fromarray(BLACK_AND_WHITE > 0), "JPEG", BLACK_AND_WHITE, quality=92)
case("jpeg optimized", RGB, "JPEG", optimize=True, quality=92)
case("jpeg that keeps RGB", RGB, "JPEG", keep_rgb=True, quality=92)
case("jpeg restart markers", RGB, "JPEG", restart_marker_blocks=1, quality=92)
case("mpo", RGB, "MPO", save_all=True, append_images=[L.convert("RGB")], quality=92)

# PNG, by bits, palettes and transparency.
for level in (0, 9):
    case(f"png RGB level {level}", RGB, "PNG", compress_level=level)
    case(f"png RGBA level {level}", RGBA, "PNG", alpha=ALPHA, compress_level=level)
    case(f"png L level {level}", L, "PNG", GRAY, compress_level=level)
    case(f"png LA level {level}", LA, "PNG", GRAY, ALPHA, compress_level=level)
    case(
        f"png I;16 level {level}", Image.fromarray(DEEP), "PNG", GRAY, compress_level=level
    )
for bits in (2, 4, 8):
    case(f"png P {bits} bits", palette(RGB, 4), "PNG", bits=bits)
case("png 1", Image.fromarray(BLACK_AND_WHITE > 0), "PNG", BLACK_AND_WHITE)
case("png P of RGBA", RGBA.quantize(16), "PNG", alpha=ALPHA)
case("png RGB one color transparent", RGB, "PNG", alpha=HARD, transparency=(200, 40, 40))
case(
    "png L one gray transparent", L, "PNG", GRAY, HARD, transparency=int(L.getpixel((0, 0)))
)
case(
    "png I;16 one gray transparent", Image.fromarray(DEEP), "PNG", GRAY, HARD,
    transparency=int(DEEP[0, 0]),
)  # fmt: skip
case(
    "png 1 black transparent", Image.fromarray(HARD > 0), "PNG", HARD, HARD, transparency=0
)
SQUARE_COLORS = palette(RGB, 4)
case(
    "png P one transparent", SQUARE_COLORS, "PNG", alpha=HARD,
    transparency=SQUARE_COLORS.getpixel((0, 0)),
)  # fmt: skip
case(
    "png P alpha for each", SQUARE_COLORS, "PNG", alpha=ALPHA,
    transparency=bytes(
        next(int(ALPHA[y, x]) for y, x in ((0, 0), (0, 79), (47, 0), (47, 79))
             if SQUARE_COLORS.getpixel((x, y)) == i) for i in range(4)
    ),
)  # fmt: skip
case("png animated", RGB, "PNG", save_all=True, append_images=[L.convert("RGB")])

# WebP, by losslessness, method and alpha.
for lossless, method in itertools.product((False, True), (0, 4, 6)):
    options = {"lossless": lossless, "method": method, "quality": 92}
    for image, seen, alpha in ((RGB, SCENE, None), (RGBA, SCENE, ALPHA), (L, GRAY, None),
                               (LA, GRAY, ALPHA)):  # fmt: skip
        name = f"webp {image.mode} lossless {lossless} method {method}"
        case(name, image, "WEBP", seen, alpha, **options)
case("webp exact", RGBA, "WEBP", alpha=ALPHA, lossless=True, exact=True)
case("webp P", palette(RGB), "WEBP", lossless=True)
case("webp animated", RGB, "WEBP", save_all=True, append_images=[L], lossless=True)

# TIFF, by mode and compression.
for how in ("raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"):
    for image, seen, alpha in (
        (RGB, SCENE, None), (L, GRAY, None), (RGBA, SCENE, ALPHA), (LA, GRAY, ALPHA),
        (RGB.convert("CMYK"), SCENE, None), (RGB.convert("YCbCr"), SCENE, None),
        (palette(RGB), SCENE, None), (Image.fromarray(DEEP), GRAY, None),
        (Image.fromarray(BLACK_AND_WHITE > 0), BLACK_AND_WHITE, None),
        (Image.fromarray(DEEP.astype(np.int32)), GRAY, None), (lab(), SCENE, None),
        (Image.fromarray(GRAY.astype(np.float32) / 255), GRAY, None),
    ):  # fmt: skip
        if (image.mode, how) != ("YCbCr", "raw"):
            case(f"tiff {image.mode} {how}", image, "TIFF", seen, alpha, compression=how)
case("tiff F 0-255", Image.fromarray(GRAY.astype(np.float32)), "TIFF", GRAY)
case("tiff F 0-65535", Image.fromarray(DEEP.astype(np.float32)), "TIFF", GRAY)
case(
    "tiff I 31 bits",
    Image.fromarray((GRAY / 255 * (2**31 - 1)).astype(np.int32)),
    "TIFF",
    GRAY,
)
case("tiff RGB jpeg", RGB, "TIFF", compression="jpeg", quality=92)
case("tiff L jpeg", L, "TIFF", GRAY, compression="jpeg", quality=92)
for how in ("group3", "group4", "tiff_ccitt"):
    image = Image.fromarray(BLACK_AND_WHITE > 0)
    case(f"tiff 1 {how}", image, "TIFF", BLACK_AND_WHITE, compression=how)
case("tiff big", RGB, "TIFF", big_tiff=True)
case("tiff of pages", RGB, "TIFF", save_all=True, append_images=[L])
case("tiff tall strips", RGB, "TIFF", strip_size=64)

# BMP and GIF.
for image, seen in (
    (RGB, SCENE), (L, GRAY), (palette(RGB), SCENE),
    (Image.fromarray(BLACK_AND_WHITE > 0), BLACK_AND_WHITE),
):  # fmt: skip
    case(f"bmp {image.mode}", image, "BMP", seen)
    case(f"gif {image.mode}", image, "GIF", seen)
case("gif interlaced", palette(RGB), "GIF", interlace=1)
case("gif not interlaced", palette(RGB), "GIF", interlace=0)
case("gif animated", palette(RGB), "GIF", save_all=True, append_images=[palette(L)])
case(
    "gif one transparent", SQUARE_COLORS, "GIF", alpha=HARD,
    transparency=SQUARE_COLORS.getpixel((0, 0)),
)  # fmt: skip
case("gif of RGBA", Image.fromarray(np.dstack([SCENE, HARD])), "GIF", alpha=HARD)

# Others, which are read, though no folder is searched for them.
case("ppm RGB", RGB, "PPM")
case("pgm L", L, "PPM", GRAY)
case("pgm I;16", Image.fromarray(DEEP.astype(np.int32)), "PPM", GRAY)
case("tga RGB", RGB, "TGA")
case("tga RGBA", RGBA, "TGA", alpha=ALPHA)
if features.check("jpg_2000"):
    case("jpeg 2000", RGB, "JPEG2000")
if features.check("avif"):
    case("avif", RGB, "AVIF", quality=92)

# Orientations, in the formats that have EXIF.
STORED = {  # EXIF 2.3, table 6: how a camera that is held so stores what is seen
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
for orientation, store in STORED.items():
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        turned = Image.fromarray(np.ascontiguousarray(store(SCENE)))
        options = {"quality": 92} if kind in ("JPEG", "WEBP") else {}
        case(f"{kind} orientation {orientation}", turned, kind, exif=exif, **options)
    turned = Image.fromarray(np.ascontiguousarray(store(np.dstack([SCENE, ALPHA]))))
    case(f"PNG RGBA orientation {orientation}", turned, "PNG", alpha=ALPHA, exif=exif)


def interlaced_png():
    """Adam7, which Pillow reads but doesn't write (PNG specification, section 8.2)."""
    passes = (
        (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
        (1, 0, 2, 1),
    )  # fmt: skip
    rows = b"".join(
        b"\0" + row.tobytes()
        for top, left, down, across in passes
        for row in SCENE[top::down, left::across]
    )

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = WIDTH.to_bytes(4, "big") + HEIGHT.to_bytes(4, "big") + bytes([8, 2, 0, 0, 1])
    chunks = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


CASES["png interlaced"] = interlaced_png, SCENE, None


def test_there_are_many():
    assert len(CASES) >= 200


def squares(pixels):
    """The mean of each of the four squares, without their borders: (2, 2, ...)."""
    parts = pixels.reshape(2, HEIGHT // 2, 2, WIDTH // 2, *pixels.shape[2:]).astype(float)
    return parts[:, 4:-4, :, 4:-4].mean((1, 3))


@pytest.mark.parametrize("name", CASES)
def test_what_a_person_sees(name):
    make, seen, alpha = CASES[name]
    picture = read_picture(make())
    seen = np.broadcast_to(seen[..., None] if seen.ndim == 2 else seen, SCENE.shape)
    assert picture.pixels.shape == SCENE.shape and picture.pixels.dtype == np.float32
    found, expected = squares(picture.pixels), squares(seen)
    if alpha is None:
        assert picture.alpha is None
    else:
        np.testing.assert_allclose(squares(picture.alpha), squares(alpha), atol=8)
        visible = squares(alpha) > 0
        found, expected = found[visible], expected[visible]
    np.testing.assert_allclose(found, expected, atol=8)
