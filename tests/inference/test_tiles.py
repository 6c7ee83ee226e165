"""Exact tiling: tiles come out as the whole picture does."""

import numpy as np
import pytest

from fusion_style.inference.statistics import photograph_of
from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.tiles import mirrored, paint_in_tiles, spans
from fusion_style.models.keras_builder import build_network
from fusion_style.models.style_file import save_network
from fusion_style.tests.support.pictures import made_up_photograph, trained_like

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("region", [136, 160, 200])
@pytest.mark.parametrize("size", [(50, 333), (201, 137), (400, 250)])
def test_tiles_are_the_whole_picture(style, size, region):
    stylizer = Stylizer(style, "openvino", "float32")
    engine, halo = stylizer.engine, stylizer.engine.graph.halo
    pixels = made_up_photograph(*size).astype(np.float32)

    def paint(tile):
        return engine.paint(tile[None], photograph_of(pixels), stylizer.style)[0]

    whole = paint_in_tiles(pixels, paint, halo, region=10_000)
    tiles = paint_in_tiles(pixels, paint, halo, region=region, progress=False)
    np.testing.assert_allclose(tiles, whole, atol=0.05)


def test_the_halo_covers_the_receptive_field(tmp_path):
    """A pixel far away changes nothing; one just inside the reach does."""
    path = str(tmp_path / "network.keras")
    network = trained_like(build_network(norm="batch", width=0.25))
    save_network(network, path, {"settings": {}})
    stylizer = Stylizer(path, "openvino", "float32")
    engine, graph = stylizer.engine, stylizer.engine.graph
    pixels = made_up_photograph(8, 400).astype(np.float32)
    other = pixels.copy()
    other[:, :100] = RNG.uniform(0, 255, (8, 100, 3))
    inputs = photograph_of(pixels), stylizer.style
    before, after = (engine.paint(x[None], *inputs)[0] for x in (pixels, other))
    changed = before - after
    reached = np.flatnonzero(np.abs(changed).max(axis=(0, 2)) > 1e-3).max() - 99
    assert 30 < reached <= graph.output.reach <= graph.halo


@pytest.mark.parametrize("size", [(4, 20), (72, 92)])
def test_the_margin_is_the_mirrored_picture(style, size):
    stylizer = Stylizer(style, "openvino", "float32")
    pixels = made_up_photograph(*size).astype(np.float32)
    around = [mirrored(-16, n + 16, n) for n in size]
    whole = paint_in_tiles(
        pixels[around[0][:, None], around[1]],
        lambda tile: stylizer.engine.paint(
            tile[None], photograph_of(pixels), stylizer.style
        )[0],
        halo=stylizer.engine.graph.halo,
    )
    np.testing.assert_array_equal(stylizer.paint(pixels), whole[16:-16, 16:-16])


@pytest.mark.parametrize("size", [1, 2, 5, 8, 135, 136, 137, 1000])
def test_spans_keep_every_pixel_once(size):
    length, cut = spans(size, region=136, halo=60)
    kept = [i for _, first, last in cut for i in range(first, last)]
    assert kept == list(range(size))
    extended = max(-(-size // 4) * 4, 8)
    for start, first, last in cut:
        assert start % 4 == length % 4 == 0
        assert length <= 136
        assert first - start >= 60 or start == 0
        assert start + length - last >= 60 or start + length == extended


def test_mirrored_is_numpys_reflection():
    for size in (1, 2, 5, 9):
        expected = np.pad(np.arange(size), (0, 12), "edge" if size == 1 else "reflect")
        np.testing.assert_array_equal(mirrored(0, size + 12, size), expected)
