"""Style files that are damaged, made up, or of others."""

import zipfile

import keras
import pytest

from fusion_style.inference.stylizer import Stylizer
from fusion_style.models.loading import load_network
from fusion_style.models.style_file import StyleFileError, save_network


@pytest.mark.parametrize("harm", [
    lambda name, data: data[:500] if name.endswith(".h5") else data,
    lambda name, data: b"{" if name == "config.json" else data,
    lambda name, data: b"\xff" if name == "config.json" else data,
    lambda name, data: b'{"class_name": "A"}' if name == "config.json" else data,
    lambda name, data: b"[1]" if name == "recipe.json" else data,
], ids=["cut", "no JSON", "no text", "no options", "no recipe"])  # fmt: skip
def test_a_damaged_style_is_refused(harm, style, tmp_path):
    path = tmp_path / "damaged.keras"
    with zipfile.ZipFile(style) as whole:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as damaged:
            for name in whole.namelist():
                damaged.writestr(name, harm(name, whole.read(name)))
    for read in (Stylizer, load_network):
        with pytest.raises(StyleFileError, match="is a damaged style|no network of ours"):
            read(str(path))


def test_a_style_that_would_fill_the_memory_is_refused(style, monkeypatch):
    monkeypatch.setattr("fusion_style.models.style_file.LARGEST", 20_000)
    with pytest.raises(StyleFileError, match="model.weights.h5 has more than 20,000 bytes"):
        Stylizer(style)


def test_a_flipped_byte_in_a_style_is_noticed(style, tmp_path):
    with open(style, "rb") as file:
        content = bytearray(file.read())
    content[content.index(b"registered_name")] ^= 1
    path = tmp_path / "flipped.keras"
    path.write_bytes(content)
    with pytest.raises(StyleFileError, match="damaged style file: Bad CRC-32"):
        Stylizer(str(path))


def test_networks_of_others_are_not_loaded(tmp_path):
    path = str(tmp_path / "other.keras")
    save_network(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), path, {})
    with pytest.raises(StyleFileError, match="holds no network of ours but"):
        load_network(path)
