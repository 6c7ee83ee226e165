"""Mixes of conditions: weights over rows, strokes between rows and beyond them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fusion_style.models.conditions import Condition, mix, photograph_scale

CONDITIONS = (
    Condition("wave", 512), Condition("udnie", 256), Condition("wave", 256),
    Condition("udnie", 512), Condition("scream", 300),
)  # fmt: skip
WEIGHTS = st.dictionaries(
    st.sampled_from(["wave", "udnie", "scream"]), st.floats(0, 1e6), min_size=1
)


def test_one_painting_is_its_row():
    assert mix(CONDITIONS, {"wave": 1}, 256).tolist() == [0, 0, 1, 0, 0]
    assert mix(CONDITIONS, {"wave": 7}, 512).tolist() == [1, 0, 0, 0, 0]
    assert mix(CONDITIONS, {"scream": 0.2}).tolist() == [0, 0, 0, 0, 1]


def test_without_a_stroke_the_largest_is_taken():
    found = mix(CONDITIONS, {"wave": 3, "scream": 1})
    np.testing.assert_allclose(found, [0.75, 0, 0, 0, 0.25])


def test_strokes_between_are_linear_in_their_logarithm():
    place = math.log(384 / 256) / math.log(512 / 256)  # 0.585
    found = mix(CONDITIONS, {"udnie": 1}, 384)
    np.testing.assert_allclose(found, [0, 1 - place, 0, place, 0])
    middle = mix(CONDITIONS, {"udnie": 1}, math.sqrt(256 * 512))
    np.testing.assert_allclose(middle, [0, 0.5, 0, 0.5, 0])
    three = [Condition("a", stroke) for stroke in (768, 256, 512)]
    np.testing.assert_array_equal(mix(three, {"a": 1}, 512), [0, 0, 1])
    place = math.log(600 / 512) / math.log(768 / 512)
    np.testing.assert_allclose(mix(three, {"a": 1}, 600), [place, 0, 1 - place])


@given(weights=WEIGHTS, stroke=st.none() | st.floats(300 / 4, 300 * 4))
def test_weights_are_shares(weights, stroke):
    assume(any(weights.values()))
    found = mix(CONDITIONS, weights, stroke)
    assert found.shape == (5,) and found.min() >= 0
    assert found.sum() == pytest.approx(1)
    total = sum(weights.values())
    each = {"wave": found[[0, 2]], "udnie": found[[1, 3]], "scream": found[4:]}
    for painting, rows in each.items():
        expected = weights.get(painting, 0) / total
        assert rows.sum() == pytest.approx(expected, abs=1e-9)


@given(
    first=WEIGHTS, second=WEIGHTS, share=st.floats(0, 1),
    stroke=st.none() | st.floats(300 / 4, 300 * 4),
)  # fmt: skip
def test_mixes_are_linear(first, second, share, stroke):
    """A mix of two mixes is the mix of their shares."""
    assume(min(sum(first.values()), sum(second.values())) > 1e-3)
    first, second = (
        {name: weight / sum(one.values()) for name, weight in one.items()}
        for one in (first, second)
    )
    both = {
        name: (1 - share) * first.get(name, 0) + share * second.get(name, 0)
        for name in first.keys() | second.keys()
    }
    expected = (1 - share) * mix(CONDITIONS, first, stroke)
    expected += share * mix(CONDITIONS, second, stroke)
    np.testing.assert_allclose(mix(CONDITIONS, both, stroke), expected, atol=1e-9)


@given(stroke=st.floats(64, 1200))
def test_strokes_are_as_large_as_asked(stroke):
    """What was learned, over the scale of the photograph, is what was asked for."""
    scale = photograph_scale(CONDITIONS, {"wave": 1}, stroke)
    rows = mix(CONDITIONS, {"wave": 1}, stroke)
    painted_at = math.exp(rows[0] * math.log(512) + rows[2] * math.log(256))
    assert painted_at / scale == pytest.approx(stroke)
    assert (scale == 1) == (256 <= stroke <= 512)


def test_paintings_that_disagree_meet_at_the_geometric_mean():
    assert photograph_scale(CONDITIONS, {"wave": 1, "scream": 3}) == 1
    scale = photograph_scale(CONDITIONS, {"wave": 1, "scream": 1}, 600)
    assert scale == pytest.approx(math.sqrt(512 / 600 * 300 / 600))


@pytest.mark.parametrize(("weights", "stroke", "message"), [
    ({"monet": 1}, None, "There is no painting monet .* has wave, udnie, scream$"),
    ({"wave": -0.1}, None, "weight of wave must be a finite number at least 0.*-0.1"),
    ({"wave": 1, "udnie": math.nan}, None, "weight of udnie must be .* Received: nan"),
    ({"wave": math.inf}, None, "weight of wave must be .* Received: inf"),
    ({"wave": "1"}, None, "weight of wave must be .* Received: '1'"),
    ({"wave": True}, None, "weight of wave must be .* Received: True"),
    ({"wave": 0, "udnie": 0.0}, None, "needs a painting whose weight is more than 0"),
    ({}, None, "needs a painting whose weight is more than 0"),
    ({"wave": 1}, 0, "stroke must be a number of pixels above 0. Received: 0"),
    ({"wave": 1}, -5, "above 0. Received: -5"),
    ({"wave": 1}, math.nan, "above 0. Received: nan"),
    ({"wave": 1}, math.inf, "above 0. Received: inf"),
    ({"wave": 1}, 63, "from 64 to 2048 for wave, which was learned at 256 and 512. R.* 63"),
    ({"wave": 1, "scream": 1}, 1300, "from 75 to 1200 for scream"),
    ({"wave": 0, "scream": 1}, 64, "from 75 to 1200 for scream"),
])  # fmt: skip
@pytest.mark.parametrize("function", [mix, photograph_scale])
def test_what_cannot_be_mixed(function, weights, stroke, message):
    with pytest.raises(ValueError, match=message):
        function(CONDITIONS, weights, stroke)


def test_strokes_that_are_not_known():
    old = [Condition("wave", 0)]
    assert mix(old, {"wave": 1}).tolist() == [1]
    with pytest.raises(ValueError, match="strokes that wave was learned at are not known"):
        mix(old, {"wave": 1}, 256)
