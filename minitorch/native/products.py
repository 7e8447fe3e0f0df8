"""Matrix products and linear layers on the kernels of gemm.c."""

from __future__ import annotations

from typing import Any

from minitorch.backend import xp

from .table import c, forward, rule

__all__: list[str] = []

_LEAST = 4096


def gemm(a: Any, b: Any, bias: Any = None) -> Any:
    """a b + bias, for matrices of any strides.

    Shape: (m, k), (k, n), (n) -> (m, n)
    """
    (m, k), n = a.shape, b.shape[1]
    out = xp.empty((m, n), a.dtype)
    each = a.itemsize
    c.gemm(
        a, b, out, bias, m, n, k,
        a.strides[0] // each, a.strides[1] // each, b.strides[0] // each, b.strides[1] // each, 0,
    )  # fmt: skip
    return out


def _rows(x: Any) -> Any:
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


@forward("linear", least=512)
def linear(xp: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    if (
        weight.ndim != 2
        or not x.ndim
        or x.shape[-1] != weight.shape[1]
        or x.dtype is not weight.dtype
        or (bias is not None and (bias.shape != weight.shape[:1] or not bias.flags.c_contiguous))
    ):
        return NotImplemented
    if x.ndim == 2:
        return gemm(x, weight.T, bias)
    return gemm(_rows(x), weight.T, bias).reshape(*x.shape[:-1], weight.shape[0])


@rule("linear", 0, least=_LEAST)
def linear_input(g: Any, weight: Any) -> Any:
    if weight.ndim != 2 or g.dtype is not weight.dtype:
        return NotImplemented
    if g.ndim == 2:
        return gemm(g, weight)
    return gemm(_rows(g), weight).reshape(*g.shape[:-1], weight.shape[1])


@rule("linear", 1, least=_LEAST)
def linear_weight(g: Any, x: Any, weight_shape: Any) -> Any:
    if len(weight_shape) != 2 or g.dtype is not x.dtype:
        return NotImplemented
    return gemm(_rows(g).T, _rows(x))


# ------------------------------------------------------------------ matrices, one by one or stacked


@forward("mm", least=4 * _LEAST)
def mm(xp: Any, x: Any, y: Any) -> Any:
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[0] or x.dtype is not y.dtype:
        return NotImplemented
    if x.shape[0] == 1 or x.shape[1] == 1 or y.shape[1] == 1:
        return NotImplemented  # a vector is read once: there is nothing to gain
    return gemm(x, y)


@forward("bmm", least=_LEAST)
def bmm(xp: Any, x: Any, y: Any) -> Any:
    if x.ndim != 3 or y.ndim != 3 or x.dtype is not y.dtype:
        return NotImplemented
    (count, m, k), (_, also, n) = x.shape, y.shape
    if count != len(y) or also != k or min(m, k, n) == 1:
        return NotImplemented
    if count > 64 and m * k * n < 4096:  # tiles are larger: 0.6 times as fast for 8 x 8
        return NotImplemented
    out = xp.empty((count, m, n), x.dtype)
    each = x.itemsize
    c.gemm_stack(
        x, y, out, count, m, n, k,
        x.strides[0] // each, x.strides[1] // each, x.strides[2] // each,
        y.strides[0] // each, y.strides[1] // each, y.strides[2] // each,
    )  # fmt: skip
    return out
