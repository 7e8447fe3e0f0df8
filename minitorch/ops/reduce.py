"""Fewer elements: sums, means, extremes along `dim`; None means all of them."""

from __future__ import annotations

from minitorch import errors
from minitorch.ops._dims import axes, kept
from minitorch.ops.elementwise import exp, gate, where, zero
from minitorch.ops.index import put_along
from minitorch.ops.scan import accumulated, cumprod, later, running_dtype
from minitorch.ops.shape import flip, inverse, permute, reshape, spread
from minitorch.primitive import reduce
from minitorch.primitive import shape as moved

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "cumsum",
    "logsumexp",
    "mean",
    "prod",
    "sum",
]


@moved(lambda g, dim, keepdim: sum(g, dim=dim, keepdim=keepdim), torch_name="ExpandBackward0")
def spread_back(xp, x, *, size, dim, keepdim):
    """`x`, reduced along `dim`, seen again in the shape `size` before: the adjoint of sum."""
    if x.ndim and not keepdim:
        x = x.reshape(kept(size, axes(dim, len(size))))
    out = spread(xp, x, size)
    # A small one is copied: what is computed with it next is then twice as fast.
    return out.copy() if out.size <= 4096 else out


def spread_out(g, x_shape, dim, keepdim):
    """`g`, reduced along `dim`, seen again in the shape before."""
    return spread_back(g, size=tuple(x_shape), dim=dim, keepdim=keepdim)


def _count(shape, dim):
    n = 1
    for i in axes(dim, len(shape)):
        n *= shape[i]
    return n


