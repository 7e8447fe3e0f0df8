"""How the errors of a tensor's elements are spread, in ulp, at the step that was worst for it.

While a run is judged, only some elements are kept (`Elements`), which costs next to nothing; they
are counted at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.distance import spacing

MOST = 4096
"""Elements that are kept of a tensor, evenly spread over it."""

LOW, HIGH = -8, 8
"""Bins go from 2**LOW to 2**HIGH ulp, a factor of 2 each, with a bin below, one above, and one for
what is exact."""

BINS = HIGH - LOW + 3


@dataclass(frozen=True)
class Elements:
    """Elements of both engines and of the float64 run, of one step.

    `unit` is an ulp of the tensor's largest element.
    """

    step: int
    unit: float
    mine: np.ndarray
    theirs: np.ndarray
    truth: np.ndarray

    def counts(self) -> tuple[list[int], list[int]]:
        """How many elements of either engine are in every bin."""
        ours, theirs = (_count(a, self.truth, self.unit) for a in (self.mine, self.theirs))
        return ours, theirs


def elements(
    step: int, mine: np.ndarray, theirs: np.ndarray, truth: np.ndarray | None
) -> Elements | None:
    """Keep some elements; None where there is no truth of the same shape."""
    if truth is None or not mine.shape == theirs.shape == truth.shape or mine.dtype.kind != "f":
        return None
    stride = -(-mine.size // MOST) or 1
    kept = (array.reshape(-1)[::stride].copy() for array in (mine, theirs, truth))
    return Elements(step, spacing(theirs), *kept)


def _count(array: np.ndarray, truth: np.ndarray, unit: float) -> list[int]:
    """Numbers of elements by error: exact, up to 2**LOW ulp, ..., above 2**HIGH or no number."""
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(array.astype(np.float64) - truth) / unit
    off[(array == truth) | (np.isnan(array) & np.isnan(truth))] = 0
    off[np.isnan(off)] = np.inf
    edges = 2.0 ** np.arange(LOW, HIGH + 1)
    bins = np.where(off == 0, 0, 1 + np.searchsorted(edges, off))
    return np.bincount(bins, minlength=BINS).tolist()
