"""Pooling on the kernels of pooling.c: one, two or three axes as three, with leading ones."""

from __future__ import annotations

import functools
from math import prod
from typing import Any

from minitorch.backend import xp
from minitorch.ops.pooling import _divisors
from minitorch.ops.window import out_size

from .table import c, forward

__all__: list[str] = []

_MOST = 255  # elements of a window, for `nth` to be a byte
_SPARE = 16  # numbers that a vector may read after the last
_LEAST = 64


def _three(values: Any, lead: int) -> tuple:
    return (lead,) * (3 - len(values)) + tuple(values)


def _geometry(x: Any, size: Any, out: Any, kernel: Any, stride: Any, padding: Any, dilation: Any):
    """What the kernels are told: images, sizes, windows and where they are, of three axes each."""
    return (
        x.shape[0] * x.shape[1], *_three(size, 1), *_three(out, 1), *_three(kernel, 1),
        *_three(stride, 1), *_three(padding, 0), *_three(dilation, 1),
    )  # fmt: skip


def _largest(xp: Any, x: Any, at: tuple, ceil_mode: bool) -> Any:
    """(the largest, nth, geometry); None for windows of too many elements."""
    size = x.shape[2:]
    out = tuple(out_size(*axis, ceil_mode) for axis in zip(size, *at))
    if prod(at[0]) > _MOST or not 0 < len(size) <= 3 or min(out) < 1:
        return None
    where = _geometry(x, size, out, *at)
    best = xp.empty((*x.shape[:2], *out), x.dtype)
    nth = xp.empty(best.shape, xp.uint8)
    c.pool_largest(xp.ascontiguousarray(x), best, nth, where)
    return best, nth, where


@forward("max_pooling", least=_LEAST)
def max_pooling(xp, x, *, kernel, stride, padding, dilation, ceil_mode):
    found = _largest(xp, x, (kernel, stride, padding, dilation), ceil_mode)
    return NotImplemented if found is None else found[:2]


@forward("max_pooling_indices", least=_LEAST)
def max_pooling_indices(xp, x, *, kernel, stride, padding, dilation, ceil_mode):
    found = _largest(xp, x, (kernel, stride, padding, dilation), ceil_mode)
    if found is None:
        return NotImplemented
    best, nth, where = found
    places = xp.empty(best.shape, xp.int64)
    c.pool_places(nth, places, where)
    return best, places


@forward("max_pooling_grad", least=_LEAST)
def max_pooling_grad(xp, x, nth, *, size, kernel, stride, padding, dilation):
    nth = _choices(xp, nth, kernel)
    if nth is None or nth.shape != x.shape:
        return NotImplemented
    out = xp.empty(size, x.dtype)
    where = _geometry(x, size[2:], x.shape[2:], kernel, stride, padding, dilation)
    c.pool_give(xp.ascontiguousarray(x), out, nth, where)
    return out


@forward("max_pooling_pick", least=_LEAST)
def max_pooling_pick(xp, x, nth, *, kernel, stride, padding, dilation):
    nth = _choices(xp, nth, kernel)
    if nth is None or nth.shape[:2] != x.shape[:2]:
        return NotImplemented
    out = xp.empty(nth.shape, x.dtype)
    where = _geometry(x, x.shape[2:], nth.shape[2:], kernel, stride, padding, dilation)
    c.pool_take(xp.ascontiguousarray(x), out, nth, where)
    return out


def _choices(xp: Any, nth: Any, kernel: tuple) -> Any:
    """`nth` as the kernels read it; None for windows of too many elements."""
    if prod(kernel) > _MOST or len(kernel) > 3:
        return None
    return xp.ascontiguousarray(nth, xp.uint8)


# ------------------------------------------------------------------ elements by their position


def _at_positions(xp: Any, x: Any, indices: Any, out: Any, area: int, give: int, add: int) -> Any:
    if indices.dtype != xp.int64 or not indices.flags.aligned or not out.size:
        return NotImplemented
    images = x.shape[0] * x.shape[1]
    places = xp.ascontiguousarray(indices)
    wrong = c.pool_positions(
        xp.ascontiguousarray(x), out, places, images, area, prod(indices.shape[2:]), give, add
    )
    return NotImplemented if wrong else out


