"""Sampling at any places: grid_sample and the grids of affine maps.

A sample is the sum over the elements around it of element times weight, and the weight is a product
of one factor for each axis. So the derivative by a coordinate is a sample too, with the derivative
of one factor in its place: `orders` says how often each factor is differentiated. With that the
three rows here are each other's rules, and derivatives of any order exist.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops._dims import whole
from minitorch.ops.contract import matmul
from minitorch.ops.resample import cubic_weights
from minitorch.ops.shape import reshape, transpose, unbind
from minitorch.primitive import window

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "affine_grid_generator",
    "grid_sampler",
    "grid_sampler_2d",
    "grid_sampler_3d",
]

# ------------------------------------------------------------------ where the samples are


def _reflected(xp, at, low, span):
    """(`at` reflected at `low` and `low + span` until it lies between them, its slope 1 or -1)."""
    if span <= 0:
        return xp.zeros_like(at), xp.zeros_like(at)
    apart = at - low
    slope = xp.where(apart < 0, -1, 1).astype(at.dtype)
    apart = xp.absolute(apart)
    apart -= xp.trunc(apart / (2 * span)) * (2 * span)
    back = apart > span
    return xp.where(back, 2 * span - apart, apart) + low, xp.where(back, -slope, slope)


def _bounded(xp, at, n, padding, align_corners):
    """(positions brought inside an axis of `n` elements as `padding` says, their slopes)."""
    slope = None
    if padding == "reflection":
        low, span = (0, n - 1) if align_corners else (-0.5, n)
        at, slope = _reflected(xp, at, at.dtype.type(low), at.dtype.type(span))
    if padding != "zeros":
        inside = (at > 0) & (at < n - 1)
        slope = inside.astype(at.dtype) if slope is None else slope * inside
        at = xp.clip(at, 0, n - 1)
    return at, slope


def _factors(xp, coordinate, n, mode, padding, align_corners, orders):
    """The taps along one axis: [(place, weights)], a weight for each order."""
    real = coordinate.dtype.type
    half = real((n - 1) / 2 if align_corners else n / 2)
    at = coordinate + 1
    at = at * half if align_corners else (at.astype("float64") * half - 0.5).astype(real)
    slope = None
    if mode != "bicubic":
        at, slope = _bounded(xp, at, n, padding, align_corners)
    if mode == "nearest":
        taps = [(xp.rint(at), [None if order == 0 else 0 for order in orders])]
    else:
        low = xp.floor(at)
        part = at - low
        if mode == "bicubic":
            weights = [
                [w * half**order for w in cubic_weights(xp, part, order)] for order in orders
            ]
            taps = [(low + k, [w[k + 1] for w in weights]) for k in range(-1, 3)]
        else:
            steps = half if slope is None else slope * half
            up = [part if order == 0 else steps if order == 1 else 0 for order in orders]
            down = [1 - part if order == 0 else -w if order == 1 else 0
                    for order, w in zip(orders, up)]  # fmt: skip
            taps = [(low, down), (low + 1, up)]
    if mode == "bicubic":
        taps = [(_bounded(xp, place, n, padding, align_corners)[0], w) for place, w in taps]
    return taps


def _blocks(grid, size, least=16384):
    """The samples in parts small enough to stay in the cache: (slice, places, first place).

    A fresh array of millions of numbers costs more than what is computed in it.
    """
    places, table = grid.reshape(-1, len(size)), prod(n + 2 for n in size)
    each = prod(grid.shape[1:-1])
    for start in range(0, len(places), least):
        part = slice(start, min(start + least, len(places)))
        yield part, places[part], (start, each, table)


def _taps(xp, places, first, size, how, orders):
    """For each element around the samples: (its place in the table, weights), one for each order.

    In the table there are zeros around each image: that is where samples outside fall.
    """
    start, each, step = first
    offset = xp.arange(start, start + len(places)) // each * step
    axes = []
    for axis, n in enumerate(size):
        step //= n + 2
        wanted = [order[axis] for order in orders]
        taps = []
        for at, weights in _factors(xp, places[:, -1 - axis], n, *how, wanted):
            # fmin and fmax make a number of NaN.
            at = (xp.fmax(xp.fmin(at, n), -1).astype(xp.intp) + 1) * step
            taps.append((at if axis else at + offset, weights))
        axes.append(taps)
    for taps in product(*axes):
        place = taps[0][0]
        for at, _ in taps[1:]:
            place = place + at
        yield place, [_times([w[i] for _, w in taps]) for i in range(len(orders))]


def _times(factors):
    """The product of the factors, None standing for 1; 0 where one is 0."""
    total = None
    for w in factors:
        if isinstance(w, int):
            return 0
        total = w if total is None else total if w is None else total * w
    return total


def _inside(size):
    """Where the images are in a table of them."""
    return (..., *(slice(1, n + 1) for n in size))


def _table(xp, x):
    """The images `x` (N, C, *), channels first, with zeros around each: (C, places)."""
    n, c, *size = x.shape
    out = xp.zeros((c, n, *(k + 2 for k in size)), x.dtype)
    out[_inside(size)] = x.swapaxes(0, 1)
    return out.reshape(c, n * prod(k + 2 for k in size))


def _samples(x):
    """The samples `x` (N, C, *), channels first: (C, samples)."""
    n, c, *size = x.shape
    return x.swapaxes(0, 1).reshape(c, n * prod(size))


# ------------------------------------------------------------------ the rows


def _how(mode, padding, align_corners):
    return {"mode": mode, "padding": padding, "align_corners": align_corners}


def _next(order):
    """The orders with one more differentiation along each axis in turn."""
    return [tuple(m + (i == axis) for i, m in enumerate(order)) for axis in range(len(order))]


def _slopes_joint(g, x, y, grid, mode, padding, align_corners, order, needs):
    how = _how(mode, padding, align_corners)
    size = tuple(y.shape[2:])
    gx = gy = ggrid = None
    for axis, one_more in enumerate(_next(order)):
        here = unbind(g, dim=-1)[len(order) - 1 - axis]
        here = reshape(here, (here.shape[0], 1, *here.shape[1:]))
        if needs[0]:
            part = grid_values(y, grid, order=one_more, **how) * here
            gx = part if gx is None else gx + part
        if needs[1]:
            part = grid_spread(x * here, grid, size=size, order=one_more, **how)
            gy = part if gy is None else gy + part
        if needs[2]:
            part = grid_slopes(x * here, y, grid, order=one_more, **how)
            ggrid = part if ggrid is None else ggrid + part
    return gx, gy, ggrid


@window(
    (
        lambda g, x_shape, grid, mode, padding, align_corners, order: grid_spread(
            g, grid, size=tuple(x_shape)[2:], order=order, **_how(mode, padding, align_corners)
        ),
        lambda g, x, grid, mode, padding, align_corners, order: grid_slopes(
            g, x, grid, order=order, **_how(mode, padding, align_corners)
        ),
    ),
    torch_name="GridSampler2DBackward0",
)
def grid_values(xp, x, grid, *, mode, padding, align_corners, order):
    """The images `x` at the places of `grid`, whose last axis is (x, y) or (x, y, z) in [-1, 1].

    Shape: (N, C, H, W), (N, h, w, 2) -> (N, C, h, w); with one more axis (D, d, 3)
    """
    _check(x, grid, mode)
    (n, c, *size), how = x.shape, (mode, padding, align_corners)
    table, samples = _table(xp, x), grid.shape[1:-1]
    out = xp.zeros((c, n * prod(samples)), x.dtype)
    for part, places, first in _blocks(grid, size):
        for place, (weight,) in _taps(xp, places, first, size, how, (order,)):
            if not isinstance(weight, int):
                values = table.take(place, axis=1, mode="clip")
                out[:, part] += values if weight is None else xp.multiply(values, weight, values)
    return xp.ascontiguousarray(out.reshape(c, n, *samples).swapaxes(0, 1))


@window(
    (
        lambda g, grid, mode, padding, align_corners, order: grid_values(
            g, grid, order=order, **_how(mode, padding, align_corners)
        ),
        lambda g, x, grid, mode, padding, align_corners, order: grid_slopes(
            x, g, grid, order=order, **_how(mode, padding, align_corners)
        ),
    )
)
def grid_spread(xp, x, grid, *, size, mode, padding, align_corners, order):
    """Each sample's share of `x` added where it was taken: the adjoint of grid_values in images."""
    (n, c), how = x.shape[:2], (mode, padding, align_corners)
    around = [k + 2 for k in size]
    g, count = _samples(x), n * prod(around)
    total = xp.zeros((c, count))
    for part, places, first in _blocks(grid, size, max(16384, count)):
        for place, (weight,) in _taps(xp, places, first, size, how, (order,)):
            if not isinstance(weight, int):
                for k in range(c):
                    share = g[k, part] if weight is None else g[k, part] * weight
                    total[k] += xp.bincount(place, share, count)
    spread = total.reshape(c, n, *around)[_inside(size)].swapaxes(0, 1)
    return spread.astype(x.dtype, order="C")


