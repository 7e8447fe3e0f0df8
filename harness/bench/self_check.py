"""Is the timer itself honest here? Identical code against itself, thirty times, in two ways."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.timing import DRIFT, Ratio, clocked, interleave, paired_ratio, unpaired_ratio

TRIALS, PAIRS = 30, 30
ENOUGH = 27
"""Intervals of 30 that have to contain 1: of true 95 % intervals fewer do once in 16 checks."""

PAUSE = 0.003
SECONDS = 0.008
"""What one run takes: with its pause, 30 trials of both kinds last 40 seconds."""


class Trials(NamedTuple):
    """The ratios of identical code, measured one way."""

    way: str
    ratios: Sequence[Ratio]

    @property
    def worst(self) -> float:
        """How far from 1 a ratio was."""
        return max(abs(ratio.median - 1) for ratio in self.ratios)

    @property
    def covered(self) -> int:
        """How many intervals contain 1."""
        return sum(ratio.low <= 1 <= ratio.high for ratio in self.ratios)

    @property
    def honest(self) -> bool:
        """Whether the figures are good enough to speak of ratios."""
        return self.worst <= DRIFT and self.covered >= ENOUGH * len(self.ratios) / TRIALS

    def __str__(self) -> str:
        spread = statistics.pstdev(ratio.median for ratio in self.ratios)
        return (
            f"{self.way:<12} worst {self.worst:6.1%} from 1, spread {spread:.1%},"
            f" interval contains 1 in {self.covered} of {len(self.ratios)}"
        )


def self_check(
    step: Callable[[], object],
    trials: int = TRIALS,
    pairs: int = PAIRS,
    seconds: float = SECONDS,
    tick: Callable[[], object] = lambda: None,
) -> tuple[Trials, Trials]:
    """Time `step` against itself, interleaved and one after the other."""
    steps = _steps(step, seconds)

    def run() -> float:
        return clocked(lambda: [step() for _ in range(steps)])

    interleaved, sequential = [], []
    for seed in range(trials):
        interleaved.append(paired_ratio(*interleave([run, run], pairs, PAUSE, seed)))
        first, second = (interleave([run], pairs, PAUSE)[0] for _ in range(2))
        sequential.append(unpaired_ratio(first, second))
        tick()
    return Trials("interleaved", interleaved), Trials("sequential", sequential)


def _steps(step: Callable[[], object], seconds: float) -> int:
    """How many steps take that long, once it is warm."""
    for _ in range(10):
        step()
    return max(1, round(seconds / min(clocked(step) for _ in range(10))))
