"""What a result may be off by: derived from what is unavoidable, never chosen.

A tensor's budget is `FACTOR` times the largest of three terms:

    rounding     2 eps of the result's largest element: nobody rounds better
    reference    what the reference engine itself is off from float64 on the same inputs
    one ulp      how far the float64 result moves when every input moves by its last digit

The factor is 8 and the rule is one for values, gradients and second gradients. The first term alone
would fail correct engines wherever sums are long; the second alone would fail them where the
reference happens to be exact; the third covers what cancels, as the gradient of a bias before batch
normalization, whose true value is 0. Errors are measured against float64, in the largest element
and in the 2-norm; a judgement names the term that set its budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

FACTOR = 8.0
TERMS = ("rounding", "reference", "one ulp")
"""What sets a budget, in the words of the reports."""

_SHORT = {2: 5, 4: 12, 8: 29}
"""A number whose last mantissa bits, this many by its bytes, are 0 was chosen by somebody: 0, 1,
0.5, a bound."""


class Judgement(NamedTuple):
    """One tensor of the candidate against its budget.

    `share` of the budget that is used: above 1 the candidate is wrong. `term` set the budget.
    `error`, `budget`, `reference_error` are of the norm that uses most of its budget, relative
    to the true tensor in that norm; `where` is the flat index of the largest error.
    """

    share: float
    term: str
    error: float
    budget: float
    reference_error: float
    where: int = 0

    @property
    def ok(self) -> bool:
        """Whether the tensor is within its budget."""
        return self.share <= 1

    def __str__(self) -> str:
        return (
            f"error {self.error:.2g}, budget {self.budget:.2g} "
            f"(set by {SAID[self.term]}{self.budget / FACTOR:.2g} x {FACTOR:g})"
        )


SAID = {
    "rounding": "rounding: ",
    "reference": "the reference's own error: ",
    "one ulp": "one ulp of the inputs: ",
    "exact": "nothing: it has to be equal: ",
}
EXACT = Judgement(0.0, "exact", 0.0, 0.0, 0.0)


def judge(
    candidate: np.ndarray,
    reference: np.ndarray,
    truth: np.ndarray | None = None,
    moved: Sequence[np.ndarray] = (),
    floor: float = 0.0,
    others: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> Judgement:
    """Judge one tensor of the candidate.

    `truth` is the float64 result on the same inputs (None: the reference stands for it), `moved`
    the same with every input moved by an ulp, see `one_ulp_away`. Whole numbers and bools have to
    equal the reference's. NaN and infinities have to stand where the truth has them, or where the
    reference does. The scale of the rounding is at least `floor`, absolute: for what is 0 on paper.
    `others` are results of the reference elsewhere with their truths, to tell what it is off.
    Raises: ValueError where the shapes differ: compare structure first.
    """
    if not candidate.shape == reference.shape == (reference if truth is None else truth).shape:
        raise ValueError(f"judge: shapes differ: {candidate.shape}, {reference.shape}")
    if candidate.dtype.kind not in "fV" or not candidate.size:
        same = np.array_equal(candidate, reference)
        return (
            EXACT
            if same
            else Judgement(np.inf, "exact", np.inf, 0.0, 0.0, _first(candidate, reference))
        )
    eps = _roundoff(candidate.dtype)
    mine, theirs = _wide(candidate), _wide(reference)
    exact = theirs if truth is None else _wide(truth)
    true = _held(exact, candidate.dtype)
    settled = _settled(mine, theirs, true, np.isfinite(exact))
    if not settled.all():
        return Judgement(np.inf, "exact", np.inf, 0.0, 0.0, int(np.argmin(settled)))
    finite = np.isfinite(mine) & np.isfinite(theirs) & np.isfinite(true)
    if not finite.any():
        return EXACT
    mine, theirs, true = mine[finite], theirs[finite], true[finite]
    error, own = np.abs(mine - true), np.abs(theirs - true)
    owns = [own, *(_moves(_wide(a)[finite], _wide(b)[finite]) for a, b in others)]
    moves = [_moves(_wide(other).ravel()[finite], true) for other in moved]
    least = float(
        np.finfo(candidate.dtype if candidate.dtype.kind == "f" else "f").smallest_subnormal
    )
    judged = []
    for norm, parts in ((_largest, 2.0), (_euclid, 1.0)):
        size = max(norm(true), floor)
        terms = (parts * eps * size, max(map(norm, owns)), max(map(norm, moves), default=0.0))
        worst = max(range(3), key=terms.__getitem__)
        budget, off = FACTOR * terms[worst] + least, norm(error)
        unit = size or 1.0
        where = int(np.flatnonzero(finite)[int(np.argmax(error))])
        judged.append(
            Judgement(off / budget, TERMS[worst], off / unit, budget / unit, terms[1] / unit, where)
        )
    return max(judged, key=lambda j: j.share)


def one_ulp_away(array: np.ndarray, seed: int, dtype: Any = np.float32) -> np.ndarray:
    """`array` as float64, every number moved up or down by one ulp of its own, in `dtype`.

    Equal numbers move alike, so ties stay ties; zeros and numbers that were chosen (1, 0.5, a
    bound of a clamp) stay where they are, so what is at a kink stays at it. Other dtypes come back
    as they are.
    """
    if array.dtype.kind != "f" or not array.size:
        return array
    narrow = np.ascontiguousarray(array, dtype)
    bits = narrow.view(f"u{narrow.itemsize}")
    chosen = (bits & bits.dtype.type((1 << _SHORT[narrow.itemsize]) - 1)) == 0
    hashed = (bits.astype(np.uint64) + np.uint64(seed + 1)) * np.uint64(0x9E3779B97F4A7C15)
    up = (hashed >> np.uint64(63)).astype(bool)
    with np.errstate(invalid="ignore", over="ignore"):
        step = np.where(up, 1.0, -1.0) * np.spacing(np.abs(narrow)).astype(np.float64)
        out = array.astype(np.float64) + np.where(chosen | ~np.isfinite(narrow), 0.0, step)
    return out.reshape(array.shape)


def accuracy(candidate_error: float, reference_error: float, floor: float) -> float:
    """How many times as far from the truth the candidate is: 1 where both round only."""
    return max(candidate_error, floor) / max(reference_error, floor)


def _roundoff(dtype: np.dtype) -> float:
    """Half the spacing just above 1."""
    return float(np.finfo(dtype).eps) / 2 if dtype.kind == "f" else 2.0**-9  # bfloat16


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64).ravel()


def _held(true: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The truth as the dtype can hold it: what is too large for it is rightly infinite."""
    with np.errstate(over="ignore"):
        narrow = true.astype(dtype).astype(np.float64)
    return np.where(np.isfinite(narrow), true, narrow)