@window(joint=_slopes_joint)
def grid_slopes(xp, x, y, grid, *, mode, padding, align_corners, order):
    """The gradient that reaches the grid: of `x`, the gradient of samples of the images `y`.

    Shape: (N, C, h, w), (N, C, H, W), (N, h, w, 2) -> (N, h, w, 2)
    """
    size, orders, how = y.shape[2:], _next(order), (mode, padding, align_corners)
    table, g = _table(xp, y), _samples(x)
    out = xp.zeros((g.shape[1], len(size)), x.dtype)
    for part, places, first in _blocks(grid, size) if mode != "nearest" else ():
        for place, weights in _taps(xp, places, first, size, how, orders):
            values = table.take(place, axis=1, mode="clip")
            values = xp.add.reduce(xp.multiply(values, g[:, part], values), axis=0)
            for axis, weight in enumerate(weights):
                if not isinstance(weight, int):
                    out[part, -1 - axis] += values * weight
    return out.reshape(grid.shape)


def _check(x, grid, mode):
    """Raise RuntimeError for sizes and dtypes that do not go together."""
    given = f"got input of shape {list(x.shape)} and grid of shape {list(grid.shape)}"
    if x.dtype.kind in "iub":
        raise NotImplementedError(f"grid_sampler: not implemented for {errors.name_of(x.dtype)}")
    if x.dtype != grid.dtype:
        raise RuntimeError(
            f"grid_sampler: expected one dtype, got input of {errors.name_of(x.dtype)} and grid of "
            f"{errors.name_of(grid.dtype)}"
        )
    if x.ndim not in (4, 5) or x.ndim != grid.ndim:
        raise RuntimeError(f"grid_sampler: expected 4 or 5 dimensions of both, {given}")
    if x.shape[0] != grid.shape[0] or grid.shape[-1] != x.ndim - 2:
        raise RuntimeError(
            f"grid_sampler: expected one batch size and {x.ndim - 2} coordinates, {given}"
        )
    if 0 in x.shape[2:]:
        raise RuntimeError(f"grid_sampler: expected images with elements, {given}")
    if mode == "bicubic" and x.ndim == 5:
        raise RuntimeError(f"grid_sampler: expected 4 dimensions for bicubic samples, {given}")


