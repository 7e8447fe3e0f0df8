"""Normalizations on the kernels of norm.c and norm_channels.c."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

from minitorch.backend import xp

from .table import c, forward, joint, rule

__all__: list[str] = []

_LEAST = 1  # a call costs less than the few that NumPy takes
_FLOATS = (xp.dtype("float32"), xp.dtype("float64"))
_COLUMNS = 256  # so many numbers of a row the C code may read at once


# ------------------------------------------------------------------ what lies where


@lru_cache(4096)
def _plan(shape: tuple, over: tuple, size: tuple, plain: bool) -> Any:
    """How x lies: ("rows", shape of the mean, sizes), ("channels", ...), or None for neither.

    Rows are (rows, length, groups, channels, places) as norm.c has them, channels (images,
    channels, places). `plain`: there is neither weight nor bias.
    """
    n = len(shape)
    over = tuple(sorted(i % n for i in over))
    kept = tuple(1 if i in over else m for i, m in enumerate(shape))
    first = over[0] if over else n
    padded = (1,) * (n - len(size)) + tuple(size)
    mine = [i for i in range(n) if padded[i] != 1]
    begin, end = (mine[0], mine[-1] + 1) if mine else (first, first)
    if len(size) > n or padded[begin:end] != shape[begin:end] or not over:
        return None
    if over == tuple(range(first, n)):
        length = prod(shape[first:])
        if plain:
            return "rows", kept, (prod(shape[:first]), length, 1, length, 1)
        if not begin <= first <= end:
            return None
        sizes = prod(shape[begin:first]), prod(shape[first:end]), prod(shape[end:])
        return "rows", kept, (prod(shape[:first]), length, *sizes)
    own = [i for i in range(n) if kept[i] != 1]
    begin, end = (own[0], own[-1] + 1) if own else (n, n)
    if kept[begin:end] != shape[begin:end] or (not plain and prod(size) != prod(kept)):
        return None
    return "channels", kept, (prod(shape[:begin]), prod(shape[begin:end]), prod(shape[end:]))


def _fits(x: Any, *others: Any) -> bool:
    """Whether all are of one dtype that kernels have."""
    return x.dtype in _FLOATS and all(o is None or o.dtype is x.dtype for o in others)


def _flat(x: Any) -> Any:
    """A parameter in one piece."""
    return x if x is None or x.flags.c_contiguous else xp.ascontiguousarray(x)


def _sized(sizes: tuple, weight: Any, bias: Any) -> bool:
    """Whether weight and bias are as many as the rows or channels of `sizes` take."""
    count = sizes[1] if len(sizes) == 3 else sizes[2] * sizes[3]
    return (weight is None or weight.size == count) and (bias is None or bias.size == count)


def _one_row(g: Any, length: int) -> Any:
    """`g` in one piece; of one number spread over all, a row of it, and True."""
    if g.flags.c_contiguous:
        return g, False
    if any(g.strides):
        return xp.ascontiguousarray(g), False
    return xp.full(length, g[(0,) * g.ndim], g.dtype), True


# ------------------------------------------------------------------ by mean and variance


def _normalized(x: Any, weight: Any, bias: Any, over: Any, size: Any, eps: Any, want: bool) -> Any:
    """(result, mean, variance if it is wanted else None, 1 / sqrt(variance + eps))."""
    if not _fits(x, weight, bias) or not x.size:
        return None
    plan = _plan(x.shape, tuple(over), tuple(size), weight is None and bias is None)
    if plan is None or not _sized(plan[2], weight, bias):
        return None
    kind, kept, sizes = plan
    x, weight, bias = xp.ascontiguousarray(x), _flat(weight), _flat(bias)
    out, centre, rstd = xp.empty(x.shape, x.dtype), xp.empty(kept, x.dtype), xp.empty(kept, x.dtype)
    if kind == "rows":
        variance = xp.empty(kept, x.dtype) if want else None
        c.normalize_rows(x, weight, bias, out, centre, variance, rstd, sizes, float(eps))
    else:
        variance = xp.empty(kept, x.dtype)
        c.normalize_channels(x, weight, bias, out, centre, variance, rstd, sizes, 0, float(eps))
    return out, centre, variance, rstd


@forward("normalize", "normalize_groups", least=_LEAST)
def normalize(
    xp: Any, x: Any, weight: Any = None, bias: Any = None, *, over: Any, size: Any, eps: Any
) -> Any:
    found = _normalized(x, weight, bias, over, size, eps, False)
    return NotImplemented if found is None else (found[0], found[1], found[3])


@forward("normalize_batch", least=_LEAST)
def normalize_batch(
    xp: Any, x: Any, weight: Any = None, bias: Any = None, *, over: Any, size: Any, eps: Any
) -> Any:
    found = _normalized(x, weight, bias, over, size, eps, True)
    return NotImplemented if found is None else found


def _channel_grads(
    g: Any, x: Any, weight: Any, bias: Any, centre: Any, rstd: Any, sizes: tuple, fixed: int,
    needs: Any,
) -> tuple:  # fmt: skip
    """Gradients of x, weight and bias, those that are wanted."""
    _, channels, places = sizes
    g, is_one = _one_row(g, max(places, _COLUMNS))
    steps = (0, 0) if is_one else (channels * places, places)
    gx = xp.empty(x.shape, x.dtype) if needs[0] else None
    gw = xp.empty(weight.shape, x.dtype) if needs[1] and weight is not None else None
    gb = xp.empty(bias.shape, x.dtype) if needs[2] and bias is not None else None
    c.normalize_channels_grad(
        g, xp.ascontiguousarray(x), _flat(weight), _flat(centre), rstd, gx, gw, gb, sizes, fixed,
        steps,
    )  # fmt: skip
    return gx, gw, gb


@joint("normalize", "normalize_groups", least=_LEAST)
def normalize_grads(
    g: Any, x: Any, weight: Any, bias: Any, _mean: Any, _rstd: Any, over: Any, size: Any, eps: Any,
    needs: Any,
) -> Any:  # fmt: skip
    if not _fits(x, weight, bias, _mean, _rstd) or g.dtype is not x.dtype or g.shape != x.shape:
        return NotImplemented
    plan = _plan(x.shape, tuple(over), tuple(size), weight is None and bias is None)
    if plan is None or not x.size or not _sized(plan[2], weight, bias):
        return NotImplemented
    kind, _, sizes = plan
    if kind == "channels":
        return _channel_grads(g, x, weight, bias, _mean, _rstd, sizes, 0, needs)
    g, is_one = _one_row(g, sizes[1])
    gx = xp.empty(x.shape, x.dtype) if needs[0] else None
    gw = xp.empty(weight.shape, x.dtype) if needs[1] and weight is not None else None
    gb = xp.empty(bias.shape, x.dtype) if needs[2] and bias is not None else None
    failed = c.normalize_rows_grad(
        g, xp.ascontiguousarray(x), _flat(weight), _mean, _rstd, gx, gw, gb, sizes,
        0 if is_one else sizes[1],
    )  # fmt: skip
    return NotImplemented if failed else (gx, gw, gb)


@joint("normalize_batch", least=_LEAST)
def normalize_batch_grads(
    g: Any, x: Any, weight: Any, bias: Any, centre: Any, _rstd: Any, over: Any, size: Any,
    eps: Any, needs: Any,
) -> Any:  # fmt: skip
    g, g_centre, g_variance = g
    if g is None or g_centre is not None or g_variance is not None:
        return NotImplemented
    return normalize_grads(g, x, weight, bias, centre, _rstd, over, size, eps, needs=needs)


# ------------------------------------------------------------------ with given statistics


@lru_cache(4096)
def _fixed_plan(shape: tuple, size: tuple) -> Any:
    """(images, channels, places), None where `size` is not of one run of axes."""
    padded = (1,) * (len(shape) - len(size)) + tuple(size)
    mine = [i for i in range(len(padded)) if padded[i] != 1]
    begin, end = (mine[0], mine[-1] + 1) if mine else (len(shape), len(shape))
    if len(size) > len(shape) or padded[begin:end] != shape[begin:end]:
        return None
    return prod(shape[:begin]), prod(shape[begin:end]), prod(shape[end:])


def _fixed(x: Any, centre: Any, variance: Any, weight: Any, bias: Any, size: Any, eps: Any) -> Any:
    """(images, channels, places), 1 / sqrt(variance + eps); None where it is not for kernels."""
    if not _fits(x, centre, variance, weight, bias) or not x.size:
        return None
    sizes = _fixed_plan(x.shape, tuple(size))
    named = (centre, variance, weight, bias)
    if sizes is None or any(o is not None and o.size != sizes[1] for o in named):
        return None
    return sizes, xp.reciprocal(xp.sqrt(variance + eps))


@forward("normalize_fixed", least=_LEAST)
def normalize_fixed(
    xp: Any, x: Any, centre: Any, variance: Any, weight: Any = None, bias: Any = None, *,
    size: Any, eps: Any,
) -> Any:  # fmt: skip
    found = _fixed(x, centre, variance, weight, bias, size, eps)
    if found is None:
        return NotImplemented
    sizes, rstd = found
    out = xp.empty(x.shape, x.dtype)
    c.normalize_channels(
        xp.ascontiguousarray(x), _flat(weight), _flat(bias), out, _flat(centre), None, rstd, sizes,
        1, 0.0,
    )  # fmt: skip
    return out


@joint("normalize_fixed", least=_LEAST)
def normalize_fixed_grads(
    g: Any, x: Any, centre: Any, variance: Any, weight: Any, bias: Any, size: Any, eps: Any,
    needs: Any,
) -> Any:  # fmt: skip
    found = _fixed(x, centre, variance, weight, bias, size, eps)
    if found is None or g.dtype is not x.dtype or g.shape != x.shape:
        return NotImplemented
    wanted = (needs[0], needs[3], needs[4])
    sizes, rstd = found
    gx, gw, gb = _channel_grads(g, x, weight, bias, centre, rstd, sizes, 1, wanted)
    return gx, None, None, gw, gb


# ------------------------------------------------------------------ by the root mean square


@forward("normalize_rms", least=_LEAST)
def normalize_rms(xp: Any, x: Any, *, over: Any, eps: Any) -> Any:
    plan = _plan(x.shape, tuple(over), (1,), True) if _fits(x) and x.size else None
    if plan is None or plan[0] != "rows":
        return NotImplemented
    _, kept, sizes = plan
    out, rstd = xp.empty(x.shape, x.dtype), xp.empty(kept, x.dtype)
    x = xp.ascontiguousarray(x)
    c.normalize_rows(x, None, None, out, None, None, rstd, sizes, float(eps))
    return out, rstd


@rule("normalize_rms", 0, least=_LEAST)
def normalize_rms_grad(g: Any, x: Any, _rstd: Any, over: Any, eps: Any) -> Any:
    plan = _plan(x.shape, tuple(over), (1,), True) if _fits(x, _rstd) and x.size else None
    if plan is None or plan[0] != "rows" or g.dtype is not x.dtype or g.shape != x.shape:
        return NotImplemented
    sizes = plan[2]
    g, is_one = _one_row(g, sizes[1])
    out = xp.empty(x.shape, x.dtype)
    failed = c.normalize_rows_grad(
        g, xp.ascontiguousarray(x), None, None, _rstd, out, None, None, sizes,
        0 if is_one else sizes[1],
    )  # fmt: skip
    return NotImplemented if failed else out