@forward("pick_in_image", least=_LEAST)
def pick_in_image(xp, x, indices):
    if x.shape[:2] != indices.shape[:2]:
        return NotImplemented
    out = xp.empty(indices.shape, x.dtype)
    return _at_positions(xp, x, indices, out, prod(x.shape[2:]), 0, 0)


@forward("put_in_image", least=_LEAST)
def put_in_image(xp, x, indices, *, size):
    if x.shape != indices.shape or x.shape[:2] != tuple(size[:2]):
        return NotImplemented
    return _at_positions(xp, x, indices, xp.empty(size, x.dtype), prod(size[2:]), 1, 1)


@forward("max_unpooling", least=_LEAST)
def max_unpooling(xp, x, indices, *, size):
    if x.shape != indices.shape or x.shape[:2] != tuple(size[:2]):
        return NotImplemented
    return _at_positions(xp, x, indices, xp.empty(size, x.dtype), prod(size[2:]), 1, 0)


# ------------------------------------------------------------------ the mean of each window


@functools.lru_cache(maxsize=16)
def _counts(dtype, size, out, kernel, stride, padding, count_include_pad, divisor_override):
    """What the sum of each window is divided by, one number for each and some to spare."""
    count = _divisors(xp, size, out, kernel, stride, padding, count_include_pad, divisor_override)
    all_of_them = xp.ones(prod(out) + _SPARE, dtype)
    all_of_them[: prod(out)].reshape(out)[...] = count
    return all_of_them


@forward("avg_pooling", least=_LEAST)
def avg_pooling(xp, x, *, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override):
    size, ones = x.shape[2:], (1,) * len(kernel)
    out = tuple(out_size(*axis, ceil_mode) for axis in zip(size, kernel, stride, padding, ones))
    if prod(kernel[:-1]) > _MOST or len(kernel) > 3 or min(out) < 1:
        return NotImplemented
    made = xp.empty((*x.shape[:2], *out), x.dtype)
    at = (kernel, stride, padding)
    counts = _counts(x.dtype, size, out, *at, count_include_pad, divisor_override)
    c.pool_mean(xp.ascontiguousarray(x), made, counts, _geometry(x, size, out, *at, ones))
    return made


@forward("avg_pooling_grad", least=_LEAST)
def avg_pooling_grad(
    xp, x, *, size, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
):
    if len(kernel) > 3:
        return NotImplemented
    made, area, ones = xp.empty(size, x.dtype), size[2:], (1,) * len(kernel)
    at = (kernel, stride, padding)
    counts = _counts(x.dtype, area, x.shape[2:], *at, count_include_pad, divisor_override)
    where = _geometry(x, area, x.shape[2:], *at, ones)
    c.pool_share(xp.ascontiguousarray(x), made, counts, where)
    return made


# ------------------------------------------------------------------ windows that cover evenly


def _even(x: Any, size: Any, count: Any) -> tuple:
    return x.shape[0] * x.shape[1], *_three(size, 1), *_three(count, 1)


@forward("adaptive_mean", least=_LEAST)
def adaptive_mean(xp, x, *, count):
    if not 0 < len(count) == x.ndim - 2 <= 3:
        return NotImplemented
    made = xp.empty((*x.shape[:2], *count), x.dtype)
    c.pool_even_mean(xp.ascontiguousarray(x), made, _even(x, x.shape[2:], count))
    return made


@forward("adaptive_mean_grad", least=_LEAST)
def adaptive_mean_grad(xp, x, *, size):
    if not 0 < x.ndim - 2 <= 3 or not x.size:
        return NotImplemented
    made = xp.empty(size, x.dtype)
    c.pool_even_share(xp.ascontiguousarray(x), made, _even(x, size[2:], x.shape[2:]))
    return made


@forward("adaptive_max", least=_LEAST)
def adaptive_max(xp, x, *, count):
    if not 0 < len(count) == x.ndim - 2 <= 3:
        return NotImplemented
    made = xp.empty((*x.shape[:2], *count), x.dtype)
    places = xp.empty(made.shape, xp.int64)
    c.pool_even_largest(xp.ascontiguousarray(x), made, places, _even(x, x.shape[2:], count))
    return made, places
