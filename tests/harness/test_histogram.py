"""Errors of elements are counted in ulp of the tensor's largest element, by powers of two."""

from __future__ import annotations

import numpy as np
import pytest

from harness import histogram
from harness.histogram import BINS, LOW, elements

ULP = float(np.spacing(np.float32(1)))


@pytest.mark.parametrize(
    ("off", "expected"),
    [
        (0.0, 0),
        (ULP * 2.0**LOW / 3, 1),
        (ULP * 2.0**LOW * 1.01, 2),
        (ULP * 0.9, 1 - LOW),
        (ULP * 1.1, 2 - LOW),
        (1.0, BINS - 1),
        (np.nan, BINS - 1),
        (np.inf, BINS - 1),
    ],
)
def test_an_error_falls_into_its_bin(off: float, expected: int) -> None:
    truth = np.array([1.0, 0.5])
    theirs = truth.astype(np.float32)
    kept = elements(3, np.array([1.0, 0.5 + off]), theirs, truth)
    assert kept is not None
    mine, other = kept.counts()
    assert other == [2] + [0] * (BINS - 1)
    assert len(mine) == BINS
    assert sum(mine) == 2
    assert mine[expected] == 1 + (expected == 0)
    assert kept.step == 3


def test_of_a_large_tensor_some_elements_are_kept() -> None:
    big = np.ones((300, 70), np.float32)
    kept = elements(1, big, big, big.astype(np.float64))
    assert kept is not None
    assert histogram.MOST / 2 < kept.mine.size <= histogram.MOST


def test_nothing_is_kept_without_a_truth() -> None:
    a = np.ones(3, np.float32)
    assert elements(1, a, a, None) is None
    assert elements(1, a, a, np.ones(4)) is None
    assert elements(1, a.astype(int), a, np.ones(3)) is None
