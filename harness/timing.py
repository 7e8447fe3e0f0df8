"""Honest timing: interleaved pairs in random order, and a ratio with the interval it deserves.

Timing one program after the other blames the second for whatever the machine does meanwhile: on
identical code it was wrong by up to 30 %. Pairs that lie next to each other in time share the
weather, so their ratio does not contain it; what is left is shown as a bootstrap interval, with
the same measurement of a program against itself (the A/A control) beside it.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

PAUSE = 0.03
"""Seconds of silence before each run: a thread pool that still spins disturbs its neighbour."""

RESAMPLES = 4000


class Ratio(NamedTuple):
    """How many times faster `a` is than `b`: the median over pairs and its 95 % interval."""

    median: float
    low: float
    high: float


class Times(NamedTuple):
    """Seconds of every pair: `a[i]` and `b[i]` were measured next to each other."""

    a: list[float]
    b: list[float]


def paired(
    run_a: Callable[[], object],
    run_b: Callable[[], object],
    pairs: int = 30,
    warmup: int = 2,
    pause: float = PAUSE,
    seed: int = 0,
) -> Times:
    """Time both runs `pairs` times, interleaved in random ABBA order, after `warmup` runs of each.

    Raises: ValueError when `pairs` is not positive.
    """
    if pairs < 1:
        raise ValueError(f"paired: expected at least 1 pair, got {pairs}")
    for _ in range(warmup):
        run_a()
        run_b()
    times = Times([], [])
    with _quiet_collector():
        for a_first in abba(pairs, seed):
            order = (run_a, times.a), (run_b, times.b)
            for run, record in order if a_first else order[::-1]:
                record.append(_seconds(run, pause))
    return times


def abba(pairs: int, seed: int) -> Iterator[bool]:
    """Yield for each pair whether A goes first: blocks of AB BA or BA AB, drawn at random.

    Within a block both runs stand equally early, so a steady drift of the machine cancels.
    """
    draw = random.Random(seed)
    for pair in range(pairs):
        if pair % 2 == 0:
            a_first = draw.random() < 0.5
        yield a_first if pair % 2 == 0 else not a_first


def paired_ratio(a: Sequence[float], b: Sequence[float], seed: int = 0) -> Ratio:
    """median(b / a) over pairs, with a 95 % bootstrap interval: how many times faster `a` is.

    Raises: ValueError when the samples are empty, of different lengths or not positive.
    """
    if len(a) != len(b) or not len(a):
        raise ValueError(f"paired_ratio: expected pairs, got {len(a)} and {len(b)} times")
    seconds_a, seconds_b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if not (np.all(seconds_a > 0) and np.all(seconds_b > 0)):
        raise ValueError("paired_ratio: expected positive times")
    logs = np.log(seconds_b / seconds_a)
    draws = np.random.default_rng(seed).integers(0, len(logs), (RESAMPLES, len(logs)))
    low, high = np.percentile(np.median(logs[draws], axis=1), [2.5, 97.5])
    return Ratio(*(float(np.exp(value)) for value in (np.median(logs), low, high)))


def verdict(ratio: Ratio) -> str:
    """'faster' or 'slower' where the interval excludes 1, else nothing: there is nothing to say."""
    if ratio.low > 1:
        return "faster"
    return "slower" if ratio.high < 1 else ""


def format_ratio(ratio: Ratio) -> str:
    """The ratio as people read it.

    >>> format_ratio(Ratio(2.314, 2.251, 2.379))
    '2.31x [2.25, 2.38]'
    """
    return f"{ratio.median:.2f}x [{ratio.low:.2f}, {ratio.high:.2f}]"


def _seconds(run: Callable[[], object], pause: float) -> float:
    time.sleep(pause)
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


class _quiet_collector:
    """Hide what lives already from the garbage collector, so that no run pays for the other's.

    A collection walks every object of the process, both engines' modules included; the collector
    itself stays on, since a user's run pays for it too.
    """

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
