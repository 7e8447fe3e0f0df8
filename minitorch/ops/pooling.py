"""Pooling: one number for each window, over one, two or three axes.

A pooling that chooses knows where: `nth`, which element of its window, or `indices`, the flat
position in its image (what torch returns). Its gradient goes there, and the gradient of that is
picked up from there.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops.elementwise import gate
from minitorch.ops.window import (
    batched,
    by,
    each,
    empty_padded,
    inside,
    letters,
    offsets,
    out_size,
    overhang,
    padded,
    wide,
)
from minitorch.primitive import window

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "avg_pool1d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
]

# ------------------------------------------------------------------ the largest of each window


def _lowest(xp, x):
    return -xp.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).min


def _combined(axes, product):
    """One array over all axes from one vector for each, by `product` of two arrays."""
    total = axes[0]
    for line in axes[1:]:
        total = product(total[..., None], line)
    return total


def _first_inside(xp, kernel, stride, padding, dilation, out):
    """Which element of each window is the first that lies inside the image."""
    skipped = []
    for i, (s, p, d, m) in enumerate(zip(stride, padding, dilation, out)):
        before = xp.maximum(p - xp.arange(m) * s, 0)
        skipped.append((before + d - 1) // d * prod(kernel[i + 1 :]))
    return _combined(skipped, xp.add)


@window(
    lambda g, x_shape, _nth, kernel, stride, padding, dilation: max_pooling_grad(
        g, _nth, size=x_shape, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
    outs=("out", "_nth"),
    torch_name="MaxPool2DWithIndicesBackward0",
)
def max_pooling(xp, x, *, kernel, stride, padding, dilation, ceil_mode):
    """The largest of each window; NaN where there is one. `_nth`: which element of it that was."""
    size = x.shape[2:]
    at = (kernel, stride, padding, dilation)
    out = tuple(out_size(*axis, ceil_mode) for axis in zip(size, *at))
    room = padded(xp, x, padding, _lowest(xp, x), overhang(size, out, *at))
    small = xp.uint8 if prod(kernel) < 256 else xp.int64
    best = None
    for i, where in enumerate(offsets(kernel, stride, dilation, out)):
        here = room[(..., *where)]
        if best is None:
            best, nth = here.copy(), xp.zeros(here.shape, small)
            if any(padding):  # what lies in the padding is never chosen
                nth += _first_inside(xp, *at, out).astype(small)
            continue
        better = here > best
        if x.dtype.kind == "f":
            better |= here != here
        xp.maximum(best, here, out=best)
        nth += better * (small(i) - nth)
    return best, nth


@window(
    (
        lambda g, nth, kernel, stride, padding, dilation: max_pooling_pick(
            g, nth, kernel=kernel, stride=stride, padding=padding, dilation=dilation
        ),
        None,
    )
)
def max_pooling_grad(xp, x, nth, *, size, kernel, stride, padding, dilation):
    """`x` (the gradient) added at the element each window chose."""
    out, size = x.shape[2:], size[2:]
    extra = overhang(size, out, kernel, stride, padding, dilation)
    room = empty_padded(xp, x, size, padding, 0, extra)
    for i, where in enumerate(offsets(kernel, stride, dilation, out)):
        room[(..., *where)] += gate(x, nth == i)
    return room[(..., *inside(size, padding))]


@window(
    (
        lambda g, x_shape, nth, kernel, stride, padding, dilation: max_pooling_grad(
            g, nth, size=x_shape, kernel=kernel, stride=stride, padding=padding, dilation=dilation
        ),
        None,
    )
)
def max_pooling_pick(xp, x, nth, *, kernel, stride, padding, dilation):
    """The element of `x` that each window chose: the adjoint of max_pooling_grad."""
    out = nth.shape[2:]
    extra = overhang(x.shape[2:], out, kernel, stride, padding, dilation)
    room = padded(xp, x, padding, 0, extra)
    made = xp.zeros(nth.shape, x.dtype)
    for i, where in enumerate(offsets(kernel, stride, dilation, out)):
        xp.copyto(made, room[(..., *where)], where=nth == i)
    return made


# ------------------------------------------------------------------ elements by their position


def flat(x):
    """(N, C, *size) as (N, C, elements)."""
    return x.reshape(*x.shape[:2], prod(x.shape[2:]))


@window((lambda g, x_shape, indices: put_in_image(g, indices, size=x_shape), None))
def pick_in_image(xp, x, indices):
    """The elements of each image of `x` at `indices`, flat positions in it."""
    return xp.take_along_axis(flat(x), flat(indices), 2).reshape(indices.shape)


@window((lambda g, indices: pick_in_image(g, indices), None))
def put_in_image(xp, x, indices, *, size):
    """Zeros of shape `size` with `x` added at `indices`, flat positions in each image."""
    images, area = prod(size[:2]), prod(size[2:])
    out = xp.zeros(images * area, x.dtype)
    start = xp.arange(images).reshape(*size[:2], 1) * area
    xp.add.at(out, (flat(indices) + start).reshape(-1), x.reshape(-1))
    return out.reshape(size)


@window((lambda g, indices: pick_in_image(g, indices), None), torch_name="MaxUnpool2DBackward0")
def max_unpooling(xp, x, indices, *, size):
    """Zeros of shape `size` with `x` at `indices`, flat positions in each image.

    Raises: RuntimeError for a position that is not there.
    """
    area = prod(size[2:])
    if indices.size and not (indices.min() >= 0 and indices.max() < area):
        raise RuntimeError(
            f"max_unpool: expected indices from 0 to {area - 1} for an output of "
            f"({by(size[2:])}), got {indices.min()} to {indices.max()}"
        )
    out = xp.zeros((*size[:2], area), x.dtype)
    xp.put_along_axis(out, flat(indices), flat(x), 2)
    return out.reshape(size)


def at_indices(g, indices, x_shape):
    """The rule of a pooling that returns its choices and their `indices`."""
    return put_in_image(g[0], indices, size=x_shape)


@window(at_indices, outs=("out", "indices"), torch_name="MaxPool2DWithIndicesBackward0")
def max_pooling_indices(xp, x, *, kernel, stride, padding, dilation, ceil_mode):
    """As max_pooling, and the flat position in its image of what each window chose."""
    how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    best, nth = max_pooling.row.forward(xp, x, ceil_mode=ceil_mode, **how)
    nth = nth.astype(xp.int64)
    places, inner, area = 0, 1, 1
    for axis in reversed(range(len(kernel))):
        step = nth // inner % kernel[axis] * dilation[axis]
        start = xp.arange(nth.shape[2 + axis]) * stride[axis] - padding[axis]
        start = start.reshape(-1, *(1,) * (len(kernel) - 1 - axis))
        places = places + (start + step) * area
        inner *= kernel[axis]
        area *= x.shape[2 + axis]
    return best, places


# ------------------------------------------------------------------ the mean of each window


def _divisors(xp, size, out, kernel, stride, padding, count_include_pad, divisor_override):
    """What the sum of each window is divided by: a number, or an array over the windows."""
    if divisor_override:
        return divisor_override
    counts = []
    for n, m, k, s, p in zip(size, out, kernel, stride, padding):
        start = xp.arange(m) * s - p
        end = xp.minimum(start + k, n + p)
        if not count_include_pad:
            start, end = xp.maximum(start, 0), xp.minimum(end, n)
        counts.append(end - start)
    return _combined(counts, xp.multiply)


def _divide(xp, x, y):
    """x / y; integers towards 0."""
    y = xp.asarray(y, x.dtype)
    return x / y if x.dtype.kind == "f" else xp.floor_divide(x - xp.fmod(x, y), y)


@window(
    lambda g, x_shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pooling_grad(
            g,
            size=x_shape,
            kernel=kernel,
            stride=stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )
    ),
    torch_name="AvgPool2DBackward0",
)
def avg_pooling(xp, x, *, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """The mean of each window."""
    size, ones = x.shape[2:], (1,) * len(kernel)
    out = tuple(out_size(*axis, ceil_mode) for axis in zip(size, kernel, stride, padding, ones))
    room = padded(xp, wide(xp, x), padding, 0, overhang(size, out, kernel, stride, padding, ones))
    total = xp.zeros((*x.shape[:2], *out), room.dtype)
    for where in offsets(kernel, stride, ones, out):
        total += room[(..., *where)]
    count = _divisors(xp, size, out, kernel, stride, padding, count_include_pad, divisor_override)
    return _divide(xp, total, count).astype(x.dtype, copy=False)


@window(
    lambda g, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pooling(
        g,
        kernel=kernel,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
)
def avg_pooling_grad(
    xp, x, *, size, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
):
    """Each window's gradient shared among its elements: the adjoint of avg_pooling."""
    out, size, ones = x.shape[2:], size[2:], (1,) * len(kernel)
    count = _divisors(xp, size, out, kernel, stride, padding, count_include_pad, divisor_override)
    share = x / xp.asarray(count, x.dtype)
    extra = overhang(size, out, kernel, stride, padding, ones)
    room = empty_padded(xp, x, size, padding, 0, extra)
    for where in offsets(kernel, stride, ones, out):
        room[(..., *where)] += share
    return room[(..., *inside(size, padding))]


