"""Pooling into a given number of windows: adaptive, which cover evenly, and fractional, at random.

Along each axis the windows differ in size or distance, so none of them is a strided view; but the
axes are independent of each other.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops.pooling import at_indices, flat
from minitorch.ops.window import batched, each, letters, offsets, wide
from minitorch.primitive import window

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
]

# ------------------------------------------------------------------ rows


def _window(i, n, m):
    """The i-th of `m` windows that cover `n` elements evenly: they overlap where they must."""
    return slice(i * n // m, -(-(i + 1) * n // m))


def _along(axis, part):
    return (slice(None),) * axis + (part,)


@window(
    lambda g, x_shape: adaptive_mean_grad(g, size=x_shape), torch_name="AdaptiveAvgPool2DBackward0"
)
def adaptive_mean(xp, x, *, count):
    """The means of `count` windows of nearly equal size, axis after axis."""
    made = wide(xp, x)
    for axis, m in enumerate(count, 2):
        n = made.shape[axis]
        shape = (*made.shape[:axis], m, *made.shape[axis + 1 :])
        means = xp.empty(shape, made.dtype)
        for i in range(m):
            part = made[_along(axis, _window(i, n, m))]
            sums = xp.add.reduce(part, axis=axis)
            means[_along(axis, i)] = sums / made.dtype.type(part.shape[axis])
        made = means
    return made.astype(x.dtype, copy=False)


@window(lambda g, x_shape: adaptive_mean(g, count=x_shape[2:]))
def adaptive_mean_grad(xp, x, *, size):
    """Each window's gradient shared among its elements: the adjoint of adaptive_mean."""
    made = x
    for axis in reversed(range(2, len(size))):
        n, m = size[axis], x.shape[axis]
        wider = xp.zeros((*made.shape[:axis], n, *made.shape[axis + 1 :]), x.dtype)
        for i in range(m):
            at = _window(i, n, m)
            share = made[_along(axis, slice(i, i + 1))] / x.dtype.type(at.stop - at.start)
            wider[_along(axis, at)] += share
        made = wider
    return made


def _largest(xp, x, axis):
    """(value, position) of the first largest along `axis`, of the last NaN where there is one."""
    value = xp.maximum.reduce(x, axis=axis)
    nth = xp.argmax(x, axis=axis)
    if x.shape[axis] > 1 and (value != value).any():
        last = x.shape[axis] - 1 - xp.argmax(xp.flip(x != x, axis), axis=axis)
        nth = xp.where(value != value, last, nth)
    return value, nth


@window(at_indices, outs=("out", "indices"), torch_name="AdaptiveMaxPool2DBackward0")
def adaptive_max(xp, x, *, count):
    """The largest of `count` windows of nearly equal size, and their flat positions."""
    size = x.shape[2:]
    made, places = x, xp.arange(prod(size)).reshape(size)
    places = xp.broadcast_to(places, x.shape)
    for axis in reversed(range(2, x.ndim)):
        m, n = count[axis - 2], x.shape[axis]
        shape = (*made.shape[:axis], m, *made.shape[axis + 1 :])
        largest, where = xp.empty(shape, x.dtype), xp.empty(shape, xp.int64)
        for i in range(m):
            at = _along(axis, _window(i, n, m))
            value, nth = _largest(xp, made[at], axis)
            nth = xp.expand_dims(nth, axis)
            largest[_along(axis, i)] = value
            where[_along(axis, slice(i, i + 1))] = xp.take_along_axis(places[at], nth, axis)
        made, places = largest, where
    return made, places


@window(
    (at_indices, None),
    outs=("out", "indices"),
    torch_name="FractionalMaxPool2DBackward0",
)
def fractional_max(xp, x, samples, *, kernel, count):
    """The largest of windows at steps of uneven length, and their flat positions.

    `samples` (N, C, axes) in [0, 1) say where the steps fall: the i-th window of an axis of n
    elements starts at floor((i + u) a) - floor(u a), a = (n - kernel) / (count - 1), the last at
    n - kernel. Source: Graham, Fractional Max-Pooling (2014), section 2.
    """
    size, axes = x.shape[2:], x.ndim - 2
    start, area = 0, 1
    for axis in reversed(range(axes)):
        n, k, m = size[axis], kernel[axis], count[axis]
        # torch's order: the samples of images are for the width first, of volumes for the depth.
        u = samples[:, :, axis if axes == 3 else axes - 1 - axis, None]
        first = xp.empty((*samples.shape[:2], m), xp.int64)
        step = x.dtype.type(n - k) / x.dtype.type(max(m - 1, 1))
        first[:, :, : m - 1] = (xp.arange(m - 1).astype(x.dtype) + u) * step  # cast: towards 0
        first[:, :, : m - 1] -= (u * step).astype(xp.int64)
        first[:, :, m - 1 :] = n - k
        shape = (*samples.shape[:2], *(m if i == axis else 1 for i in range(axes)))
        start = start + first.reshape(shape) * area
        area *= n
    steps = [prod(size[i + 1 :]) for i in range(axes)]
    image, best, places = flat(x), None, start
    for where in offsets(kernel, (1,) * axes, (1,) * axes, (1,) * axes):
        here = start + sum(s.start * step for s, step in zip(where, steps))
        value = xp.take_along_axis(image, flat(here), 2).reshape(here.shape)
        if best is None:
            best = value
            continue
        better = (value > best) | (value != value)
        best, places = xp.where(better, value, best), xp.where(better, here, places)
    return best, places


# ------------------------------------------------------------------ torch's functions


def pool(name, axes, row, input, output_size) -> Any:
    """`row`, a pooling into a given number of windows, on the last `axes` axes of `input`."""
    count = each(output_size, axes, "output_size")
    if input.ndim not in (axes + 1, axes + 2) or 0 in input.shape[1:]:
        raise RuntimeError(
            f"{name}: expected an input of shape {letters(axes)}, only the first size may be 0, "
            f"got {list(input.shape)}"
        )
    if min(count) < 0:
        raise RuntimeError(f"{name}: expected an output_size of at least 0, got {count}")
    errors.check_floating(input._array, name)
    return batched(lambda x: row(x, count=count), input, axes)


@composition
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows that cover the input. Shape: (N, C, L) -> (N, C, l)"""
    return pool("adaptive_avg_pool1d", 1, adaptive_mean, input, output_size)


@composition
def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The largest of `output_size` windows that cover the input, and their positions.

    Shape: (N, C, L) or (C, L) -> (N, C, l)
    """
    return pool("adaptive_max_pool1d", 1, adaptive_max, input, output_size)
