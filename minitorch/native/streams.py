"""torch's random streams on the kernels of random.c, for arrays of float32 and float64.

Each function here stands in for the method of `Generator` of its name: it draws the same numbers
and leaves the same state.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import _random_bounds as bounds
from minitorch._random_numerics import cpu_is_fused
from minitorch.memory import memory_order

from .table import c

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["METHODS"]

METHODS: dict[str, Callable] = {}
"""The kernels by the name of the method."""


def _stream(kernel: Callable) -> Callable:
    METHODS[kernel.__name__] = kernel
    return kernel


def _run(kernel: Any, g: Any, out: Any, *args: Any) -> Any:
    """Call a kernel that draws from `g` at least one number."""
    memory = g.memory()
    with g._twister.lock:
        found = kernel(memory, out, *args)
    g._untouched = False
    return found


def _fill(kernel: Any, g: Any, array: Any, *args: Any) -> Any:
    """Fill `array` in the order of its memory."""
    if not array.size:
        return array
    if array.flags.c_contiguous:
        _run(kernel, g, array, *args)
        return array
    ordered = array.transpose(memory_order(array))
    flat = ordered if ordered.flags.c_contiguous else np.empty(ordered.shape, array.dtype)
    _run(kernel, g, flat, *args)
    if flat is not ordered:
        ordered[...] = flat
    return array


def _is_mine(array: Any) -> bool:
    return array.dtype.char in "fd" and array.flags.aligned


# ------------------------------------------------------------------ words


@_stream
def _words(self: Any, n: int) -> Any:
    return _fill(c.random_words, self, np.empty(n, np.uint64), n)


@_stream
def _units(self: Any, n: int, number: Any) -> Any:
    return _fill(c.random_uniform, self, np.empty(n, number), n, 0)


# ------------------------------------------------------------------ floating numbers


@_stream
def fill_uniform(self: Any, array: Any, low: float = 0.0, high: float = 1.0) -> Any:
    if not (_is_mine(array) and cpu_is_fused()[0]):
        return NotImplemented
    if low == 0 and high == 1:
        return _fill(c.random_uniform, self, array, array.size, 0)
    bounds.check_bounds(array.dtype, low, high)
    number = array.dtype.type
    first, end = number(low), number(high)
    return _fill(
        c.random_uniform, self, array, array.size, 1, float(first), float(end - first), float(end)
    )


@_stream
def standard_normal(self: Any, size: Any, dtype: Any) -> Any:
    return _fill_normal(self, np.empty(size, dtype), 0.0, 1.0, True)


@_stream
def _fill_normal(self: Any, array: Any, mean: float, std: float, blocks: bool) -> Any:
    fused, lanes = cpu_is_fused()
    if not (_is_mine(array) and fused and std >= 0):
        return NotImplemented
    n, mean, std = array.size, float(mean), float(std)
    if blocks and n >= 16:
        _run(c.random_normal, self, array.reshape(-1), n, int(lanes), mean, std)
        return array
    kept = np.array(self._next_normal or 0.0)
    has_kept = self._next_normal is not None

    def pairs(memory: Any, out: Any) -> None:
        left = c.random_pairs(memory, out, kept.view(np.int64), n, int(has_kept), mean, std)
        self._next_normal = float(kept) if left else None

    was_untouched = self._untouched
    _fill(pairs, self, array)
    if has_kept and n == 1:  # it took no word
        self._untouched = was_untouched
    return array


@_stream
def fill_exponential(self: Any, array: Any, lambd: float = 1.0) -> Any:
    if not (_is_mine(array) and lambd > 0):
        return NotImplemented
    return _fill(c.random_exponential, self, array, array.size, -1.0 / lambd)


# ------------------------------------------------------------------ Bernoulli


@_stream
def fill_bernoulli(self: Any, array: Any, p: float) -> Any:
    return _bernoulli(self, array, p, 1.0)


@_stream
def fill_noise(self: Any, array: Any, p: float) -> Any:
    if not (_is_mine(array) and 0 < p <= 1):
        return NotImplemented
    number = array.dtype.type
    return _bernoulli(self, array, p, float(number(1) / number(p)))


def _bernoulli(g: Any, array: Any, p: float, one: float) -> Any:
    if not (_is_mine(array) and 0 <= p <= 1):
        return NotImplemented
    return _fill(c.random_bernoulli, g, array, array.size, math.ceil(p * 2.0**53), one)


@_stream
def fill_bernoulli_tensor(self: Any, array: Any, p: Any) -> Any:
    if not (
        _is_mine(array)
        and array.flags.c_contiguous
        and p.flags.c_contiguous
        and p.flags.aligned
        and (p.shape, p.dtype) == (array.shape, array.dtype)
        and ((p >= 0) & (p <= 1)).all()
    ):
        return NotImplemented
    return _fill(c.random_chances, self, array, p, p.size)


# ------------------------------------------------------------------ integers


@_stream
def _fill_integers(self: Any, array: Any, low: int, span: int, wide: bool) -> Any:
    if array.dtype != np.int64 or not array.flags.aligned or 1 << 63 <= span < 1 << 64:
        return NotImplemented
    return _fill(c.random_integers, self, array, array.size, low, span % (1 << 64), int(wide))


@_stream
def permutation(self: Any, n: int, dtype: Any = np.int64) -> Any:
    if dtype != np.int64 or not 1 < n < 0xFFFFFFFF // 20:
        return NotImplemented
    return _fill(c.random_permutation, self, np.empty(n, np.int64), n)