# ------------------------------------------------------------------ torch's functions


def _geometry(name, axes, input, kernel_size, stride, padding, dilation, ceil_mode):
    """Kernel, stride, padding and dilation by axis. Raises: RuntimeError where they do not fit."""
    kernel = each(kernel_size, axes, "kernel_size")
    stride = kernel if stride in (None, (), []) else each(stride, axes, "stride")
    padding, dilation = each(padding, axes, "padding"), each(dilation, axes, "dilation")
    for what, given in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if min(given) < 1:
            raise RuntimeError(f"{name}: expected a {what} above 0, got {given}")
    for k, p, d in zip(kernel, padding, dilation):
        if p < 0 or p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                f"{name}: expected a padding from 0 to half the kernel, got {p} for a kernel of "
                f"{k} with dilation {d}"
            )
    if input.ndim not in (axes + 1, axes + 2) or 0 in input.shape[-axes - 1 :]:
        raise RuntimeError(
            f"{name}: expected an input of shape {letters(axes)}, only N may be 0, got "
            f"{list(input.shape)}"
        )
    size = input.shape[-axes:]
    out = [out_size(*axis, ceil_mode) for axis in zip(size, kernel, stride, padding, dilation)]
    if min(out) < 1:
        raise RuntimeError(
            f"{name}: expected a kernel no larger than the padded input, got ({by(kernel)}) on "
            f"({by(size)}) with padding {padding}"
        )
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def max_pool(axes, input, kernel_size, stride, padding, dilation, ceil_mode, indices=False) -> Any:
    """The largest of each window over the last `axes` axes; with `indices`, also where it is."""
    name = f"max_pool{axes}d"
    how = _geometry(name, axes, input, kernel_size, stride, padding, dilation, ceil_mode)
    errors.refuse_bool(input._array, name)
    if axes == 1 and not indices:
        errors.check_floating(input._array, name)
    row = max_pooling_indices if indices else max_pooling
    return batched(lambda x: row(x, ceil_mode=bool(ceil_mode), **how), input, axes)


def avg_pool(
    axes, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None
) -> Tensor:
    """The mean of each window over the last `axes` axes."""
    name = f"avg_pool{axes}d"
    how = _geometry(name, axes, input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError(f"{name}: expected a divisor_override that is not 0, got 0")
    if input._array.dtype != "int64":
        errors.check_floating(input._array, name)
    if axes == 3 and any(k > n for k, n in zip(how["kernel"], input.shape[-3:])):
        raise RuntimeError(
            f"{name}: expected a kernel no larger than the input without its padding, got "
            f"({by(how['kernel'])}) on ({by(input.shape[-3:])})"
        )
    del how["dilation"]
    how |= {"ceil_mode": bool(ceil_mode), "count_include_pad": bool(count_include_pad)}
    return batched(lambda x: avg_pooling(x, divisor_override=divisor_override, **how), input, axes)


@composition
def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The largest of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode)


@composition
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """The largest of each window and its position. Shape: (N, C, L) or (C, L) -> (N, C, l)"""
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, True)


@composition
def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The largest of each window. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""
    return max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode)


@composition
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The largest of each window. Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)"""
    return max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode)


@composition
def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""
    return avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)
