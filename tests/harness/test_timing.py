"""The timer is tested on times we made up, where the true ratio is known."""

from __future__ import annotations

import time

import numpy as np
import pytest

from harness.timing import Ratio, abba, format_ratio, paired, paired_ratio, verdict


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


def test_order_is_abba_random_and_reproducible():
    order = list(abba(400, seed=0))
    assert all(order[i] != order[i + 1] for i in range(0, 400, 2))
    assert 60 < sum(order[::2]) < 140
    assert order == list(abba(400, seed=0))
    assert order != list(abba(400, seed=1))


def test_odd_number_of_pairs_is_measured_in_full():
    times = paired(lambda: None, lambda: None, pairs=5, warmup=0, pause=0)
    assert len(times.a) == len(times.b) == 5


def test_paired_warms_up_both_and_follows_the_order():
    calls = []
    paired(lambda: calls.append("a"), lambda: calls.append("b"), pairs=4, warmup=2, pause=0)
    expected = "".join("ab" if a_first else "ba" for a_first in abba(4, seed=0))
    assert "".join(calls) == "abab" + expected


def test_paired_finds_which_of_two_sleeps_is_longer():
    times = paired(lambda: time.sleep(0.002), lambda: time.sleep(0.008), pairs=6, pause=0)
    ratio = paired_ratio(*times)
    assert verdict(ratio) == "faster"
    assert 2 < ratio.median < 6


def test_pause_is_not_part_of_the_time():
    times = paired(lambda: None, lambda: None, pairs=3, warmup=0, pause=0.01)
    assert np.median(times.a + times.b) < 0.01


def test_no_pairs_are_refused():
    with pytest.raises(ValueError, match="at least 1 pair, got 0"):
        paired(lambda: None, lambda: None, pairs=0)
