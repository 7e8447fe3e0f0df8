"""softmax, log_softmax and the loss at a class, on the kernels of softmax.c and class_loss.c."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

from minitorch.backend import xp

from .table import c, forward, rule

__all__: list[str] = []

_LEAST = 1  # a call costs less than the few that NumPy takes
_FLOATS = (xp.dtype("float32"), xp.dtype("float64"))
_INT64 = xp.dtype("int64")


@lru_cache(4096)
def _sizes(shape: tuple, dim: int) -> Any:
    """(outer, length, inner) around the axis `dim`, None where there is none such or no element."""
    n = len(shape)
    if not -n <= dim < n or 0 in shape:
        return None
    dim %= n
    return prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :])


def _softmax(x: Any, dim: Any, is_log: int) -> Any:
    sizes = _sizes(x.shape, dim) if type(dim) is int and x.dtype in _FLOATS else None
    if sizes is None:
        return NotImplemented
    out = xp.empty(x.shape, x.dtype)
    failed = c.softmax(xp.ascontiguousarray(x), out, sizes, is_log)
    return NotImplemented if failed else out


def _softmax_grad(g: Any, out: Any, dim: Any, is_log: int) -> Any:
    sizes = _sizes(g.shape, dim) if g.dtype is out.dtype and g.dtype in _FLOATS else None
    if sizes is None or g.shape != out.shape or not out.flags.c_contiguous:
        return NotImplemented
    row = sizes[1]
    if not g.flags.c_contiguous:
        if sizes[2] == 1 and not any(g.strides):  # one number for all
            g, row = xp.full(row, g[(0,) * g.ndim], g.dtype), 0
        else:
            g = xp.ascontiguousarray(g)
    gx = xp.empty(out.shape, g.dtype)
    failed = c.softmax_grad(g, out, gx, sizes, is_log, row)
    return NotImplemented if failed else gx


@forward("softmax", least=_LEAST)
def softmax(xp: Any, x: Any, *, dim: Any) -> Any:
    return _softmax(x, dim, 0)


@rule("softmax", 0, least=_LEAST)
def softmax_grad(g: Any, out: Any, dim: Any) -> Any:
    return _softmax_grad(g, out, dim, 0)


@forward("log_softmax", least=_LEAST)
def log_softmax(xp: Any, x: Any, *, dim: Any) -> Any:
    return _softmax(x, dim, 1)


@rule("log_softmax", 0, least=_LEAST)
def log_softmax_grad(g: Any, out: Any, dim: Any) -> Any:
    return _softmax_grad(g, out, dim, 1)


# ------------------------------------------------------------------ the loss at a class

_REDUCTIONS = {"none": 0, "sum": 1, "mean": 2}


@lru_cache(4096)
def _places(size: tuple, target: tuple) -> Any:
    """(images, classes, places) of log-probabilities and classes of these shapes, None for odd."""
    if not size or 0 in size:
        return None
    image, classes, *rest = size if len(size) > 1 else (1, *size)
    fits = target == ((image, *rest) if len(size) > 1 else ())
    return (image, classes, prod(rest)) if fits else None


def _known(size: tuple, target: Any, weight: Any, dtype: Any) -> Any:
    """The same; None also for dtypes and class weights that kernels are not made for."""
    if target.dtype is not _INT64 or dtype not in _FLOATS:
        return None
    sizes = _places(size, target.shape)
    if sizes is None or weight is None:
        return sizes
    return sizes if weight.shape == sizes[1:2] and weight.dtype is dtype else None


@forward("nll_loss", least=_LEAST)
def nll_loss(
    xp: Any, x: Any, target: Any, weight: Any = None, *, ignore_index: Any = -100,
    reduction: Any = "mean",
) -> Any:  # fmt: skip
    sizes, how = _known(x.shape, target, weight, x.dtype), _REDUCTIONS.get(reduction)
    if sizes is None or how is None:
        return NotImplemented
    out = xp.empty(() if how else target.shape, x.dtype)
    if weight is not None:
        weight = xp.ascontiguousarray(weight)
    wrong = c.class_loss(
        xp.ascontiguousarray(x), xp.ascontiguousarray(target), weight, out, sizes,
        int(ignore_index), how,
    )  # fmt: skip
    return NotImplemented if wrong else out


def _loss_grad(g: Any, size: Any, target: Any, weight: Any, ignore: Any, reduction: Any) -> Any:
    sizes, how = _known(size, target, weight, g.dtype), _REDUCTIONS.get(reduction)
    if sizes is None or how is None or g.shape != (() if how else target.shape):
        return NotImplemented
    out = xp.empty(size, g.dtype)
    if weight is not None:
        weight = xp.ascontiguousarray(weight)
    wrong = c.class_loss_grad(
        xp.ascontiguousarray(g), xp.ascontiguousarray(target), weight, out, sizes, int(ignore),
        int(how == 2), int(how == 0),
    )  # fmt: skip
    return NotImplemented if wrong else out


@rule("nll_loss", 0, least=_LEAST)
def nll_loss_grad(
    g: Any, x_shape: Any, target: Any, weight: Any, ignore_index: Any, reduction: Any
) -> Any:
    return _loss_grad(g, x_shape, target, weight, ignore_index, reduction)


@forward("nll_grad", least=_LEAST)
def nll_grad(
    xp: Any, x: Any, target: Any, weight: Any = None, *, size: Any, ignore_index: Any,
    reduction: Any,
) -> Any:  # fmt: skip
    return _loss_grad(x, tuple(size), target, weight, ignore_index, reduction)