def _settled(
    mine: np.ndarray, theirs: np.ndarray, true: np.ndarray, number: np.ndarray
) -> np.ndarray:
    """Where nothing infinite or NaN is unexplained: both finite, or as the truth or reference.

    Where the truth is a `number` and the reference does not get to it, the way there overflows:
    whether infinity or NaN comes of that is chance.
    """
    special, beyond = ~np.isfinite(mine), ~np.isfinite(theirs)
    like_true = (mine == true) | (np.isnan(mine) & np.isnan(true))
    like_theirs = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
    explained = like_true | like_theirs | (beyond & number)
    return np.where(special, explained, ~(beyond & ~np.isfinite(true)))


def _moves(other: np.ndarray, true: np.ndarray) -> np.ndarray:
    """How far the truth moved; what became or stopped being a number says nothing."""
    with np.errstate(invalid="ignore"):
        moved = np.abs(other - true)
    return np.where(np.isfinite(moved), moved, 0.0)


def _first(a: np.ndarray, b: np.ndarray) -> int:
    """The flat index of the first difference."""
    return int(np.argmax((a != b).ravel())) if a.size else 0


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0))


def _euclid(values: np.ndarray) -> float:
    """The 2-norm, without overflow."""
    largest = _largest(values)
    return largest * float(np.linalg.norm(values / largest)) if largest else 0.0
