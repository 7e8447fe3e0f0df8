"""The timer is tested on times we made up, where the true ratio is known."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from harness.timing import (
    Ratio,
    clocked,
    format_ratio,
    interleave,
    orders,
    paired_ratio,
    settled,
    unpaired_ratio,
    verdict,
)


def noisy_pairs(ratio: float, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Times of a machine whose speed drifts by half, with heavy-tailed noise on every run."""
    rng = np.random.default_rng(seed)
    drift = 1 + 0.5 * np.sin(np.linspace(0, 6, pairs))
    noise_a, noise_b = (np.exp(0.03 * rng.standard_t(3, pairs)) for _ in "ab")
    return 1e-3 * drift * noise_a, 1e-3 * ratio * drift * noise_b


def test_identical_samples_have_ratio_one_without_doubt():
    times = [0.1, 0.2, 0.15, 0.3]
    assert paired_ratio(times, times) == Ratio(1.0, 1.0, 1.0)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.3])
def test_known_ratio_is_found_in_drifting_times(ratio):
    found = paired_ratio(*noisy_pairs(ratio, 60, seed=1))
    assert found.median == pytest.approx(ratio, rel=0.02)
    assert found.low <= ratio <= found.high


def test_interval_covers_the_truth_as_often_as_it_claims():
    trials = 200
    intervals = [paired_ratio(*noisy_pairs(1.5, 30, seed)) for seed in range(trials)]
    covered = sum(r.low <= 1.5 <= r.high for r in intervals) / trials
    assert 0.90 <= covered <= 0.99


def test_interval_narrows_with_more_pairs():
    few, many = (paired_ratio(*noisy_pairs(1.5, pairs, seed=0)) for pairs in (10, 1000))
    assert many.high - many.low < (few.high - few.low) / 3


def test_one_outlier_does_not_move_the_ratio():
    a, b = noisy_pairs(2.0, 40, seed=3)
    calm = paired_ratio(a, b)
    b[7] *= 50
    assert paired_ratio(a, b).median == pytest.approx(calm.median, rel=0.01)


def test_same_seed_gives_the_same_interval():
    a, b = noisy_pairs(1.2, 20, seed=5)
    assert paired_ratio(a, b, seed=4) == paired_ratio(a, b, seed=4)


@pytest.mark.parametrize(
    ("a", "b"), [([], []), ([1.0], [1.0, 2.0]), ([0.0], [1.0]), ([1.0], [-1.0])]
)
def test_unusable_samples_are_refused(a, b):
    with pytest.raises(ValueError, match="paired_ratio: expected"):
        paired_ratio(a, b)


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (Ratio(2.0, 1.9, 2.1), "faster"),
        (Ratio(0.5, 0.4, 0.6), "slower"),
        (Ratio(1.1, 0.9, 1.3), ""),
        (Ratio(1.1, 1.0, 1.3), ""),
    ],
)
def test_verdict_speaks_only_when_the_interval_excludes_one(ratio, word):
    assert verdict(ratio) == word


def test_format_ratio_shows_the_interval():
    assert format_ratio(Ratio(12.345, 9.876, 15.001)) == "12.35x [9.88, 15.00]"


@pytest.mark.parametrize(
    ("control", "in_order"),
    [
        (Ratio(1.0, 0.99, 1.01), True),
        (Ratio(1.05, 0.98, 1.1), True),
        (Ratio(1.01, 1.005, 1.015), True),
        (Ratio(0.96, 0.95, 0.97), False),
        (Ratio(1.04, 1.01, 1.1), False),
    ],
)
def test_verdict_is_withheld_where_identical_code_differs(control, in_order):
    good = Ratio(1.0, 0.99, 1.01)
    assert settled(good, control) == settled(control, good) == in_order
    assert verdict(Ratio(2.0, 1.9, 2.1), good, control) == (
        "faster" if in_order else "unsettled: A/A is off"
    )


def test_unpaired_ratio_is_of_the_medians_and_wider_in_drifting_times():
    a, b = noisy_pairs(2.0, 60, seed=1)
    alone, together = unpaired_ratio(a, b), paired_ratio(a, b)
    assert alone.median == pytest.approx(np.median(b) / np.median(a), rel=1e-3)
    assert alone.low <= alone.median <= alone.high
    assert alone.high - alone.low > 3 * (together.high - together.low)


@pytest.mark.parametrize(("items", "block"), [("ab", 2), ("abc", 6), ("abcd", 4), ("abcde", 10)])
def test_each_stands_everywhere_and_follows_each_other_equally_often(items, block):
    drawn = list(orders(items, 5 * block))
    for start in range(0, len(drawn), block):
        rounds = drawn[start : start + block]
        times = block // len(items)
        assert all(sorted(column) == sorted(times * items) for column in zip(*rounds))
        neighbours = Counter(pair for order in rounds for pair in pairwise(order))
        assert set(neighbours.values()) == {times}
        assert len(neighbours) == len(items) * (len(items) - 1)


def test_order_is_random_and_reproducible():
    drawn = list(orders("abc", 400))
    assert len({tuple(order) for order in drawn}) == 6
    assert 15 < sum(order[0] == "a" for order in drawn[::6]) < 35
    assert drawn == list(orders("abc", 400))
    assert drawn != list(orders("abc", 400, seed=1)) != list(orders("abc", 400, seed="W1"))


def test_interleave_follows_the_order_and_sorts_by_run():
    calls = []

    def run(name, seconds):
        return lambda: calls.append(name) or seconds

    times = interleave([run("a", 1.0), run("b", 2.0)], rounds=5, pause=0)
    assert times == [[1.0] * 5, [2.0] * 5]
    assert calls == [name for order in orders("ab", 5) for name in order]


def test_clock_finds_which_of_two_sleeps_is_longer():
    runs = [lambda s=s: clocked(lambda: time.sleep(s)) for s in (0.002, 0.008)]
    ratio = paired_ratio(*interleave(runs, rounds=6, pause=0))
    assert verdict(ratio) == "faster"
    assert 2 < ratio.median < 6


def test_pause_is_before_each_run_and_not_part_of_its_time():
    begun = time.perf_counter()
    times = interleave([lambda: clocked(lambda: None)], rounds=3, pause=0.01)
    assert time.perf_counter() - begun > 0.03
    assert np.median(times) < 0.01


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="at least 1 round, got 0"):
        interleave([lambda: 1.0], rounds=0)
