"""Scaled dot-product attention on the kernels of attention.c."""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch.backend import xp
from minitorch.memory import dense_like

from .table import c, forward, joint

__all__: list[str] = []

_LEAST = 2048
_NOWHERE = (0, 0, 0)


def _sizes(query: Any, key: Any, value: Any, *others: Any) -> tuple | None:
    """(batch, the kernels' sizes) of a call they are made for, None of another."""
    try:
        batch = xp.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    except ValueError:
        return None
    (queries, width), (keys, also), (values, value_width) = (
        x.shape[-2:] for x in (query, key, value)
    )
    if width != also or keys != values or len(batch) > 2 or queries * 8 < keys:
        return None  # few queries: laying out the keys would cost more than the products
    if not (keys and width and value_width and prod(batch)):
        return None
    for x in others:
        if x is not None and not _fits(x, (*batch, queries, keys)):
            return None
    if any(x is not None and x.dtype is not query.dtype for x in (key, value, *others)):
        return None
    outer, inner = (1, 1, *batch)[-2:]
    return batch, (outer, inner, queries, keys, width, value_width)


def _fits(x: Any, shape: tuple) -> bool:
    """Whether `x` broadcasts to `shape` and has as many columns."""
    return (
        1 <= x.ndim <= len(shape)
        and x.shape[-1] == shape[-1]
        and all(n in (1, m) for n, m in zip(x.shape[::-1], shape[::-1]))
    )


def _lying(x: Any) -> Any:
    """`x` with the numbers of a row next to each other."""
    if x is None or x.strides[-1] == x.itemsize or x.shape[-1] == 1:
        return x
    return x.copy("C")


def _steps(x: Any) -> tuple:
    """The strides of `x`, in elements, by batch, head and row; 0 where it is repeated."""
    if x is None:
        return _NOWHERE
    each = x.itemsize
    found = [0 if n == 1 else s // each for n, s in zip(x.shape, x.strides)][:-1]
    return (*_NOWHERE, *found)[-3:]


def _room(x: Any, shape: tuple) -> Any:
    """Memory for a gradient of `x`, in its order where it has that shape."""
    if x.ndim == 4 and x.shape == shape and x.strides[-1] == x.itemsize:
        return dense_like(x)
    return xp.empty(shape, x.dtype)


@forward("attend", least=_LEAST)
def attend(
    xp: Any, query: Any, key: Any, value: Any, mask: Any = None, kept: Any = None, *, scale: float
) -> Any:
    found = _sizes(query, key, value, mask, kept)
    if found is None:
        return NotImplemented
    batch, sizes = found
    shape = (*batch, query.shape[-2], value.shape[-1])
    out = _room(query, shape) if kept is None else xp.empty(shape, query.dtype)
    facts = xp.empty((2, prod(batch) * query.shape[-2]), query.dtype)
    q, k, v, mask, kept = (_lying(x) for x in (query, key, value, mask, kept))
    steps = (*_steps(q), *_steps(k), *_steps(v), *_steps(mask), *_steps(kept), *_steps(out))
    c.attend(q, k, v, mask, kept, out, facts[0], facts[1], sizes, steps, float(scale))
    return out, facts.reshape(-1)


@joint("attend", least=_LEAST)
def attend_back(
    g: Any, query: Any, key: Any, value: Any, mask: Any, kept: Any, _chances_: Any, scale: float,
    needs: Any,
) -> Any:  # fmt: skip
    found = _sizes(query, key, value, mask, kept)
    if found is None or _chances_.ndim != 1 or needs[4]:
        return NotImplemented
    batch, sizes = found
    facts = _chances_.reshape(2, -1)
    g, q, k, v, mask, kept = (_lying(x) for x in (g, query, key, value, mask, kept))
    gq, gk, gv = (_room(x, (*batch, *x.shape[-2:])) for x in (q, k, v))
    g_mask = None
    if needs[3]:
        g_mask = xp.zeros((*batch, query.shape[-2], key.shape[-2]), query.dtype)
    steps = [_steps(x) for x in (g, q, k, v, mask, kept, gq, gk, gv, g_mask)]
    c.attend_back(
        g, q, k, v, mask, kept, facts[0], facts[1], gq, gk, gv, g_mask, sizes,
        *steps, float(scale),
    )  # fmt: skip
    grads = (gq, gk, gv, g_mask, None)
    return tuple(x if needed else None for x, needed in zip(grads, needs))
