"""The moving camera of the benchmarks: its flow is where the photograph says."""

import numpy as np
import pytest

from fusion_style.benchmarks import camera


def board(height, width):
    """A photograph whose first two channels say column and row."""
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([columns, rows, 0 * rows], axis=-1).astype(np.float32)


@pytest.mark.parametrize("number", [1, 13, 38, 60, 99])
def test_the_flow_leads_to_the_same_place(number):
    pixels = board(120, 200)
    before, now = (camera.view(pixels, n) for n in (number - 1, number))
    flow, sound = camera.known_flow(pixels, number)
    assert 0.5 < sound.mean() < 1 or number == 1
    rows, columns = np.nonzero(sound)
    for row, column in list(zip(rows, columns, strict=True))[::997]:
        x, y = np.array([column, row]) + flow[row, column]
        i, j = int(y), int(x)
        if i + 1 >= before.shape[0] or j + 1 >= before.shape[1]:
            continue
        u, v = y - i, x - j
        seen = (
            before[i, j] * (1 - u) * (1 - v) + before[i + 1, j] * u * (1 - v)
            + before[i, j + 1] * (1 - u) * v + before[i + 1, j + 1] * u * v
        )  # fmt: skip
        np.testing.assert_allclose(seen, now[row, column], atol=0.1)


@pytest.mark.parametrize("size", [(427, 640), (300, 451), (512, 512)])
def test_the_camera_stays_inside(size):
    pixels = np.zeros((*size, 3), np.float32)
    height, width = camera.frame_size(pixels)
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1],
                        [width - 1, height - 1, 1]])  # fmt: skip
    for number in range(camera.LOOP):
        places = corners @ camera.place(pixels, number)[:2].T
        assert places.min() >= 0 and (places <= [size[1] - 1, size[0] - 1]).all()
