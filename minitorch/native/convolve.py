"""Convolution and its two adjoints on the kernels of conv.c."""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch.backend import xp

from .table import c, forward, rule

__all__: list[str] = []


def _three(sizes: Any, fill: int) -> tuple[int, ...]:
    return (*(fill,) * (3 - len(sizes)), *sizes)


def _geometry(
    x_shape: Any, w_shape: Any, count: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> tuple[int, ...]:
    """What the kernels are told. Axes on which nothing slides are one axis."""
    size, kernel = x_shape[2:], w_shape[2:]
    if len(size) > 1 and not any(padding) and tuple(count) == tuple(size) and prod(kernel) == 1:
        size = count = (prod(size),)
        kernel = stride = dilation = (1,)
        padding = (0,)
    return (
        x_shape[0], x_shape[1], w_shape[0], groups,
        *_three(size, 1), *_three(kernel, 1), *_three(count, 1),
        *_three(stride, 1), *_three(padding, 0), *_three(dilation, 1),
    )  # fmt: skip


def _fits(x: Any, weight: Any, bias: Any) -> bool:
    return (
        x.dtype is weight.dtype
        and 3 <= x.ndim <= 5
        and (bias is None or bias.dtype is x.dtype)
        and x.size > 0
        and weight.size > 0
    )


def _in_tiles(x: Any, weight_shape: Any, stride: Any, dilation: Any, groups: int) -> bool:
    """Whether the kernels of conv_tiles.c are the faster ones."""
    return (
        x.itemsize == 4
        and weight_shape[2:] == (3, 3)
        and groups == 1
        and max(stride) == max(dilation) == 1
        and min(weight_shape[:2]) >= 16
    )


@forward("convolve", least=1024)
def convolve(
    xp: Any, x: Any, weight: Any, bias: Any = None, *,
    stride: Any, padding: Any, dilation: Any, groups: Any, count: Any,
) -> Any:  # fmt: skip
    if not _fits(x, weight, bias):
        return NotImplemented
    out = xp.empty((x.shape[0], weight.shape[0], *count), x.dtype)
    at = _geometry(x.shape, weight.shape, count, stride, padding, dilation, groups)
    x, weight = xp.ascontiguousarray(x), xp.ascontiguousarray(weight)
    bias = None if bias is None else xp.ascontiguousarray(bias)
    if _in_tiles(x, weight.shape, stride, dilation, groups):
        if not c.convolve_tiles(x, weight, out, bias, at, 0):
            return out
    if c.convolve(x, weight, out, bias, at):
        return NotImplemented
    return out


@forward("convolve_transposed", least=1024)
def convolve_transposed(
    xp: Any, x: Any, weight: Any, bias: Any = None, *,
    size: Any, stride: Any, padding: Any, dilation: Any, groups: Any,
) -> Any:  # fmt: skip
    if not _fits(x, weight, bias) or 0 in size:
        return NotImplemented
    out = xp.empty(size, x.dtype)
    at = _geometry(size, weight.shape, x.shape[2:], stride, padding, dilation, groups)
    x, weight = xp.ascontiguousarray(x), xp.ascontiguousarray(weight)
    bias = None if bias is None else xp.ascontiguousarray(bias)
    if _in_tiles(x, weight.shape, stride, dilation, groups):
        if not c.convolve_tiles(x, weight, out, bias, at, 1):
            return out
    if c.convolve_transposed(x, weight, out, bias, at):
        return NotImplemented
    return out


@forward("convolve_weight_grad", least=1024)
def convolve_weight_grad(
    xp: Any, x: Any, y: Any, *,
    size: Any, stride: Any, padding: Any, dilation: Any, groups: Any,
) -> Any:  # fmt: skip
    if not _fits(x, y, None) or 0 in size:
        return NotImplemented
    out = xp.empty(size, x.dtype)
    at = _geometry(y.shape, size, x.shape[2:], stride, padding, dilation, groups)
    x, y = xp.ascontiguousarray(x), xp.ascontiguousarray(y)
    if _in_tiles(x, size, stride, dilation, groups):
        if not c.convolve_tiles_weight(x, y, out, at):
            return out
    if c.convolve_weight(x, y, out, at):
        return NotImplemented
    return out


def _per_channel(g: Any) -> Any:
    if g.ndim < 3 or not g.size:
        return NotImplemented
    out = xp.empty(g.shape[1], g.dtype)
    c.sum_per_channel(xp.ascontiguousarray(g), out, g.shape[0], g.shape[1], prod(g.shape[2:]))
    return out


@rule("convolve", 2, least=1024)
def convolve_bias(g: Any) -> Any:
    return _per_channel(g)


@rule("convolve_transposed", 2, least=1024)
def convolve_transposed_bias(g: Any) -> Any:
    return _per_channel(g)
