"""Sums, means and extremes over any axes, on the kernels of reduce.c."""

from __future__ import annotations

import math
from typing import Any

from minitorch.backend import xp
from minitorch.ops._dims import axes, kept

from .table import c, forward, rule

__all__ = ["SQUARES", "SUM", "plan", "reduced"]

SUM, _PRODUCT, _LARGEST, _SMALLEST, SQUARES = range(5)
_LEAST = 4096
_SHORT = 32


def groups(shape: tuple, over: tuple) -> tuple[int, int, int, int] | None:
    """`shape` as (reduced, kept, reduced, kept) sizes; None where it takes more turns than that."""
    if len(over) == len(shape):
        n = 1
        for m in shape:
            n *= m
        return 1, 1, n, 1
    found: list[int] = []
    reduced = False
    for i, n in enumerate(shape):
        if n == 1:
            continue
        if found and (i in over) is reduced:
            found[-1] *= n
        else:
            reduced = i in over
            if not found and not reduced:
                found.append(1)
            found.append(n)
    found += [1] * (-len(found) % 2)
    if len(found) > 4:
        return None
    r0, k0, r1, k1 = [1] * (4 - len(found)) + found
    return r0, k0, r1, k1


_PLANS: dict[Any, Any] = {}


def plan(shape: tuple, dim: Any, keepdim: bool) -> tuple:
    """(the groups, the shape of the result, how many are reduced to one) for a dim."""
    try:
        return _PLANS[shape, dim, keepdim]
    except (KeyError, TypeError):
        pass
    over = axes(dim, len(shape))
    size = kept(shape, over) if keepdim else tuple(n for i, n in enumerate(shape) if i not in over)
    made = groups(shape, over), size, float(math.prod(shape[i] for i in over))
    if type(dim) in (int, type(None), tuple):
        if len(_PLANS) > 500:
            _PLANS.clear()
        _PLANS[shape, dim, keepdim] = made
    return made


def reduced(op: int, x: Any, dim: Any, keepdim: bool, mean: bool = False) -> Any:
    """`x` reduced along `dim`; `mean`: and divided by how many there are."""
    if not x.size:
        return NotImplemented
    if not x.flags.c_contiguous:
        return _reduced_anyhow(op, x, axes(dim, x.ndim), keepdim, mean)
    found, size, n = plan(x.shape, dim, keepdim)
    if found is None:
        return NotImplemented
    out = xp.empty(size, x.dtype)
    if c.reduce(x, out, op, found, n if mean else 1.0):
        return NotImplemented
    return out if size else out[()]


def _reduced_anyhow(op: int, x: Any, over: tuple, keepdim: bool, mean: bool) -> Any:
    """The same where `x` is spread by strides of 0, or lies in another order."""
    if 0 in x.strides:
        return _reduced_spread(op, x, over, keepdim, mean)
    order = sorted(range(x.ndim), key=x.strides.__getitem__, reverse=True)
    x = x.transpose(order)
    if not x.flags.c_contiguous:
        return NotImplemented
    out = reduced(op, x, tuple(order.index(i) for i in over), True, mean)
    if out is NotImplemented or not out.ndim:
        return out
    out = out.transpose([order.index(i) for i in range(len(order))])
    return out if keepdim else out.squeeze(over)


def _reduced_spread(op: int, x: Any, over: tuple, keepdim: bool, mean: bool) -> Any:
    """A sum of what was spread: that of one of each, times how many there are."""
    spread = [i for i, n in enumerate(x.shape) if n > 1 and not x.strides[i]]
    if op != SUM or any(i not in over for i in spread):
        return NotImplemented
    one = x[tuple(slice(0, 1) if i in spread else slice(None) for i in range(x.ndim))]
    out = reduced(op, one, over, keepdim, mean) if one.flags.c_contiguous else NotImplemented
    if out is NotImplemented or mean:
        return out
    return out * x.dtype.type(math.prod(x.shape[i] for i in spread))


