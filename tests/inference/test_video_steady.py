"""Holding still: shots, statistics, and paintings that move with what they show."""

import numpy as np
import pytest

from fusion_style.inference.stylizer import Stylizer
from fusion_style.inference.video.shots import CutFinder
from fusion_style.inference.video.statistics import KEPT, ShotStatistics
from fusion_style.inference.video.steady import Steady

RNG = np.random.default_rng(3)


def scene(height, width, seed=0):
    """A smooth photograph with detail, float32, 0-255."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((height, width, 3))
    for size in (4, 8, 16, 32):
        grid = rng.normal(0, 30 / np.sqrt(size / 4), (size, size, 3))
        rows = np.linspace(0, size - 1.01, height)
        columns = np.linspace(0, size - 1.01, width)
        i, j = rows.astype(int), columns.astype(int)
        u, v = (rows - i)[:, None, None], (columns - j)[None, :, None]
        below, right = np.minimum(i + 1, size - 1), np.minimum(j + 1, size - 1)
        pixels += (
            grid[i][:, j] * (1 - u) * (1 - v) + grid[below][:, j] * u * (1 - v)
            + grid[i][:, right] * (1 - u) * v + grid[below][:, right] * u * v
        )  # fmt: skip
    return np.clip(pixels + 120, 0, 255).astype(np.float32)


def moving(frames, step, seed=0):
    """Crops of a scene, moved by `step` pixels to the right in each frame."""
    large = scene(96, 160 + frames * step, seed)
    return [large[:, i * step : i * step + 128] for i in range(frames)]


def textures(frames):
    """What a restless network might paint: detail that is new in each frame."""
    return [
        np.clip(frame + RNG.normal(0, 25, frame.shape), 0, 255).astype(np.float32)
        for frame in frames
    ]


def restlessness(paintings, step):
    """The deviation between a painting and the one before, moved; borders left out."""
    pairs = zip(paintings[1:], paintings, strict=False)
    inner = (slice(16, -16), slice(16, -16 - step))
    return np.mean([
        np.square(now[inner] - np.roll(before, -step, axis=1)[inner]).mean() ** 0.5
        for now, before in pairs
    ])  # fmt: skip


def detail(pictures):
    return np.mean([np.diff(p, axis=1).var() for p in pictures[1:]])


@pytest.mark.parametrize("step", [0, 2])
def test_paintings_move_with_what_they_show(step):
    frames = moving(8, step)
    raw = textures(frames)
    steady = Steady(0.95)
    held = [steady(f, p, i == 0) for i, (f, p) in enumerate(zip(frames, raw, strict=True))]
    assert restlessness(held, step) < 0.5 * restlessness(raw, step)
    assert 0.8 < detail(held) / detail(raw) < 1.2


def test_without_strength_nothing_is_held():
    frames = moving(3, 1)
    steady = Steady(0.0)
    for i, (frame, raw) in enumerate(zip(frames, textures(frames), strict=True)):
        assert steady(frame, raw, i == 0) is raw


def test_nothing_is_held_over_a_cut():
    one, other = scene(96, 128, 1), scene(96, 128, 2)
    steady = Steady(1.0)
    steady(one, one, True)
    raw = textures([other])[0]
    np.testing.assert_array_equal(steady(other, raw, True), raw)


def test_what_was_hidden_is_painted_anew():
    background, box = scene(96, 128, 4), np.float32([250, 20, 20])
    steady, paintings = Steady(1.0), []
    for i in range(4):
        frame = background.copy()
        frame[30:60, 10 + 12 * i : 40 + 12 * i] = box
        paintings.append(steady(frame, 255 - frame, i == 0))
    shown = paintings[-1][36:54, 12:42]
    # Where the box has been there is no trace of it: its painting is nearly cyan.
    assert np.abs(shown - (255 - background[36:54, 12:42])).mean() < 12


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (24, 32), (31, 23), (7, 200)])
def test_any_size(size):
    steady = Steady(0.9)
    for i in range(3):
        frame = scene(*size, i)
        assert steady(frame, frame, i == 0).shape == (*size, 3)


def test_cuts_are_found_and_movement_is_none():
    is_cut = CutFinder()
    found = [is_cut(frame) for frame in moving(6, 3, seed=5)]
    found += [is_cut(255 - frame) for frame in moving(6, 3, seed=6)]
    assert [i for i, cut in enumerate(found) if cut] == [0, 6]


def test_contrast_follows_slowly(instance_style):
    statistics = ShotStatistics(Stylizer(instance_style))
    first, second = scene(64, 80, 1), scene(64, 80, 2)
    seen, norms = statistics(first, True)
    assert norms is None
    np.testing.assert_allclose(seen.mean, first.mean(axis=(0, 1)), rtol=1e-4)
    np.testing.assert_allclose(seen.factor, 1 / first.std(axis=(0, 1)), rtol=1e-2)
    later, _ = statistics(second, False)
    expected = KEPT * first.mean(axis=(0, 1)) + (1 - KEPT) * second.mean(axis=(0, 1))
    np.testing.assert_allclose(later.mean, expected, rtol=1e-4)
    anew, _ = statistics(second, True)
    np.testing.assert_allclose(anew.mean, second.mean(axis=(0, 1)), rtol=1e-4)


def test_the_tiles_of_a_large_frame_share_statistics(instance_style):
    stylizer = Stylizer(instance_style)
    frame = scene(300, 400, 1)
    _, norms = ShotStatistics(stylizer)(frame, True, region=240)
    channels = sum(norm.channels for norm in stylizer.engine.graph.norms)
    assert norms.shape == (2, channels)
