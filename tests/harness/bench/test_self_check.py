"""The timer's own trial: it passes identical code, and fails where turns are not equal."""

from __future__ import annotations

import time

from harness.bench.self_check import Trials, self_check
from harness.timing import Ratio


def test_identical_code_is_tried_both_ways():
    ticks = []
    work = lambda: sum(range(2000))  # noqa: E731
    trials = self_check(work, trials=2, pairs=6, seconds=2e-4, tick=lambda: ticks.append(1))
    assert [way.way for way in trials] == ["interleaved", "sequential"]
    assert len(ticks) == 2
    assert all(len(way.ratios) == 2 and way.worst < 0.5 for way in trials)
    assert "of 2" in str(trials[0])


def test_step_that_gets_slower_is_seen_one_after_the_other_and_not_in_turns():
    """Every call takes longer than the last: in turns that cancels, one after the other it adds."""
    begun = time.perf_counter()

    def slower() -> None:
        time.sleep(2e-4 + 0.02 * (time.perf_counter() - begun))

    interleaved, sequential = self_check(slower, trials=3, pairs=10, seconds=5e-4)
    assert sequential.worst > 2 * interleaved.worst
    assert sequential.worst > 0.02


def test_honest_takes_ratios_near_one_and_intervals_that_contain_it():
    good, missed, far = Ratio(1.01, 0.99, 1.02), Ratio(1.01, 1.001, 1.02), Ratio(1.03, 0.9, 1.1)
    assert Trials("", [good] * 27 + [missed] * 3).honest
    assert not Trials("", [good] * 26 + [missed] * 4).honest
    assert not Trials("", [good] * 29 + [far]).honest
    assert Trials("", [good] * 26 + [missed] * 4).covered == 26