# ------------------------------------------------------------------ torch's functions

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


@composition
def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners) -> Tensor:
    """The images at the places of `grid`; mode and padding by number, as in MODES and PADDINGS."""
    mode, padding = whole((interpolation_mode, padding_mode), "interpolation_mode")
    if not (0 <= mode < len(MODES) and 0 <= padding < len(PADDINGS)):
        raise RuntimeError(
            f"grid_sampler: expected a mode of {MODES} and a padding of {PADDINGS} by number, got "
            f"{mode} and {padding}"
        )
    return grid_values(
        input,
        grid,
        mode=MODES[mode],
        padding=PADDINGS[padding],
        align_corners=bool(align_corners),
        order=(0,) * (input.ndim - 2),
    )


def _of_rank(rank, input):
    if input.ndim != rank:
        raise RuntimeError(
            f"grid_sampler_{rank - 2}d: expected {rank} dimensions, got shape {list(input.shape)}"
        )


@composition
def grid_sampler_2d(input, grid, interpolation_mode, padding_mode, align_corners) -> Tensor:
    """As grid_sampler, for images (N, C, H, W)."""
    _of_rank(4, input)
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


@composition
def grid_sampler_3d(input, grid, interpolation_mode, padding_mode, align_corners) -> Tensor:
    """As grid_sampler, for volumes (N, C, D, H, W)."""
    _of_rank(5, input)
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


@window(None)
def affine_base(xp, theta, *, size, align_corners):
    """The places that an affine map leaves as they are, and a 1: (x, y, 1) or (x, y, z, 1)."""
    real, axes = theta.dtype.type, []
    for n in size:
        i, step = xp.arange(n), real(2) / real(max(n - 1, 1))
        # From both ends to the middle, so that the two halves mirror each other exactly.
        at = xp.where(i < n // 2, step * i - 1, 1 - step * (n - 1 - i)) if n > 1 else i * real(0)
        at = at.astype(theta.dtype)
        axes.append(at if align_corners else at * real(n - 1) / real(n))
    places = xp.meshgrid(*axes, indexing="ij")[::-1]
    ones = xp.ones_like(places[0])
    return xp.stack([*places, ones], axis=-1).reshape(-1, len(size) + 1)


@composition
def affine_grid_generator(theta, size, align_corners) -> Tensor:
    """The grid that takes each place p of an image of `size` (N, C, H, W) from theta (p, 1).

    Shape: (N, 2, 3) -> (N, H, W, 2); with `size` (N, C, D, H, W): (N, 3, 4) -> (N, D, H, W, 3)
    Differs: torch computes integers too, with steps that are cut off.
    """
    size = whole(size, "size")
    errors.check_floating(theta._array, "affine_grid_generator")
    if theta.ndim != 3 or theta.shape[0] != size[0]:
        raise RuntimeError(
            f"affine_grid_generator: expected {size[0]} matrices, got shape {list(theta.shape)}"
        )
    base = affine_base(theta, size=size[2:], align_corners=bool(align_corners))
    moved = matmul(base, transpose(theta, dim0=1, dim1=2))
    return reshape(moved, (size[0], *size[2:], len(size) - 2))
