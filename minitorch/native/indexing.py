"""Rows of a table by their indices, and sums where indices repeat, on the kernels of index.c.

An index that is not there is left to the row, which tells.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch.backend import xp
from minitorch.errors import wrap_dim
from minitorch.ops.index import ALL, ARRAY

from .table import c, forward

__all__: list[str] = []

_LEAST, _LEAST_ADDED = 2048, 256


def _whole(indices: Any) -> Any:
    """The indices as the kernels read them; None for what is no integer."""
    if type(indices) is not xp.ndarray or indices.dtype.char not in "lqi" or not indices.size:
        return None
    return xp.ascontiguousarray(indices, xp.int64)


def _around(size: tuple, at: int) -> tuple[int, int, int]:
    """(outer, rows, inner) of an array of `size` along the axis `at`."""
    return math.prod(size[:at]), size[at], math.prod(size[at + 1 :])


def _one_axis(indices: tuple, spec: tuple, ndim: int) -> Any:
    """(axis, indices) where there is one array of integers, else None."""
    if len(indices) != 1 or not spec or any(s is not ALL for s in spec if s is not ARRAY):
        return None
    at, found = spec.index(ARRAY), _whole(indices[0])
    return None if found is None or at >= ndim else (at, found)


@forward("take", least=_LEAST)
def take(xp: Any, x: Any, *indices: Any, spec: Any) -> Any:
    one = _one_axis(indices, spec, x.ndim)
    if one is None or not x.flags.c_contiguous or not x.size:
        return NotImplemented
    at, places = one
    out = xp.empty(_taken(x.shape, at, indices[0]), x.dtype)
    n = x.shape[at]
    found = c.take(x, places, out, _around(x.shape, at), places.size, -n)
    return NotImplemented if found else out


def _taken(size: tuple, at: int, indices: Any) -> tuple:
    """The shape of what lies at `indices` along the axis `at` of an array of `size`."""
    return (*size[:at], *indices.shape, *size[at + 1 :])


def _added(x: Any, places: Any, out: Any, at: int, low: int, keep: int) -> Any:
    """`out` with `x` added at `places` along the axis `at`; `keep`: to what it holds, else to 0."""
    x = xp.ascontiguousarray(x)
    found = c.put_add(x, places, out, _around(out.shape, at), places.size, low, keep)
    return NotImplemented if found else out


@forward("put_add", least=_LEAST_ADDED)
def put_add(xp: Any, x: Any, *indices: Any, size: Any, spec: Any) -> Any:
    one = _one_axis(indices, spec, len(size))
    if one is None or not x.size:
        return NotImplemented
    at, places = one
    if x.shape != _taken(size, at, indices[0]):
        return NotImplemented
    return _added(x, places, xp.empty(size, x.dtype), at, -size[at], 0)


@forward("index_put", least=_LEAST)
def index_put(
    xp: Any, x: Any, value: Any, *indices: Any, spec: Any, accumulate: bool = False
) -> Any:
    one = _one_axis(indices, spec, x.ndim) if accumulate and x.size else None
    if one is None or type(value) is not xp.ndarray or value.dtype is not x.dtype:
        return NotImplemented
    at, places = one
    if value.shape != _taken(x.shape, at, indices[0]):
        return NotImplemented
    return _added(value, places, xp.array(x, order="C"), at, -x.shape[at], 1)


@forward("embedding", least=_LEAST)
def embedding(xp: Any, weight: Any, indices: Any, *, padding_idx: Any = None) -> Any:
    places = _whole(indices)
    if places is None or not weight.ndim or not weight.flags.c_contiguous or not weight.size:
        return NotImplemented
    out = xp.empty((*indices.shape, *weight.shape[1:]), weight.dtype)
    found = c.take(weight, places, out, _around(weight.shape, 0), places.size, 0)
    return NotImplemented if found else out


@forward("embedding_grad", least=_LEAST_ADDED)
def embedding_grad(xp: Any, x: Any, indices: Any, *, rows: int, padding_idx: Any = None) -> Any:
    places = _whole(indices)
    if places is None or not x.size or x.shape[: indices.ndim] != indices.shape:
        return NotImplemented
    out = _added(x, places, xp.empty((rows, *x.shape[indices.ndim :]), x.dtype), 0, 0, 0)
    if out is not NotImplemented and padding_idx is not None:
        out[padding_idx] = 0
    return out


@forward("bag_sum", least=_LEAST_ADDED)
def bag_sum(xp: Any, x: Any, bags: Any, *, count: int) -> Any:
    return embedding_grad(xp, x, bags, rows=count)


# ------------------------------------------------------------------ along one axis


def _along(x: Any, indices: Any, dim: int, size: tuple) -> Any:
    """(axis, indices) where each index has its place in an array of `size`, else None."""
    places = _whole(indices)
    if places is None or not x.size or not size or len(size) != indices.ndim:
        return None
    at = wrap_dim(dim, len(size))
    alike = size[:at] == indices.shape[:at] and size[at + 1 :] == indices.shape[at + 1 :]
    return (at, places) if alike and size[at] else None


@forward("gather", least=_LEAST)
def gather(xp: Any, x: Any, indices: Any, *, dim: int) -> Any:
    if x.ndim and x.ndim == indices.ndim:  # what no index reaches is left out
        at = wrap_dim(dim, x.ndim)
        x = x[tuple([slice(n) if i != at else ALL for i, n in enumerate(indices.shape)])]
    one = _along(x, indices, dim, x.shape)
    if one is None or (not x.flags.c_contiguous and x.size > 4 * indices.size):
        return NotImplemented
    at, places = one
    out, x = xp.empty(indices.shape, x.dtype), xp.ascontiguousarray(x)
    found = c.along(x, places, out, _around(x.shape, at), indices.shape[at], 0)
    return NotImplemented if found else out


@forward("put_along", least=_LEAST_ADDED)
def put_along(xp: Any, x: Any, indices: Any, *, size: Any, dim: int) -> Any:
    size = tuple(size)
    one = _along(x, indices, dim, size)
    if one is None or x.shape != indices.shape:
        return NotImplemented
    at, places = one
    out, x = xp.empty(size, x.dtype), xp.ascontiguousarray(x)
    found = c.along(x, places, out, _around(size, at), indices.shape[at], 1)
    return NotImplemented if found else out


@forward("scatter_add", least=_LEAST)
def scatter_add(xp: Any, x: Any, indices: Any, value: Any, *, dim: int) -> Any:
    one = _along(x, indices, dim, x.shape)
    if one is None or getattr(value, "shape", None) != indices.shape or value.dtype is not x.dtype:
        return NotImplemented
    at, places = one
    out, value = xp.array(x, order="C"), xp.ascontiguousarray(value)
    found = c.along(value, places, out, _around(x.shape, at), indices.shape[at], 2)
    return NotImplemented if found else out