@reduce(
    lambda g, x_shape, dim, keepdim: spread_out(g, x_shape, dim, keepdim),
    torch_name=lambda node: f"SumBackward{+(node.shape != ())}",  # 1: along some dims
)
def sum(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The sum; integers in int64."""
    as_dtype = dtype.np if dtype is not None else xp.int64 if x.dtype.kind in "iub" else None
    return xp.add.reduce(x, axis=axes(dim, x.ndim), dtype=as_dtype, keepdims=keepdim)


def _mean_rule(g, x_shape, dim, keepdim):
    return spread_out(g / _count(x_shape, dim), x_shape, dim, keepdim)


@reduce(_mean_rule, torch_name=lambda node: f"MeanBackward{+(node.shape != ())}")
def mean(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The sum over the number of elements.

    Raises: RuntimeError for integers, unless a floating `dtype` is given.
    """
    if dtype is not None:
        x = x.astype(dtype.np)
    errors.check_floating(x, "mean", RuntimeError)
    total = xp.add.reduce(x, axis=axes(dim, x.ndim), keepdims=keepdim)
    return total / x.dtype.type(_count(x.shape, dim))


def _prod_rule(g, x, dim, keepdim):
    """The product of the others: of those before, times those after. No 0 is divided by."""
    if 0 in x.shape:
        return zero(x)
    over = axes(dim, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in over)
    order = (*rest, *over)
    ordered = permute(x, dims=order)
    lines = reshape(ordered, (*(x.shape[i] for i in rest), _count(x.shape, dim)))
    at = (len(rest),)
    before = later(cumprod(lines, dim=-1), *at, 1)
    after = flip(later(cumprod(flip(lines, dims=at), dim=-1), *at, 1), dims=at)
    others = permute(reshape(before * after, ordered.shape), dims=inverse(order, x.ndim))
    return spread_out(g, x.shape, dim, keepdim) * others


@reduce(_prod_rule)
def prod(xp, x, *, dim=None, keepdim=False, dtype=None):
    """The product; integers in int64."""
    as_dtype = dtype.np if dtype is not None else xp.int64 if x.dtype.kind in "iub" else None
    return xp.multiply.reduce(x, axis=axes(dim, x.ndim), dtype=as_dtype, keepdims=keepdim)


def _extreme_rule(g, x, out, dim, keepdim):
    """Equal shares to all the elements that are the extreme."""
    hit = x == spread_out(out, x.shape, dim, keepdim)
    share = where(hit, spread_out(g, x.shape, dim, keepdim), 0)
    return share / spread_out(
        sum(where(hit, zero(x) + 1, 0), dim=dim, keepdim=keepdim), x.shape, dim, keepdim
    )


def even_shares(g, x, out):
    """Equal shares to all the elements that are `out`; where it is NaN, to those that are NaN."""
    hit = (x == out) | ((x != x) & (out != out))
    count = sum(gate(zero(x) + 1, hit))
    return gate(spread_out(g / count, x.shape, None, False), hit)


@reduce(even_shares, torch_name="MaxBackward1")
def max_all(xp, x):
    """The largest of all; NaN where there is one."""
    return xp.maximum.reduce(x, axis=None)


@reduce(even_shares, torch_name="MinBackward1")
def min_all(xp, x):
    """The smallest of all; NaN where there is one."""
    return xp.minimum.reduce(x, axis=None)


def _check_elements(x, dim, name):
    if not x.size and 0 in (x.shape[i] for i in axes(dim, x.ndim)):
        raise (RuntimeError if dim is None else IndexError)(
            f"{name}: expected at least one element along dim={dim}, got shape {list(x.shape)}"
        )


@reduce(_extreme_rule)
def amax(xp, x, *, dim=(), keepdim=False):
    """The largest; NaN where there is one."""
    _check_elements(x, None if dim == () else dim, "amax")
    return xp.maximum.reduce(x, axis=axes(dim, x.ndim), keepdims=keepdim)


@reduce(_extreme_rule)
def amin(xp, x, *, dim=(), keepdim=False):
    """The smallest; NaN where there is one."""
    _check_elements(x, None if dim == () else dim, "amin")
    return xp.minimum.reduce(x, axis=axes(dim, x.ndim), keepdims=keepdim)


def selected_rule(g, indices, x_shape, dim, keepdim):
    g = g[0]
    if not x_shape:
        return g
    at = errors.wrap_dim(dim, len(x_shape))
    if not keepdim:
        g, indices = reshape(g, kept(x_shape, (at,))), reshape(indices, kept(x_shape, (at,)))
    return put_along(g, indices, size=x_shape, dim=at)


def _selected(xp, x, dim, keepdim, extreme, arg):
    if not x.ndim:
        errors.wrap_dim(dim, 0)
        return x.copy(), xp.zeros((), xp.int64)
    at = errors.wrap_dim(dim, x.ndim)
    _check_elements(x, at, arg)
    where = getattr(x, arg)(axis=at, keepdims=keepdim)
    return extreme.reduce(x, axis=at, keepdims=keepdim), where


@reduce(selected_rule, outs=("values", "indices"), torch_name="MaxBackward0")
def max_dim(xp, x, *, dim, keepdim=False):
    """The largest along `dim` and where it is; the gradient goes there."""
    return _selected(xp, x, dim, keepdim, xp.maximum, "argmax")


@reduce(selected_rule, outs=("values", "indices"), torch_name="MinBackward0")
def min_dim(xp, x, *, dim, keepdim=False):
    """The smallest along `dim` and where it is; the gradient goes there."""
    return _selected(xp, x, dim, keepdim, xp.minimum, "argmin")


def _arg(xp, x, dim, keepdim, arg):
    if dim is None:
        if not x.size:
            name = arg.__name__
            raise IndexError(f"{name}: expected at least one element, got shape {list(x.shape)}")
        return xp.asarray(arg(x)).reshape((1,) * x.ndim if keepdim else ())
    at = errors.wrap_dim(dim, x.ndim)
    if not x.ndim:
        return xp.zeros((), xp.int64)
    _check_elements(x, at, arg.__name__)
    return arg(x, axis=at, keepdims=keepdim)


@reduce(None)
def argmax(xp, x, *, dim=None, keepdim=False):
    """Where the largest is, as int64; in the flattened tensor when `dim` is None."""
    return _arg(xp, x, dim, keepdim, xp.argmax)


@reduce(None)
def argmin(xp, x, *, dim=None, keepdim=False):
    """Where the smallest is, as int64; in the flattened tensor when `dim` is None."""
    return _arg(xp, x, dim, keepdim, xp.argmin)


def _truth(x, found):
    return found.astype(x.dtype) if x.dtype == "uint8" else found  # torch's bool of old


@reduce(None)
def all(xp, x, *, dim=None, keepdim=False):
    """Whether no element is 0."""
    return _truth(x, xp.logical_and.reduce(x, axis=axes(dim, x.ndim), keepdims=keepdim))


@reduce(None)
def any(xp, x, *, dim=None, keepdim=False):
    """Whether some element is not 0."""
    return _truth(x, xp.logical_or.reduce(x, axis=axes(dim, x.ndim), keepdims=keepdim))


def _centred(x, dim):
    return x - mean(x, dim=dim, keepdim=True)


def _var_rule(g, x, dim, correction, keepdim):
    n = _count(x.shape, dim) - correction
    scale = 2 / n if n else float("inf")
    return spread_out(g * scale, tuple(x.shape), dim, keepdim) * _centred(x, dim)


def _variance(xp, x, dim, correction, keepdim):
    """The variance in float64: squares of float32 overflow from 1e19 on."""
    errors.check_floating(x, "std and var", RuntimeError)
    over, n = axes(dim, x.ndim), _count(x.shape, dim)
    centre = xp.add.reduce(x, axis=over, dtype=xp.float64, keepdims=True) / xp.float64(n)
    squares = xp.add.reduce(xp.square(x - centre), axis=over, keepdims=keepdim)
    return squares / xp.float64(max(n - correction, 0))


@reduce(_var_rule)
def var(xp, x, *, dim=None, correction=1, keepdim=False):
    """The mean squared distance from the mean, over n - correction."""
    return _variance(xp, x, dim, correction, keepdim).astype(x.dtype)


def _std_rule(g, x, out, dim, correction, keepdim):
    return _var_rule(where(out == 0, 0, g / (out * 2)), x, dim, correction, keepdim)


@reduce(_std_rule)
def std(xp, x, *, dim=None, correction=1, keepdim=False):
    """The square root of the variance; its derivative at 0 is 0."""
    errors.check_floating(x, "std", RuntimeError)
    return xp.sqrt(_variance(xp, x, dim, correction, keepdim)).astype(x.dtype)


def _logsumexp_rule(g, x, out, dim, keepdim):
    return spread_out(g, x.shape, dim, keepdim) * exp(x - spread_out(out, x.shape, dim, keepdim))


@reduce(_logsumexp_rule, promote=True, floats=True)
def logsumexp(xp, x, *, dim, keepdim=False):
    """log(sum(e ** x)), without overflow."""
    over = axes(dim, x.ndim)
    top = xp.maximum.reduce(x, axis=over, keepdims=True, initial=-xp.inf)
    top = xp.where(xp.isfinite(top), top, 0)
    out = xp.log(xp.add.reduce(xp.exp(x - top), axis=over, keepdims=True)) + top
    return out if keepdim else out.reshape([n for i, n in enumerate(x.shape) if i not in over])


@reduce(lambda g, dim: flip(cumsum(flip(g, dims=(dim,)), dim=dim), dims=(dim,)))
def cumsum(xp, x, *, dim, dtype=None):
    """The sum of the elements up to here along `dim`; integers in int64."""
    dtype, at = running_dtype(xp, x, dtype), errors.wrap_dim(dim, x.ndim)
    return accumulated(xp, xp.add, x, at, dtype) if x.ndim else x.astype(dtype)
