"""Honest timing: interleaved runs in random order, and a ratio with the interval it deserves.

Timing one program after the other blames the second for whatever the machine does meanwhile: on
identical code it was wrong by up to 30 %. Runs that lie next to each other in time share the
weather, so their ratio does not contain it; what is left is shown as a bootstrap interval, with
the same measurement of a program against itself (the A/A control) beside it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

PAUSE = 0.03
"""Seconds of silence before each run: a thread pool that still spins disturbs its neighbour."""

RESAMPLES = 4000
DRIFT = 0.02
"""What identical code may differ from itself by. Of twenty controls one excludes 1 by chance, so
that a control is off takes both: an interval without 1 and a median that far from it."""

Item = TypeVar("Item")


class Ratio(NamedTuple):
    """How many times faster `a` is than `b`: the median over pairs and its 95 % interval."""

    median: float
    low: float
    high: float


def interleave(
    runs: Sequence[Callable[[], float]], rounds: int, pause: float = PAUSE, seed: int | str = 0
) -> list[list[float]]:
    """What every run returns in each round, itself in seconds, in an order drawn anew.

    Raises: ValueError when `rounds` is not positive.
    """
    if rounds < 1:
        raise ValueError(f"interleave: expected at least 1 round, got {rounds}")
    seconds: list[list[float]] = [[] for _ in runs]
    for order in orders(range(len(runs)), rounds, seed):
        for place in order:
            time.sleep(pause)
            seconds[place].append(runs[place]())
    return seconds


def orders(items: Sequence[Item], rounds: int, seed: int | str = 0) -> Iterator[list[Item]]:
    """The order of the items in each round, at random and balanced.

    Over a block of rounds, as many as there are items (twice as many where their number is odd),
    each one stands once in each place, so a steady drift of the machine cancels, and follows each
    other one equally often, so what one leaves behind for the next does too. AB BA, for two.
    Source: E. J. Williams, "Experimental designs balanced for the estimation of residual effects
    of treatments", 1949, https://doi.org/10.1071/CH9490149.
    """
    draw = random.Random(seed)
    count = len(items)
    zigzag = [(k + 1) // 2 if k % 2 else -k // 2 for k in range(count)]  # 0 1 -1 2 -2 ...
    block = [[(start + k) % count for k in zigzag] for start in range(count)]
    block += [row[::-1] for row in block] if count % 2 else []
    for number in range(rounds):
        if number % len(block) == 0:
            named = draw.sample(items, count)
            draw.shuffle(block)
        yield [named[place] for place in block[number % len(block)]]


def clocked(run: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


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
    return _ratio(np.median(logs), _medians(logs, np.random.default_rng(seed)))


def unpaired_ratio(a: Sequence[float], b: Sequence[float], seed: int = 0) -> Ratio:
    """median(b) / median(a), each resampled alone: what is left where nothing was interleaved."""
    logs = np.log(np.asarray(a, np.float64)), np.log(np.asarray(b, np.float64))
    generator = np.random.default_rng(seed)
    drawn = [_medians(side, generator) for side in logs]
    return _ratio(np.median(logs[1]) - np.median(logs[0]), drawn[1] - drawn[0])


def _medians(logs: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The medians of resampled logarithms."""
    draws = generator.integers(0, len(logs), (RESAMPLES, len(logs)))
    return np.median(logs[draws], axis=1)


def _ratio(log: float, resampled: np.ndarray) -> Ratio:
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Ratio(*(float(np.exp(value)) for value in (log, low, high)))


def settled(*controls: Ratio) -> bool:
    """Whether identical code took identical time: the interval has 1, or the median is near it."""
    return all(
        control.low <= 1 <= control.high or abs(control.median - 1) <= DRIFT for control in controls
    )


def verdict(ratio: Ratio, *controls: Ratio) -> str:
    """'faster' or 'slower' where the interval excludes 1, else nothing: there is nothing to say.

    Where a control is off, that is the verdict.
    """
    if not settled(*controls):
        return "unsettled: A/A is off"
    if ratio.low > 1:
        return "faster"
    return "slower" if ratio.high < 1 else ""


def format_ratio(ratio: Ratio) -> str:
    """The ratio as people read it.

    >>> format_ratio(Ratio(2.314, 2.251, 2.379))
    '2.31x [2.25, 2.38]'
    """
    return f"{ratio.median:.2f}x [{ratio.low:.2f}, {ratio.high:.2f}]"