@forward("sum", least=_LEAST)
def sum(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    if dtype is not None and dtype.np is not x.dtype:
        return NotImplemented
    return reduced(SUM, x, dim, keepdim)


@forward("mean", least=_LEAST)
def mean(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    if dtype is not None and dtype.np is not x.dtype:
        return NotImplemented
    return reduced(SUM, x, dim, keepdim, mean=True)


@forward("prod", least=_LEAST)
def prod(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    if dtype is not None and dtype.np is not x.dtype:
        return NotImplemented
    return reduced(_PRODUCT, x, dim, keepdim)


@forward("sum_to", least=_LEAST)
def sum_to(xp: Any, x: Any, *, size: Any) -> Any:
    size = tuple(size)
    over = _PLANS.get((x.shape, size))
    if over is None:
        lead = x.ndim - len(size)
        late = [i + lead for i, n in enumerate(size) if n == 1 != x.shape[i + lead]]
        over = _PLANS[x.shape, size] = (*range(lead), *late)
    out = reduced(SUM, x, over, True) if over else NotImplemented
    return out if out is NotImplemented else out.reshape(size)


# ------------------------------------------------------------------ extremes


@forward("max_all", least=_LEAST)
def max_all(xp: Any, x: Any) -> Any:
    return reduced(_LARGEST, x, None, False)


@forward("min_all", least=_LEAST)
def min_all(xp: Any, x: Any) -> Any:
    return reduced(_SMALLEST, x, None, False)


@forward("amax", least=_LEAST)
def amax(xp: Any, x: Any, *, dim: Any = (), keepdim: bool = False) -> Any:
    return reduced(_LARGEST, x, dim, keepdim)


@forward("amin", least=_LEAST)
def amin(xp: Any, x: Any, *, dim: Any = (), keepdim: bool = False) -> Any:
    return reduced(_SMALLEST, x, dim, keepdim)


def _shares(g: Any, x: Any, out: Any, dim: Any, keepdim: Any) -> Any:
    if not x.ndim or not x.size or not x.flags.c_contiguous:  # a 0-d one is saved as a scalar
        return NotImplemented
    found = plan(x.shape, dim, keepdim)[0]
    if found is None or found[0] > 1:
        return NotImplemented
    if not g.ndim:
        g, out = xp.asarray(g), xp.asarray(out)
    to = xp.empty(x.shape, x.dtype)
    c.share(xp.ascontiguousarray(g), x, xp.ascontiguousarray(out), to, found[1:])
    return to


rule("amax", 0, least=_LEAST)(_shares)
rule("amin", 0, least=_LEAST)(_shares)


def found(op: int, x: Any, dim: Any, keepdim: bool) -> Any:
    """(the extremes of `x` along `dim`, their places); None is all of it."""
    if not x.size or not x.flags.c_contiguous or not x.ndim:
        return NotImplemented
    (_, k0, r, k1), size, _ = plan(x.shape, dim, keepdim)  # of one axis, or all
    values, places = xp.empty(size, x.dtype), xp.empty(size, xp.int64)
    if r >= 1 << 31 or c.find(x, values, places, op, k0, r, k1):
        return NotImplemented
    return values, places


def _places(op: int, x: Any, dim: Any, keepdim: bool) -> Any:
    if x.ndim:
        _, _, r, k1 = plan(x.shape, dim, keepdim)[0] or (1, 1, 1, 1)
        if k1 == 1 and r > _SHORT:  # NumPy alone is as fast along long runs
            return NotImplemented
    both = found(op, x, dim, keepdim)
    return both if both is NotImplemented else both[1]


@forward("max_dim", least=_LEAST)
def max_dim(xp: Any, x: Any, *, dim: Any, keepdim: bool = False) -> Any:
    return found(_LARGEST, x, dim, keepdim)


@forward("min_dim", least=_LEAST)
def min_dim(xp: Any, x: Any, *, dim: Any, keepdim: bool = False) -> Any:
    return found(_SMALLEST, x, dim, keepdim)


@forward("argmax", least=_LEAST)
def argmax(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False) -> Any:
    return _places(_LARGEST, x, dim, keepdim)


@forward("argmin", least=_LEAST)
def argmin(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False) -> Any:
    return _places(_SMALLEST, x, dim, keepdim)
