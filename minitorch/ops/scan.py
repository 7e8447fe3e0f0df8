"""Running products and extremes, differences and areas along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import errors, return_types
from minitorch.calls import composition
from minitorch.errors import wrap_dim
from minitorch.ops import compare as cmp
from minitorch.ops._dims import axes, whole
from minitorch.ops.elementwise import exp, log, where, zero
from minitorch.ops.index import put_along
from minitorch.ops.shape import basic_index, cat, clone, constant_pad, flip, reshape, select
from minitorch.primitive import reduce

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumulative_trapezoid",
    "diff",
    "gradient",
    "logcumsumexp",
    "trapezoid",
    "trapz",
]

ALL = slice(None)


def part(x, dim, start, stop=None):
    """The slices from `start` to `stop` along `dim`, a view."""
    return basic_index(x, at=(ALL,) * dim + (slice(start, stop),))


def later(x, dim, first=0):
    """`x` one place further along `dim`, with `first` in front."""
    before = tuple(int(i == dim) for i in range(x.ndim))
    return constant_pad(part(x, dim, 0, -1), before=before, after=(0,) * x.ndim, value=first)


# ------------------------------------------------------------------ running


def accumulated(xp, ufunc, x, at, dtype):
    """`ufunc` applied from the first element on; float32 in float64, then rounded, as in torch."""
    wide = xp.float64 if dtype.kind == "f" else dtype
    return ufunc.accumulate(x, axis=at, dtype=wide).astype(dtype, copy=False)


def running_dtype(xp, x, dtype):
    """The NumPy dtype of a running sum or product: int64 for integers unless `dtype` is given."""
    if dtype is not None:
        return dtype.np
    return xp.dtype("int64") if x.dtype.kind in "iub" else x.dtype


def _coefficient_rule(g, a, out, dim, reverse):
    back = recurrence(g, a, dim=dim, reverse=not reverse)
    return later(back, dim) * out if reverse else back * later(out, dim)


@reduce(
    (
        lambda g, a, dim, reverse: recurrence(g, a, dim=dim, reverse=not reverse),
        _coefficient_rule,
    ),
    promote=True,
)
def recurrence(xp, x, a, *, dim, reverse=False):
    """out_i = x_i + a_i out_(i-1) along `dim`; reverse: out_i = x_i + a_(i+1) out_(i+1).

    Each is the adjoint of the other, so running products have derivatives of any order without a
    division, and a 0 or an overflow in one place spoils no other.
    """
    lines, factors = (xp.moveaxis(t, dim, 0).copy() for t in (x, a))
    if reverse:
        lines, factors = lines[::-1], xp.roll(factors, -1, axis=0)[::-1]
    for i in range(1, len(lines)):
        lines[i] += factors[i] * lines[i - 1]
    return xp.ascontiguousarray(xp.moveaxis(lines[::-1] if reverse else lines, 0, dim))


def _cumprod_rule(g, x, out, dim):
    """What came before, times the gradients of what follows, each with its factors in between."""
    if not x.ndim:
        return g
    at = wrap_dim(dim, x.ndim)
    return later(out, at, 1) * recurrence(g, x, dim=at, reverse=True)


@reduce(_cumprod_rule)
def cumprod(xp, x, *, dim, dtype=None):
    """The product of the elements up to here along `dim`; integers in int64."""
    dtype, at = running_dtype(xp, x, dtype), wrap_dim(dim, x.ndim)
    return accumulated(xp, xp.multiply, x, at, dtype) if x.ndim else x.astype(dtype)


def _logcumsumexp_rule(g, x, out, dim):
    """The sum of g_k e ** (x - out_k) over what follows, with signs apart and in logarithms.

    To be differentiated again, as a recurrence: the logarithm of a gradient of 0 has no slope.
    """
    if not x.ndim:
        return g
    at = wrap_dim(dim, x.ndim)
    if hasattr(x, "_array"):
        before = tuple(int(i == at) for i in range(x.ndim))
        shrink = exp(part(out, at, 0, -1) - part(out, at, 1))
        shrink = constant_pad(shrink, before=before, after=(0,) * x.ndim)
        return exp(x - out) * recurrence(g, shrink, dim=at, reverse=True)
    return _share(g, x, out, at) - _share(-g, x, out, at)


def _share(g, x, out, at):
    """What the positive part of `g` contributes."""
    size = log(where(g > 0, g, 0.0)) - out
    return exp(flip(logcumsumexp(flip(size, dims=(at,)), dim=at), dims=(at,)) + x)


@reduce(_logcumsumexp_rule)
def logcumsumexp(xp, x, *, dim):
    """log of the sum of e ** x up to here along `dim`, without overflow."""
    errors.check_floating(x, "logcumsumexp")
    at = wrap_dim(dim, x.ndim)
    return accumulated(xp, xp.logaddexp, x, at, x.dtype) if x.ndim else x.copy()


def _extreme_rule(g, indices, x_shape, dim):
    return put_along(g[0], indices, size=x_shape, dim=dim)


def _running_extreme(xp, x, dim, ufunc):
    at = wrap_dim(dim, x.ndim)
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    values = ufunc.accumulate(x, axis=at)
    here = xp.arange(x.shape[at]).reshape((-1,) + (1,) * (x.ndim - 1 - at))
    reached = (x == values) | (x != x)
    return values, xp.maximum.accumulate(xp.where(reached, here, 0), axis=at)


@reduce(_extreme_rule, outs=("values", "indices"), returns=return_types.cummax)
def cummax(xp, x, *, dim):
    """The largest up to here along `dim` and where it is, the last of equal ones; NaN stays."""
    return _running_extreme(xp, x, dim, xp.maximum)


@reduce(_extreme_rule, outs=("values", "indices"), returns=return_types.cummin)
def cummin(xp, x, *, dim):
    """The smallest up to here along `dim` and where it is, the last of equal ones; NaN stays."""
    return _running_extreme(xp, x, dim, xp.minimum)


# ------------------------------------------------------------------ differences


@composition
def diff(input, n=1, dim=-1, prepend=None, append=None) -> Tensor:
    """The differences of neighbours along `dim`, `n` times; of bools whether they differ.

    Raises: RuntimeError for a 0-d input, an `n` below 0, or ends of other sizes.
    """
    if not input.ndim:
        raise RuntimeError("diff: expected at least one dimension, got a 0-d tensor")
    (n,) = whole((n,), "n")
    if n < 0:
        raise RuntimeError(f"diff: expected an order of at least 0, got {n}")
    at = wrap_dim(dim, input.ndim)
    if prepend is not None or append is not None:
        for end in (prepend, append):
            _check_end(input, end, at)
        if n:
            parts = [t for t in (prepend, input, append) if t is not None]
            input = cat(parts, dim=at)
    for _ in range(n):
        first, second = part(input, at, 1), part(input, at, 0, -1)
        input = cmp.logical_xor(first, second) if input.dtype.name == "bool" else first - second
    return clone(input) if not n else input


def _check_end(input, end, at):
    if end is None:
        return
    alike = [[m for i, m in enumerate(t.shape) if i != at] for t in (input, end)]
    if end.ndim != input.ndim or alike[0] != alike[1]:
        raise RuntimeError(
            f"diff: expected ends of the sizes of {list(input.shape)} but along dimension {at}, "
            f"got {list(end.shape)}"
        )


def _intervals(y, x, dim, name):
    """The distances of the sample points `x` along `dim`, to be multiplied by neighbours of y."""
    if x.ndim != 1:
        if x.ndim < y.ndim:
            x = reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
        return part(x, dim, 1) - part(x, dim, 0, -1)
    if x.shape[0] != y.shape[dim]:
        raise RuntimeError(
            f"{name}: expected one x for each of the {y.shape[dim]} points, got {x.shape[0]}"
        )
    return reshape(part(x, 0, 1) - part(x, 0, 0, -1), (-1,) + (1,) * (y.ndim - 1 - dim))


def _axis(y, x, dx, dim, name):
    """The axis of `dim`, once the arguments are what they should be."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}(): expected x or dx, got both")
    for t in (y, x):
        if t is not None and t.dtype.name == "bool" and t.numel():
            raise RuntimeError(f"{name}: expected numbers, got torch.bool")
    if not y.ndim:
        raise IndexError(f"{name}: expected at least one dimension, got a 0-d tensor")
    return wrap_dim(dim, y.ndim)


