"""One number of the binomial distribution, out of as many units u as it takes to accept one.

torch computes in the dtype of its tensors, so that in float32 every step is rounded: `s` rounds to
it, what is between two calls of `s` is in double precision. Below an expectation of 10 it counts
successes by the geometric numbers of trials between them; from 10 on, by transformed rejection.

Source: Hörmann 1993, "The generation of binomial random variates",
https://doi.org/10.1080/00949659308811496
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _random_numerics as numerics

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


def _stirling_rest(k: Any, s: type) -> float:
    """log k! less Stirling's formula for it."""
    if k <= 9:
        return float(s(_STIRLING_REST[int(k)]))
    square = float((k + s(1)) * (k + s(1)))
    return float(s((1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / float(k + s(1))))


@functools.cache
def _log_of(s: type) -> Callable[[Any], float]:
    if s is np.float64:
        return math.log
    log = numerics._libm_float("logf")
    return lambda x: log(float(x))


def _by_rejection(n: Any, p: Any, unit: Callable[[], float]) -> float:
    s = type(n)
    one, log = s(1), _log_of(s)
    spread = math.sqrt(n * p * (one - p))
    spread = float(s(spread))
    b = s(1.15 + 2.53 * spread)
    a = s(-0.0873 + 0.0248 * float(b) + 0.01 * float(p))
    c = s(float(n * p) + 0.5)
    certain = s(0.92 - 4.2 / float(b))
    odds = p / (one - p)
    alpha = s((2.83 + 5.1 / float(b)) * spread)
    mode = s(math.floor((n + one) * p))
    while True:
        u, v = s(unit() - 0.5), s(unit())
        us = s(0.5 - abs(float(u)))
        k = s(math.floor((s(2) * a / us + b) * u + c)) if us else s(-1)
        if us >= 0.07 and v <= certain:
            return float(k)
        if k < 0 or k > n:
            continue
        above, rest = n - mode + one, n - k + one
        height = log(v * alpha / (a / (us * us) + b)) if v else -math.inf
        bound = (
            (float(mode) + 0.5) * log((mode + one) / (odds * above))
            + float((n + one) * s(log(above / rest)))
            + (float(k) + 0.5) * log(odds * rest / (k + one))
            + _stirling_rest(mode, s)
            + _stirling_rest(n - mode, s)
            - _stirling_rest(k, s)
            - _stirling_rest(n - k, s)
        )
        if height <= s(bound):
            return float(k)
