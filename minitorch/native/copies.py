"""Copies in any order and arrays one after another, on the kernels of copy.c."""

from __future__ import annotations

import math
from typing import Any

from minitorch.backend import xp
from minitorch.errors import wrap_dim
from minitorch.memory import checked_format, contiguous_format, dense_like, suggested

from .table import UPDATES, c, forward

__all__ = ["copy_into", "row_major"]

_LEAST = 16384
_LEAST_MOVED = 8192  # for what changes its order
_LEAST_SAME = 131072  # for what NumPy too copies as it lies
_MOST = 48  # parts that a kernel joins


def copy_into(to: Any, x: Any) -> None:
    """Write `x` into `to`, of the same shape and floating dtype, as they lie."""
    each = x.itemsize
    c.copy(
        x, to, x.ndim, x.shape,
        tuple([s // each for s in x.strides]), tuple([s // each for s in to.strides]),
    )  # fmt: skip


def row_major(x: Any) -> Any:
    """A copy of `x` in row-major order."""
    made = xp.empty(x.shape, x.dtype)
    if x.size:
        copy_into(made, x)
    return made


@forward("clone", least=_LEAST_MOVED)
def clone(xp: Any, x: Any, *, memory_format: Any = None) -> Any:
    if x.ndim > 16 or (x.size < _LEAST_SAME and x.flags.c_contiguous and memory_format is None):
        return NotImplemented
    made = dense_like(x, None, checked_format(memory_format, "clone"))
    copy_into(made, x)
    return made


@forward("reshape_copy", least=_LEAST_MOVED)
def reshape_copy(xp: Any, x: Any, *, size: Any) -> Any:
    return row_major(x).reshape(size) if x.ndim <= 16 else NotImplemented


@forward("relaid", least=_LEAST_MOVED)
def relaid(xp: Any, x: Any, *, strides: Any = None) -> Any:
    return row_major(x) if strides is None and x.ndim <= 16 else NotImplemented


def _joined(parts: Any, outer: int, size: tuple) -> Any:
    """An array of `size` with the parts side by side, `outer` times; they are alike and whole."""
    made = xp.empty(size, parts[0].dtype)
    parts = [x if x.flags.c_contiguous else row_major(x) for x in parts]
    c.join(made, *parts, outer, len(parts), tuple([x.size // outer for x in parts]))
    return made


def _alike(parts: Any) -> bool:
    """Whether they are arrays of one dtype and rank, to be joined in row-major order."""
    first = parts[0]
    if not 0 < len(parts) <= _MOST or not 0 < first.ndim <= 16:
        return False
    return all(
        type(x) is xp.ndarray
        and x.dtype is first.dtype
        and x.ndim == first.ndim
        and (x.flags.c_contiguous or suggested(x) is contiguous_format)
        for x in parts
    )


@forward("cat", least=_LEAST)
def cat(xp: Any, *tensors: Any, dim: Any = 0) -> Any:
    parts = [x for x in tensors if x.size]
    if not parts or not _alike(parts) or any(not x.size and x.shape != (0,) for x in tensors):
        return NotImplemented
    size, at = parts[0].shape, wrap_dim(dim, parts[0].ndim)
    lead, rest = size[:at], size[at + 1 :]
    if any(x.shape[:at] != lead or x.shape[at + 1 :] != rest for x in parts):
        return NotImplemented
    n = sum([x.shape[at] for x in parts])
    return _joined(parts, math.prod(lead), (*lead, n, *rest))


@forward("stack", least=_LEAST)
def stack(xp: Any, *tensors: Any, dim: Any = 0) -> Any:
    size = tensors[0].shape
    if not _alike(tensors) or any(x.shape != size for x in tensors) or not tensors[0].size:
        return NotImplemented
    at = wrap_dim(dim, len(size) + 1)
    whole = (*size[:at], len(tensors), *size[at:])
    return _joined(tensors, math.prod(size[:at]), whole)


def add_into(total: Any, g: Any) -> bool:
    """As `backend.UPDATES` says."""
    if (
        total.dtype is not g.dtype
        or g.dtype.char not in "fd"
        or total.shape != g.shape
        or not (total.flags.carray and g.flags.c_contiguous and g.flags.aligned)
    ):
        return False
    try:
        c.add_into(total, g, g.size)
    except TypeError:  # there are no kernels for float64
        return False
    return True


UPDATES["add_into"] = add_into