@composition
def trapezoid(y, x=None, *, dx=None, dim=-1) -> Tensor:
    """The area below `y` along `dim`, by trapezoids `dx` (1) wide or between the points `x`."""
    at = _axis(y, x, dx, dim, "trapezoid")
    if not y.shape[at]:
        return zero(y.detach()).sum(dim=at)
    if x is None:
        ends = select(y, dim=at, index=0) + select(y, dim=at, index=-1)
        return (y.sum(dim=at) - ends * 0.5) * (1.0 if dx is None else dx)
    width = _intervals(y, x, at, "trapezoid")
    return ((part(y, at, 0, -1) + part(y, at, 1)) * width).sum(dim=at) / 2.0


@composition
def trapz(y, x=None, *, dx=None, dim=-1) -> Tensor:
    """As trapezoid."""
    return trapezoid(y, x, dx=dx, dim=dim)


@composition
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1) -> Tensor:
    """The area below `y` up to each point along `dim`; see trapezoid."""
    at = _axis(y, x, dx, dim, "cumulative_trapezoid")
    width = (1 if dx is None else dx) if x is None else _intervals(y, x, at, "trapezoid")
    return ((part(y, at, 0, -1) + part(y, at, 1)) * width).cumsum(dim=at) / 2.0


def _slope(f, at, h, edge_order):
    """The derivative of `f` along an axis of `f`, with points `h` apart."""
    n = f.shape[at]
    at_ = lambda i: part(f, at, i, i + 1)  # noqa: E731
    inner = (part(f, at, 2) - part(f, at, 0, -2)) / (h * 2)
    if edge_order == 1:
        first, last = (at_(1) - at_(0)) / h, (at_(n - 1) - at_(n - 2)) / h
    else:
        first = (at_(1) * 4 - at_(0) * 3 - at_(2)) / (h * 2)
        last = (at_(n - 1) * 3 - at_(n - 2) * 4 + at_(n - 3)) / (h * 2)
    return cat([first, inner, last], dim=at)


