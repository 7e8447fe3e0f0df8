"""One number of the binomial distribution, out of as many units u as it takes to accept one.

Below an expectation of 10 successes are counted by the geometric numbers of trials between them;
from 10 on by transformed rejection, whose constants torch rounds to the dtype of its tensors.

Source: Hörmann 1993, "The generation of binomial random variates",
https://doi.org/10.1080/00949659308811496
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def binomial(n: Any, p: Any, unit: Callable[[], float]) -> float:
    """The successes in `n` trials of chance `p`, both NumPy scalars of one dtype."""
    if not (n > 0 and p > 0):
        return 0.0
    if p >= 1:
        return float(n)
    rare = p if p <= 0.5 else type(p)(1 - p)
    draw = _by_rejection if n * rare >= 10 else _by_gaps
    found = draw(n, rare, unit)
    return found if p <= 0.5 else float(n) - found


def _by_gaps(n: Any, p: Any, unit: Callable[[], float]) -> float:
    n, log_miss = float(n), math.log1p(-float(p))
    trials, successes = 0.0, 0.0
    while True:
        u = unit()
        if not u:
            return successes
        trials += math.ceil(math.log(u) / log_miss)
        if trials > n:
            return successes
        successes += 1


_STIRLING_REST = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.0207906721037651,
    0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
    0.0092554621827127, 0.0083305634333628,
)  # fmt: skip


def _stirling_rest(k: float) -> float:
    """log k! less Stirling's formula for it."""
    if k <= 9:
        return _STIRLING_REST[int(k)]
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _by_rejection(n: Any, p: Any, unit: Callable[[], float]) -> float:
    s, one = type(n), type(n)(1)
    spread = float(s(math.sqrt(n * p * (one - p))))
    b = float(s(1.15 + 2.53 * spread))
    a = float(s(-0.0873 + 0.0248 * b + 0.01 * float(p)))
    c = float(s(float(n * p) + 0.5))
    certain = float(s(0.92 - 4.2 / b))
    odds = float(p / (one - p))
    alpha = float(s((2.83 + 5.1 / b) * spread))
    mode, n = math.floor((n + one) * p), float(n)
    above = n - mode + 1
    while True:
        u, v = unit() - 0.5, unit()
        us = 0.5 - abs(u)
        k = float(math.floor((2 * a / us + b) * u + c)) if us else -1.0
        if us >= 0.07 and v <= certain:
            return k
        if k < 0 or k > n:
            continue
        rest = n - k + 1
        height = math.log(v * alpha / (a / (us * us) + b)) if v else -math.inf
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * above))
            + (n + 1) * math.log(above / rest)
            + (k + 0.5) * math.log(odds * rest / (k + 1))
            + _stirling_rest(mode)
            + _stirling_rest(n - mode)
            - _stirling_rest(k)
            - _stirling_rest(n - k)
        )
        if height <= bound:
            return k
