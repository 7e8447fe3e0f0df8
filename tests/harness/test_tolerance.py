"""The rule that judges: what it allows, what it does not, and which term it names."""

from __future__ import annotations

import numpy as np
import pytest

from harness.tolerance import FACTOR, accuracy, judge, one_ulp_away

EPS = 2.0**-24
NAN, INF = np.nan, np.inf


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.fixture
def true() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((6, 5))


def test_a_rounded_result_is_within_its_budget(true):
    found = judge(true.astype("f"), true.astype("f"), true)
    assert found.ok
    assert (found.term, found.share < 0.1) == ("rounding", True)


@pytest.mark.parametrize("factor", [1 + 3e-6, 1.0001, 1.01, 0.0, -1.0])
def test_a_wrong_factor_is_not(true, factor):
    assert not judge((true * factor).astype("f"), true.astype("f"), true).ok


def test_one_wrong_element_is_named(true):
    mine = true.astype("f")
    mine[3, 2] += 0.01
    found = judge(mine, true.astype("f"), true)
    assert not found.ok
    assert found.where == 3 * 5 + 2
    assert found.error > 1e-3


def test_the_reference_may_set_the_budget(true):
    theirs = (true * (1 + 1e-4)).astype("f")
    found = judge((true * (1 - 5e-4)).astype("f"), theirs, true)
    assert (found.ok, found.term) == (True, "reference")
    assert not judge((true * (1 - 9e-4)).astype("f"), theirs, true).ok


def test_one_ulp_may_set_the_budget(true):
    found = judge((true + 1e-4).astype("f"), true.astype("f"), true, [true + 1e-3])
    assert (found.ok, found.term) == (True, "one ulp")
    assert f"{FACTOR:g}" in str(found)


@pytest.mark.parametrize(
    ("mine", "theirs", "true", "ok"),
    [
        ([NAN, 1], [NAN, 1], [NAN, 1], True),
        ([0, 1], [NAN, 1], [NAN, 1], False),
        ([NAN, 1], [2, 1], [2, 1], False),
        ([INF, 1], [INF, 1], [1e300, 1], True),  # too large for float32
        ([3e38, 1], [INF, 1], [1e300, 1], False),
        ([-INF, 1], [INF, 1], [INF, 1], False),
        ([2, 1], [INF, 1], [2, 1], True),  # the reference overflows on the way
        ([INF, 1], [INF, 1], [2, 1], True),  # and so may the candidate
    ],
)
def test_what_is_no_number_stands_where_it_has_to(mine, theirs, true, ok):
    assert judge(f32(*mine), f32(*theirs), np.array(true)).ok is ok


def test_whole_numbers_have_to_be_equal():
    a = np.arange(4)
    assert judge(a, a).ok
    found = judge(a, np.array([0, 1, 5, 3]))
    assert (found.ok, found.where, found.term) == (False, 2, "exact")


def test_what_is_zero_on_paper_is_judged_on_the_floor():
    noise, zero = f32(3e-10, -2e-10), np.zeros(2)
    assert not judge(noise, f32(0, 0), zero).ok
    assert judge(noise, f32(0, 0), zero, floor=2.0**-10).ok


def test_shapes_are_no_business_of_the_rule():
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
        judge(f32(1, 2), f32(1, 2, 3))


def test_moved_numbers_keep_ties_zeros_and_chosen_numbers():
    x = f32(0, 1, -0.5, 30, 0.1, 0.1, 0.7, INF, NAN)
    moved = one_ulp_away(x, seed=3)
    assert np.array_equal(moved[[0, 1, 2, 3, 7, 8]], x[[0, 1, 2, 3, 7, 8]], equal_nan=True)
    assert moved[4] == moved[5] != np.float64(x[4])
    assert abs(moved[4] - x[4]) == np.spacing(x[4])
    draws = np.random.default_rng(0).standard_normal(1000).astype("f")
    ups = [(one_ulp_away(draws, seed) > draws).mean() for seed in range(4)]
    assert all(0.4 < up < 0.6 for up in ups)
    assert not np.array_equal(one_ulp_away(draws, 0), one_ulp_away(draws, 1))


def test_nobody_is_more_accurate_than_rounding():
    assert accuracy(3e-9, 1e-9, floor=EPS) == 1
    assert accuracy(4 * EPS, 2 * EPS, floor=EPS) == 2


def test_a_reference_that_is_right_by_luck_is_asked_again(true):
    mine = (true + 2e-6).astype("f")
    assert not judge(mine, true.astype("f"), true).ok
    elsewhere = [((true + 1e-6).astype("f"), true)]
    found = judge(mine, true.astype("f"), true, others=elsewhere)
    assert (found.ok, found.term) == (True, "reference")


def test_where_the_way_overflows_it_is_chance_what_is_left():
    truth, theirs = np.array([1e300, 1.0]), f32(INF, 1)
    assert judge(f32(NAN, 1), theirs, truth).ok
    assert judge(f32(-INF, 1), f32(NAN, 1), np.array([1e30, 1.0])).ok
    assert not judge(f32(NAN, 1), f32(2, 1), np.array([2.0, 1.0])).ok
