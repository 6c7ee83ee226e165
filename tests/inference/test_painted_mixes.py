"""Mixes, strokes and masks, painted from Python."""

import numpy as np
import pytest

import fusion_style
from fusion_style.data.images import Picture, resize
from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.conditions import Condition, mix
from fusion_style.models.loading import load_network
from fusion_style.tests.support.many import FOUR, save_many
from fusion_style.tests.support.pictures import made_up_photograph

ENGINES = ("openvino", "tensorflow")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return save_many(tmp_path_factory.mktemp("many") / "my.keras")


@pytest.fixture(scope="module")
def paintings(many):
    return Stylizer(many, "openvino", "float32")


@pytest.fixture
def picture(photograph):
    return Picture(photograph.astype(np.float32))


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_mix_is_what_keras_paints(tmp_path, engine, norm, photograph, monkeypatch):
    monkeypatch.setattr(Stylizer, "margin", 0)
    path = save_many(tmp_path / "my.keras", norm=norm)
    network, pixels = load_network(path), photograph.astype(np.float32)
    stylizer = Stylizer(path, engine, "float32")
    for weights, stroke in (({"wave": 1}, 256), ({"wave": 0.6, "udnie": 0.4}, 384)):
        rows = mix(FOUR, weights, stroke).astype(np.float32)
        expected = network([pixels[None], rows[None]], training=False)[0]
        painted = stylizer(Picture(pixels), style=weights, stroke=stroke).pixels
        np.testing.assert_allclose(painted, expected, atol=0.05)
    assert painted.std() > 5


def test_gamma_and_beta_are_linear_along_a_mix(paintings):
    ends = [paintings.choose({name: 1}).style for name in ("wave", "udnie")]
    for share in (0.25, 0.5, 0.9):
        found = paintings.choose({"wave": share, "udnie": 1 - share}).style
        expected = share * ends[0] + (1 - share) * ends[1]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.abs(ends[0] - ends[1]).max() > 0.5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hundred_mixes_compile_once(many, engine, picture):
    stylizer = Stylizer(many, engine, "float32")
    painted = [
        stylizer(picture, style={"wave": i, "udnie": 99 - i}, stroke=256 + i).pixels
        for i in range(100)
    ]
    assert stylizer.engine.compilations == 1
    steps = [np.abs(b - a).mean() for a, b in zip(painted, painted[1:], strict=False)]
    assert 0 < min(steps) and max(steps) < 10


def test_a_choice_leaves_the_stylizer_alone(paintings, picture):
    wave = paintings.choose("wave")
    expected = wave(picture).pixels
    wave(picture, style="udnie", stroke=300)
    np.testing.assert_array_equal(wave(picture).pixels, expected)
    assert paintings.weights is None and wave.weights == {"wave": 1.0}
    assert wave.engine is paintings.engine


@pytest.mark.parametrize("text", ["{}:wave=0.6,udnie=0.4", "{}:udnie=2,wave=3"])
def test_the_same_mix_said_in_other_ways(many, paintings, picture, text):
    expected = paintings(picture, style={"wave": 0.6, "udnie": 0.4}).pixels
    said = Stylizer(text.format(many), "openvino", "float32")
    np.testing.assert_allclose(said(picture).pixels, expected, atol=1e-2)
    again = paintings(picture, style="wave=0.6,udnie=0.4").pixels
    np.testing.assert_array_equal(again, expected)


def test_one_of_several_must_be_chosen(paintings, picture):
    said = "has several paintings. Choose one, or a mix: wave, udnie"
    for call in (
        lambda: paintings(picture), lambda: paintings(picture, stroke=300),
        lambda: paintings.paint(picture.pixels), lambda: paintings.style,
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            call()
    assert paintings.conditions == FOUR


def test_a_file_of_one_painting_takes_its_strokes(tmp_path, picture):
    conditions = [Condition("wave", 256), Condition("wave", 512)]
    stylizer = Stylizer(save_many(tmp_path / "wave.keras", conditions), "openvino")
    largest = stylizer(picture).pixels
    np.testing.assert_array_equal(stylizer(picture, stroke=512).pixels, largest)
    assert np.abs(stylizer(picture, stroke=256).pixels - largest).mean() > 1


def test_strokes_beyond_are_painted_on_a_scaled_photograph(paintings, picture):
    wave = paintings.choose("wave", 512)
    larger = paintings.choose("wave", 1024)
    assert larger.scale == 0.5
    small = resize(picture.pixels, 18, 25)
    expected = resize(wave.paint(small), 37, 50)
    # The whole photograph's contrast, at its own size, is not quite the small one's.
    assert np.abs(larger.paint(picture.pixels) - expected).mean() < 0.5
    smaller = paintings.choose("wave", 128)
    assert smaller.scale == 2 and smaller.paint(picture.pixels).shape == (37, 50, 3)


def test_large_pictures_in_tiles(paintings):
    pixels = made_up_photograph(300, 260).astype(np.float32)
    both = paintings.choose({"wave": 1, "udnie": 1}, 600)
    found = [both.paint(pixels, region=200) for _ in range(2)]
    assert found[0].shape == pixels.shape
    np.testing.assert_array_equal(*found)


def test_a_mask_from_python(paintings, picture):
    mask = np.zeros((74, 100), bool)
    mask[:, :50] = True
    wave, udnie = (paintings(picture, style=name).pixels for name in ("wave", "udnie"))
    left, right = np.s_[:, :23], np.s_[:, 27:]
    found = paintings(picture, style="wave", mask=mask, style2="udnie").pixels
    np.testing.assert_allclose(found[left], wave[left], atol=1e-4)
    np.testing.assert_allclose(found[right], udnie[right], atol=1e-4)
    alone = paintings(picture, style="wave", mask=mask).pixels
    np.testing.assert_allclose(alone[left], wave[left], atol=1e-4)
    np.testing.assert_array_equal(alone[right], picture.pixels[right])
    other = paintings(picture, style="wave", mask=mask, style2=paintings.choose("udnie"))
    np.testing.assert_array_equal(other.pixels, found)


def test_a_mask_of_gray_is_a_blend_of_paintings(paintings, picture):
    gray = np.full((37, 50), 51, np.uint8)  # a fifth
    wave, udnie = (paintings(picture, style=name).pixels for name in ("wave", "udnie"))
    found = paintings(picture, style="wave", mask=gray, style2="udnie").pixels
    np.testing.assert_allclose(found, 0.2 * wave + 0.8 * udnie, atol=0.01)
    half = paintings(picture, style="wave", mask=gray, strength=0.5).pixels
    expected = picture.pixels + 0.1 * (wave - picture.pixels)
    np.testing.assert_allclose(half, expected, atol=0.01)


def test_what_python_is_told_wrong(paintings, picture):
    with pytest.raises(ValueError, match="style2 needs a mask"):
        paintings(picture, style="wave", style2="udnie")
    with pytest.raises(ValueError, match="the mask has 50×50 pixels, the picture 50×37"):
        paintings(picture, style="wave", mask=np.ones((50, 50)))
    with pytest.raises(ValueError, match="no painting monet in this style file"):
        paintings(picture, style={"monet": 1})


def test_the_public_name(many, picture):
    painted = fusion_style.Stylizer(many)(picture, style={"wave": 1}, stroke=384)
    assert painted.pixels.shape == picture.pixels.shape
