"""Variances, norms, log(sum(e ** x)) and running sums, on the kernels of moments.c and reduce.c."""

from __future__ import annotations

import math
from typing import Any

from minitorch.backend import xp
from minitorch.errors import wrap_dim
from minitorch.ops._dims import axes

from .reductions import SQUARES, SUM, plan, reduced
from .table import c, forward, rule

__all__: list[str] = []

_LEAST = 4096


def _around(size: tuple, dim: int) -> tuple[int, int, int]:
    """(before, along, behind) the axis `dim`."""
    at = wrap_dim(dim, len(size))
    return math.prod(size[:at]), size[at], math.prod(size[at + 1 :])


# ------------------------------------------------------------------ variances


def _groups(x: Any, dim: Any, keepdim: bool) -> Any:
    """(groups, shape of the result, how many to one), or None where no kernel is made for it."""
    if not x.ndim or not x.size or not x.flags.c_contiguous:
        return None
    found = plan(x.shape, dim, keepdim)
    return None if found[0] is None or (found[0][0] > 1 and found[0][3] > 1) else found


def _variance(x: Any, dim: Any, correction: Any, keepdim: bool, root: int) -> Any:
    found = _groups(x, dim, keepdim)
    if found is None:
        return NotImplemented
    groups, size, n = found
    out = xp.empty(size, x.dtype)
    if c.variance(x, out, groups, root, float(max(n - correction, 0))):
        return NotImplemented
    return out if size else out[()]


@forward("var", least=_LEAST)
def var(xp: Any, x: Any, *, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Any:
    return _variance(x, dim, correction, keepdim, 0)


@forward("std", least=_LEAST)
def std(xp: Any, x: Any, *, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Any:
    return _variance(x, dim, correction, keepdim, 1)


@rule("var", 0, least=_LEAST)
def var_rule(g: Any, x: Any, dim: Any, correction: Any, keepdim: Any) -> Any:
    found = _groups(x, dim, True)
    if found is None:
        return NotImplemented
    groups, _, n = found
    mean = reduced(SUM, x, dim, True, mean=True)
    if mean is NotImplemented:
        return NotImplemented
    scale = 2 / (n - correction) if n != correction else math.inf
    g, mean, to = xp.ascontiguousarray(g * scale), xp.asarray(mean), xp.empty(x.shape, x.dtype)
    c.centred(g, mean, x, to, groups)
    return to


@rule("std", 0, least=_LEAST)
def std_rule(g: Any, x: Any, out: Any, dim: Any, correction: Any, keepdim: Any) -> Any:
    share = xp.where(out == 0, 0, g / (out * 2)).astype(x.dtype, copy=False)
    return var_rule(share, x, dim, correction, keepdim)


# ------------------------------------------------------------------ norms


@forward("norm2", least=_LEAST)
def norm2(xp: Any, x: Any, *, dim: Any = None, keepdim: bool = False) -> Any:
    if all(x.shape[i] == 1 for i in axes(dim, x.ndim)):
        return NotImplemented
    squares = reduced(SQUARES, x, dim, keepdim)
    return squares if squares is NotImplemented else xp.sqrt(squares)


# ------------------------------------------------------------------ along the last axis


def _lines(x: Any, dim: Any) -> tuple[int, int] | None:
    """(how many runs, their length) where `dim` names the last axes, else None."""
    if not x.ndim or not x.size or not x.flags.c_contiguous:
        return None
    r0, k0, r, k1 = plan(x.shape, dim, False)[0] or (2, 1, 1, 1)
    return (k0, r) if r0 == 1 == k1 else None


@forward("logsumexp", least=_LEAST)
def logsumexp(xp: Any, x: Any, *, dim: Any, keepdim: bool = False) -> Any:
    found = _lines(x, dim)
    if found is None:
        return NotImplemented
    out = xp.empty(plan(x.shape, dim, keepdim)[1], x.dtype)
    c.logsumexp(x, out, found)
    return out


@rule("logsumexp", 0, least=_LEAST)
def logsumexp_rule(g: Any, x: Any, out: Any, dim: Any, keepdim: Any) -> Any:
    found = _lines(x, dim)
    if found is None:
        return NotImplemented
    to = xp.empty(x.shape, x.dtype)
    c.logsumexp_gradient(xp.ascontiguousarray(g), xp.ascontiguousarray(out), x, to, found)
    return to


# ------------------------------------------------------------------ running sums


def _running(x: Any, dim: int, backwards: int) -> Any:
    if not x.ndim or not x.size:
        return NotImplemented
    x = xp.ascontiguousarray(x)
    to = xp.empty(x.shape, x.dtype)
    c.running_sum(x, to, _around(x.shape, dim), backwards)
    return to


@forward("cumsum", least=_LEAST)
def cumsum(xp: Any, x: Any, *, dim: int, dtype: Any = None) -> Any:
    if dtype is not None and dtype.np is not x.dtype:
        return NotImplemented
    return _running(x, dim, 0)


@rule("cumsum", 0, least=_LEAST)
def cumsum_rule(g: Any, dim: int) -> Any:
    return _running(g, dim, 1)
