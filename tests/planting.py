"""Whether the samples of the rows show a mistake that is planted in their rules."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.checks import array, cast, first, second
from tests.samples import SAMPLES
from tests.sampling import Sample
from tests.tolerances import TOLERANCES, distance

ON_ROWS = pytest.mark.skipif(
    os.environ["MINITORCH_NATIVE"] != "0", reason="kernels stand in for the rows with the mistakes"
)


class Trial:
    """One sample in float64; what torch makes of it is computed once."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.arrays = [cast(a, "float64") for a in sample.inputs]
        limits = TOLERANCES[sample.kind]
        self.floor = limits.floor
        self.orders = [(first, limits.first), (second, limits.second)][: sample.derivatives]

    @cached_property
    def expected(self) -> list[list[np.ndarray]]:
        """torch's first and second derivatives."""
        return [self._arrays(torch, order) for order, _ in self.orders]

    def _arrays(self, T: Any, order: Callable) -> list[np.ndarray]:
        return [array(x) for x in order(T, self.sample, self.arrays)]

    def differs(self, which: int) -> bool:
        """Whether our first (0) or second (1) derivative is not what the tests allow."""
        expected = self.expected[which]
        order, limit = self.orders[which]
        try:
            found = self._arrays(minitorch, order)
        except Exception:  # a rule that raises fails every test there is
            return True
        return len(found) != len(expected) or any(
            a.shape != b.shape or a.dtype != b.dtype or distance(a, b, self.floor) > limit
            for a, b in zip(found, expected)
        )


@cache
def trials(name: str) -> tuple[Trial, ...]:
    """The differentiable samples of a row, those first that are cheap and tell much."""
    found = [Trial(s) for s in SAMPLES if s.name == name and s.derivatives]
    return tuple(sorted(found, key=lambda t: _cost(t.sample)))


def _cost(sample: Sample) -> tuple[bool, int]:
    sizes = [a.size for a in sample.inputs]
    return min(sizes, default=0) < 2, sum(sizes)


def caught(*names: str, orders: tuple[int, ...] = (0, 1)) -> bool:
    """Whether a sample of one of the rows has another derivative now than torch."""
    return any(
        trial.differs(which)
        for which in orders
        for name in names
        for trial in trials(name)
        if which < len(trial.orders)
    )
