"""The numbers of grids, borders and flicker, on pictures that are known to have them."""

import numpy as np
import pytest

from fusion_style.benchmarks.yardstick.artefacts import BORDER, artefacts
from fusion_style.benchmarks.yardstick.stability import own_changes, stability
from fusion_style.tests.support.pictures import made_up_photograph

ROWS, COLUMNS = np.indices((96, 64))[..., None]


@pytest.fixture(scope="module")
def smooth():
    """Slow waves of another color each, without grain."""
    angle = 2 * np.pi * (ROWS / [71.0, 83.0, 97.0] + COLUMNS / [89.0, 61.0, 79.0])
    return (128 + 90 * np.sin(angle)).astype(np.float32)


@pytest.fixture(scope="module")
def grainy():
    return made_up_photograph(96, 64).astype(np.float32)


GRIDS = {
    "a checkerboard": ("grid_2", (-1.0) ** (ROWS + COLUMNS)),
    "stripes across": ("grid_2", (-1.0) ** ROWS),
    "squares of 2 pixels": ("grid_4", (-1.0) ** (ROWS // 2 + COLUMNS // 2)),
    "stripes of 2 pixels": ("grid_4", (-1.0) ** (COLUMNS // 2)),
}


@pytest.mark.parametrize("grid", GRIDS)
def test_a_grid_raises_its_number(grid, smooth, grainy):
    name, pattern = GRIDS[grid]
    other = {"grid_2": "grid_4", "grid_4": "grid_2"}[name]
    for picture, times in ((smooth, 20), (grainy, 5)):
        clean, with_grid = artefacts(picture), artefacts(picture + 5 * pattern)
        assert 0.5 < clean[name] < 2
        assert with_grid[name] > times * clean[name]
        assert with_grid[other] < 2
        for border in BORDER:
            assert with_grid[border] == pytest.approx(clean[border], abs=0.5)


def test_grain_is_no_grid(smooth):
    noise = np.random.default_rng(1).normal(0, 8, smooth.shape)
    for name, value in artefacts(smooth + noise).items():
        if name.startswith("grid"):
            assert value == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("width", [8, 16])
def test_a_frame_shows_in_the_borders_numbers(width):
    photograph = made_up_photograph(256, 320).astype(np.float32)
    frame = np.ones((256, 320, 1), bool)
    frame[width:-width, width:-width] = False
    clean = artefacts(photograph)
    colored = artefacts(np.where(frame, photograph + [-20, 0, 5], photograph))
    changes = [colored[name] - clean[name] for name in BORDER]
    assert changes == pytest.approx([-20, 0, 5, 0], abs=1e-2)
    flat = artefacts(np.where(frame, photograph.mean((0, 1)), photograph))
    assert abs(clean["border_deviation"]) < 1 and flat["border_deviation"] < -4


def test_a_flat_picture_has_none():
    found = artefacts(np.full((64, 64, 3), 77, np.float32))
    assert found["grid_2"] == pytest.approx(1) and found["grid_4"] == pytest.approx(1)
    assert [found[name] for name in BORDER] == [0, 0, 0, 0]


def test_what_moves_with_the_photograph_is_stable(grainy):
    found, own = stability(invert, grainy, invert(grainy)), own_changes(grainy)
    assert found["shift"] == 0
    assert found["noise"] == pytest.approx(own["noise"], rel=1e-4)
    assert own["noise"] == pytest.approx(2 * np.sqrt(2 / np.pi), abs=0.1)
    assert 5 < own["shift"] < 15


def invert(photograph):
    return 255 - photograph


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_what_sticks_to_the_canvas_is_not(axes, grainy):
    def paint(photograph):
        lines = sum(np.indices(photograph.shape[:2])[axis] for axis in axes)
        return photograph + 10 * (lines % 2)[..., None]

    changed = 10 * len(axes) / 2  # lines along one axis move with the other
    found = stability(paint, grainy, paint(grainy))
    assert found["shift"] == pytest.approx(changed, abs=1e-3)
