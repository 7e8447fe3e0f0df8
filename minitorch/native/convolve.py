"""Convolution and its two adjoints on the kernels of conv*.c."""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch.backend import xp
from minitorch.ops.convolve import _columns_last, _first, _last

from .products import gemm
from .table import c, forward, rule

__all__: list[str] = []

_LEAST = 64


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


def _in_tiles(
    x: Any, ins: int, outs: int, made: Any, kernel: Any, stride: Any, dilation: Any, groups: int
) -> bool:
    """Whether the kernels of conv_tiles.c are faster than the others.

    Single precision only: what they round off a number goes by the largest of its tile.
    """
    if tuple(kernel) != (3, 3) or groups != 1 or x.itemsize != 4:
        return False
    least = min(ins, outs)
    return (
        max(stride) == max(dilation) == 1
        and least >= 16
        and ins <= 4 * outs
        and ins * outs <= 65536
        and prod(made) >= (64 if least >= 64 else 144)
    )


def _few_windows(ins: int, outs: int, count: Any, groups: int) -> bool:
    """Whether windows as columns are the better way: all images' together fill the vectors."""
    return groups == 1 and prod(count) <= 16 and ins * outs >= 16384


def _whole(*arrays: Any) -> list:
    return [None if a is None else xp.ascontiguousarray(a) for a in arrays]


@forward("convolve", least=_LEAST)
def convolve(
    xp: Any, x: Any, weight: Any, bias: Any = None, *,
    stride: Any, padding: Any, dilation: Any, groups: Any, count: Any,
) -> Any:  # fmt: skip
    if not _fits(x, weight, bias):
        return NotImplemented
    (outs, ins), kernel = weight.shape[:2], weight.shape[2:]
    if _few_windows(ins, outs, count, groups):
        columns = _columns_last(xp, x, kernel, stride, padding, dilation, count)
        product = gemm(columns, _last(weight).reshape(outs, -1).T, *_whole(bias))
        return xp.ascontiguousarray(_first(product.reshape(x.shape[0], *count, outs)))
    out = xp.empty((x.shape[0], outs, *count), x.dtype)
    at = _geometry(x.shape, weight.shape, count, stride, padding, dilation, groups)
    x, weight, bias = _whole(x, weight, bias)
    tiles = _in_tiles(x, ins, outs, count, kernel, stride, dilation, groups)
    if tiles and not c.convolve_tiles(x, weight, out, bias, at, 0):
        return out
    return NotImplemented if c.convolve(x, weight, out, bias, at) else out


@forward("convolve_transposed", least=_LEAST)
def convolve_transposed(
    xp: Any, x: Any, weight: Any, bias: Any = None, *,
    size: Any, stride: Any, padding: Any, dilation: Any, groups: Any,
) -> Any:  # fmt: skip
    if not _fits(x, weight, bias) or 0 in size:
        return NotImplemented
    (ins, outs), kernel = weight.shape[:2], weight.shape[2:]
    out = xp.empty(size, x.dtype)
    at = _geometry(size, weight.shape, x.shape[2:], stride, padding, dilation, groups)
    x, weight, bias = _whole(x, weight, bias)
    tiles = _in_tiles(x, ins, outs, size[2:], kernel, stride, dilation, groups)
    if tiles and not c.convolve_tiles(x, weight, out, bias, at, 1):
        return out
    return NotImplemented if c.convolve_transposed(x, weight, out, bias, at) else out


@forward("convolve_weight_grad", least=_LEAST)
def convolve_weight_grad(
    xp: Any, x: Any, y: Any, *,
    size: Any, stride: Any, padding: Any, dilation: Any, groups: Any,
) -> Any:  # fmt: skip
    if not _fits(x, y, None) or 0 in size:
        return NotImplemented
    (outs, ins), kernel = size[:2], size[2:]
    if _few_windows(ins, outs, x.shape[2:], groups):
        columns = _columns_last(xp, y, kernel, stride, padding, dilation, x.shape[2:])
        product = gemm(_last(x).reshape(-1, outs).T, columns)
        return xp.ascontiguousarray(_first(product.reshape(outs, *kernel, ins)))
    out = xp.empty(size, x.dtype)
    at = _geometry(y.shape, size, x.shape[2:], stride, padding, dilation, groups)
    x, y = _whole(x, y)
    tiles = _in_tiles(x, ins, outs, x.shape[2:], kernel, stride, dilation, groups)
    if tiles and not c.convolve_tiles_weight(x, y, out, at):
        return out
    return NotImplemented if c.convolve_weight(x, y, out, at) else out


def _per_channel(g: Any) -> Any:
    if g.ndim < 3 or not g.size:
        return NotImplemented
    out = xp.empty(g.shape[1], g.dtype)
    c.sum_per_channel(*_whole(g), out, g.shape[0], g.shape[1], prod(g.shape[2:]))
    return out


@rule("convolve", 2, least=_LEAST)
def convolve_bias(g: Any) -> Any:
    return _per_channel(g)


@rule("convolve_transposed", 2, least=_LEAST)
def convolve_transposed_bias(g: Any) -> Any:
    return _per_channel(g)