def _slope_between(f, at, x, edge_order):
    """The same for points at the coordinates `x`: the parabola through three neighbours."""
    x = reshape(x, (-1,) + (1,) * (f.ndim - 1 - at))
    n = f.shape[at]
    piece = lambda t, i: part(t, t.ndim - f.ndim + at, i, i + 1 or None)  # noqa: E731
    h = part(x, 0, 1) - part(x, 0, 0, -1)
    before, after = part(h, 0, 0, -1), part(h, 0, 1)
    a = -after / (before * (before + after))
    b = (after - before) / (before * after)
    c = before / (after * (before + after))
    inner = a * part(f, at, 0, -2) + b * part(f, at, 1, -1) + c * part(f, at, 2)
    step = lambda i: basic_index(h, at=(slice(i, i + 1),))  # noqa: E731
    if edge_order == 1:
        first = (piece(f, 1) - piece(f, 0)) / step(0)
        last = (piece(f, n - 1) - piece(f, n - 2)) / step(n - 2)
    else:
        first = _edge(f, at, (0, 1, 2), step(0), step(1))
        last = -_edge(f, at, (n - 1, n - 2, n - 3), step(n - 2), step(n - 3))
    return cat([first, inner, last], dim=at)


def _edge(f, at, places, near, far):
    """The slope at an end, from its two neighbours at distances `near` and `near + far`."""
    y0, y1, y2 = (part(f, at, i, i + 1) for i in places)
    both = near + far
    return (
        y1 * (both / (near * far))
        - y0 * ((near + both) / (near * both))
        - y2 * (near / (far * both))
    )


@composition
def gradient(input, *, spacing=None, dim=None, edge_order=1) -> tuple[Tensor, ...]:
    """The derivative along each dimension, by central differences; one-sided at the edges.

    `spacing` is a number, one for each dimension, or the coordinates along each.
    Raises: RuntimeError where there are too few points, or spacings for other dimensions.
    """
    if input.dtype.name == "uint8":
        raise RuntimeError("gradient: not implemented for torch.uint8")
    if edge_order not in (1, 2):
        raise RuntimeError(f"gradient: expected edge_order 1 or 2, got {edge_order}")
    if dim is not None and dim != () and not input.ndim:
        raise IndexError("gradient: expected at least one dimension, got a 0-d tensor")
    over = axes(dim, input.ndim, "gradient") if dim != () else ()
    steps = _spacings(spacing, over)
    found: list = []
    for at, h in zip(over, steps):
        n = input.shape[at]
        if n <= edge_order:
            raise RuntimeError(
                f"gradient: expected at least {edge_order + 1} points along dimension {at}, got {n}"
            )
        if hasattr(h, "_array"):
            if h.ndim != 1 or h.shape[0] != n:
                raise RuntimeError(
                    f"gradient: expected {n} coordinates for dimension {at}, got {list(h.shape)}"
                )
            found.append(_slope_between(input, at, h, edge_order))
        else:
            found.append(_slope(input, at, h, edge_order))
    return tuple(found)


def _spacings(spacing, over):
    if spacing is None:
        spacing = 1
    if not isinstance(spacing, (list, tuple)):
        if hasattr(spacing, "_array") and len(over) != 1:
            raise RuntimeError("gradient: expected a list of coordinates, one for each dimension")
        return [spacing] * len(over)
    if len(spacing) != len(over):
        raise RuntimeError(
            f"gradient: expected {len(over)} spacings, one for each dimension, got {len(spacing)}"
        )
    return spacing
