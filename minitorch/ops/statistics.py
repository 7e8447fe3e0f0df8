"""Moments, quantiles, histograms and distances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import errors, return_types
from minitorch.calls import apart, composition
from minitorch.errors import wrap_dim
from minitorch.ops import elementwise as ew
from minitorch.ops import reduce, shape
from minitorch.ops.index import gather
from minitorch.ops.order import sort
from minitorch.primitive import index

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "aminmax",
    "bincount",
    "corrcoef",
    "cov",
    "dist",
    "histc",
    "histogram",
    "nanmean",
    "nanquantile",
    "nansum",
    "quantile",
    "renorm",
]

# ------------------------------------------------------------------ without NaN


@composition
def nansum(input, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The sum of what is not NaN; integers in int64."""
    if input.dtype.is_floating_point:
        input = ew.gate(input, input == input)
    return reduce.sum(input, dim=dim, keepdim=keepdim, dtype=dtype)


@composition
def nanmean(input, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The mean of what is not NaN; NaN where there is nothing else.

    Raises: RuntimeError for integers.
    """
    errors.check_floating(input._array, "nanmean", RuntimeError)
    if dtype is not None and not dtype.is_floating_point:
        raise RuntimeError(f"nanmean: expected a floating-point dtype, got {dtype}")
    count = reduce.sum(input == input, dim=dim, keepdim=keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / count


@apart
@composition
def aminmax(input, *, dim=None, keepdim=False) -> return_types.aminmax:
    """(the smallest, the largest), of all or along `dim`; equal ones share the gradient."""
    if dim is not None and not hasattr(dim, "__index__"):
        raise TypeError(f"aminmax(): argument 'dim' must be int, not {type(dim).__name__}")
    over = () if dim is None else dim
    return return_types.aminmax(
        reduce.amin(input, dim=over, keepdim=keepdim),
        reduce.amax(input, dim=over, keepdim=keepdim),
    )


# ------------------------------------------------------------------ quantiles

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check_quantile(input, q, interpolation, name):
    if input.dtype.name not in ("float32", "float64"):
        raise RuntimeError(f"{name}: expected torch.float32 or torch.float64, got {input.dtype}")
    if not input.numel():
        raise RuntimeError(f"{name}: expected at least one element, got {list(input.shape)}")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"{name}: expected interpolation {', '.join(_INTERPOLATIONS)}, got {interpolation!r}"
        )
    if hasattr(q, "_array"):
        if q.ndim > 1:
            raise RuntimeError(f"{name}: expected q to be 0-d or a vector, got {list(q.shape)}")
        if q.dtype is not input.dtype:
            raise RuntimeError(f"{name}: expected q of {input.dtype}, got {q.dtype}")
        inside = bool(((q >= 0) & (q <= 1)).all())
    else:
        inside = 0 <= q <= 1
    if not inside:
        raise RuntimeError(f"{name}: expected q from 0 to 1, got {q}")


def _quantile(input, q, dim, keepdim, interpolation, ignore_nan, name):
    _check_quantile(input, q, interpolation, name)
    ndim = input.ndim
    if dim is None:
        lines, kept = shape.reshape(input, (-1,)), (1,) * ndim
    else:
        at = wrap_dim(dim, ndim)
        lines = shape.reshape(input, (1,)) if not ndim else input
        kept = tuple(1 if i == at else n for i, n in enumerate(input.shape))
        last = (*(i for i in range(ndim) if i != at), at) if ndim else (0,)
        lines = shape.permute(lines, dims=last)
    n = lines.shape[-1]
    ordered = sort(lines, dim=-1)[0]
    several = getattr(q, "ndim", 0)
    if not hasattr(q, "_array"):
        q = shape.fill(ew.zero(shape.basic_index(lines.detach(), at=(0,) * lines.ndim)), q)
    ranks = shape.reshape(q, (-1,))
    nans = reduce.sum(ordered != ordered, dim=-1, keepdim=True)
    if ignore_nan:
        ranks = ew.maximum(ranks * (n - 1 - nans), ew.zero(ranks))
    else:
        ranks = ew.masked_fill(ranks * (n - 1) + ew.zero(nans), nans != 0, n - 1)
    found = _between(ordered, ranks, interpolation)
    sizes = kept if keepdim else tuple(m for m, k in zip(input.shape, kept) if k != 1 or m == 1)
    if not keepdim:
        sizes = () if dim is None or not ndim else kept[:at] + kept[at + 1 :]
    if not several:
        return shape.reshape(found, sizes)
    front = (lines.ndim - 1, *range(lines.ndim - 1))
    return shape.reshape(shape.permute(found, dims=front), (q.shape[0], *sizes))


def _between(ordered, ranks, interpolation):
    """What stands at `ranks`, which need not be whole, along the last axis."""

    def at(places: Any) -> Any:
        return gather(ordered, places.long(), dim=-1)

    if interpolation in ("lower", "higher", "nearest"):
        return at({"lower": ew.floor, "higher": ew.ceil, "nearest": ew.round}[interpolation](ranks))
    whole = ew.floor(ranks)
    below, above = at(whole), at(ew.ceil(ranks))
    weight = ranks - whole.detach() if interpolation == "linear" else ew.zero(ranks) + 0.5
    step = above - below
    return ew.where(weight < 0.5, below + step * weight, above - step * (1 - weight))


@composition
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear") -> Tensor:
    """The value below which the part `q`, from 0 to 1, of the elements lies; NaN if there is one.

    Shape: a vector of q makes a first dimension of the result
    Raises: RuntimeError for what is not float32 or float64, for q outside, for no elements.
    """
    return _quantile(input, q, dim, keepdim, interpolation, False, "quantile")


@composition
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear") -> Tensor:
    """As quantile, of what is not NaN; NaN where there is nothing else."""
    return _quantile(input, q, dim, keepdim, interpolation, True, "nanquantile")


# ------------------------------------------------------------------ covariance


def _weights(given, n, kind, whole):
    if given is None:
        return None
    if given.ndim > 1 or given.numel() != n:
        raise RuntimeError(f"cov: expected {n} {kind}, got shape {list(given.shape)}")
    if given.dtype.is_floating_point is whole:
        wanted = "an integer" if whole else "a floating-point"
        raise RuntimeError(f"cov: expected {kind} of {wanted} dtype, got {given.dtype}")
    if bool((given < 0).any()):
        raise RuntimeError(f"cov: expected {kind} of at least 0")
    return given


def _covariance(input, correction, fweights, aweights, name):
    if input.ndim > 2:
        raise RuntimeError(f"{name}: expected at most two dimensions, got {list(input.shape)}")
    if input.dtype.name == "bool":
        raise RuntimeError(f"{name}: not implemented for torch.bool")
    rows = input if input.ndim == 2 else shape.reshape(input, (1, -1))
    n = rows.shape[1]
    fweights = _weights(fweights, n, "fweights", True)
    aweights = _weights(aweights, n, "aweights", False)
    weights = fweights if aweights is None else aweights
    if fweights is not None and aweights is not None:
        weights = fweights * aweights
    total: Any = n if weights is None else reduce.sum(weights)
    if weights is not None and n and total == 0:
        raise RuntimeError(f"{name}: expected weights whose sum is not 0")
    mean = reduce.sum(rows if weights is None else rows * weights, dim=1, keepdim=True) / total
    if aweights is not None and correction != 0:
        norm = total - reduce.sum(weights * aweights) / total * correction
    else:
        norm = total - correction
    if norm <= 0:
        import warnings

        warnings.warn(f"{name}: degrees of freedom is <= 0", stacklevel=4)
        norm = norm * 0
    rows = rows - mean
    weighted = rows if weights is None else rows * weights
    found = (rows @ weighted.T.to(dtype=rows.dtype)) / norm
    return shape.squeeze(found)


@composition
def cov(input, *, correction=1, fweights=None, aweights=None) -> Tensor:
    """The covariances of the rows of `input`, whose columns are observations.

    `fweights` say how often each is there, `aweights` how much it counts.
    Shape: (variables, observations) -> (variables, variables); a vector is one variable
    Raises: RuntimeError for more dimensions and for weights that do not fit.
    """
    return _covariance(input, correction, fweights, aweights, "cov")


@composition
def corrcoef(input) -> Tensor:
    """The correlations of the rows of `input`, from -1 to 1."""
    found = _covariance(input, 1, None, None, "corrcoef")
    if not found.ndim:
        return found / found
    deviation = ew.sqrt(shape.diagonal(found))
    return ew.clamp(found / shape.unsqueeze(deviation, dim=1) / deviation, min=-1, max=1)


# ------------------------------------------------------------------ counting


@index((None, None))
def bincount(xp, x, weights=None, *, minlength=0):
    """How often each whole number from 0 is in `x`, or the sum of the weights that stand there.

    Raises: RuntimeError for numbers below 0, more dimensions, or weights of another size.
    """
    size = x.shape if weights is None else weights.shape
    if x.dtype.kind not in "iu":
        raise NotImplementedError(f"bincount: not implemented for {errors.name_of(x.dtype)}")
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError(
            f"bincount: expected a vector of numbers from 0, got shape {list(x.shape)}"
        )
    if minlength < 0:
        raise RuntimeError(f"bincount: expected minlength of at least 0, got {minlength}")
    if not x.size:
        return xp.zeros(minlength, xp.int64)
    if weights is None:
        return xp.bincount(x, minlength=minlength)
    if size != x.shape:
        raise RuntimeError(f"bincount: expected weights of shape {list(x.shape)}, got {list(size)}")
    counts = xp.bincount(x, weights, minlength)
    return counts.astype(xp.float32) if weights.dtype == "float32" else counts


def _range(xp, x, low, high, half, name):
    """The least and the largest bound: those of `x` where they are equal, never equal."""
    if low == high and x.size:
        low, high = x.min(), x.max()
    low, high = (x.dtype.type(bound) for bound in (low, high))
    if not (xp.isfinite(low) and xp.isfinite(high)):
        raise RuntimeError(f"{name}: expected a finite range, got [{low}, {high}]")
    if low > high:
        raise RuntimeError(f"{name}: expected a range that ascends, got [{low}, {high}]")
    if low == high:
        low, high = low - x.dtype.type(half), high + x.dtype.type(half)
    return low, high


def _check_counted(x, bins, name):
    if x.dtype.kind != "f":
        raise NotImplementedError(f"{name}: not implemented for {errors.name_of(x.dtype)}")
    if not hasattr(bins, "__index__"):
        raise TypeError(f"{name}(): argument 'bins' must be int, not {type(bins).__name__}")
    if bins <= 0:
        raise RuntimeError(f"{name}: expected at least one bin, got {bins}")


@index(None)
def histc(xp, x, *, bins=100, min=0, max=0):
    """How many elements are in each of `bins` equal parts of [min, max]; by default of their own.

    Raises: RuntimeError for a range that descends or is not finite.
    """
    _check_counted(x, bins, "histc")
    if x.size or min != max:
        low, high = _range(xp, x, min, max, 1, "histc")
        x = x[(x >= low) & (x <= high)]
        place = ((x - low) * x.dtype.type(bins) / (high - low)).astype(xp.int64)
        counts = xp.bincount(xp.minimum(place, bins - 1), minlength=bins)
    else:
        counts = xp.zeros(bins)
    return counts.astype(x.dtype)


@index(None, outs=("hist", "bin_edges"), returns=return_types.histogram)
def histogram_even(xp, x, weight=None, *, bins, range=None, density=False):
    """The counts in `bins` equal parts of the range, and the bounds of the parts."""
    _check_counted(x, bins, "histogram")
    given = (0, 1) if not x.size else (0, 0)
    if range is not None:
        if len(range) != 2:
            raise RuntimeError(f"histogram: expected a range of two numbers, got {len(range)}")
        given = range
    elif x.size:
        given = x.min(), x.max()
    low, high = (float(bound) for bound in given)
    if low > high:
        raise RuntimeError(f"histogram: expected a range that ascends, got {list(given)}")
    low, high = _range(xp, x.reshape(-1)[:0], low, high, 0.5, "histogram")
    step, places = (high - low) / x.dtype.type(bins), xp.arange(bins + 1)
    edges = xp.where(places < (bins + 1) // 2, low + step * places, high - step * (bins - places))
    edges = edges.astype(x.dtype)
    return _counted(xp, x, edges, weight, density), edges


@index((None, None, None), outs=("hist", "bin_edges"), returns=return_types.histogram)
def histogram_between(xp, x, edges, weight=None, *, density=False):
    """The counts between each two of the edges."""
    if edges.ndim != 1 or not edges.size:
        raise RuntimeError(f"histogram: expected a vector of edges, got shape {list(edges.shape)}")
    if edges.dtype != x.dtype:
        raise RuntimeError(
            f"histogram: expected edges of {errors.name_of(x.dtype)}, got "
            f"{errors.name_of(edges.dtype)}"
        )
    _check_counted(x, edges.size - 1, "histogram")
    return _counted(xp, x, edges, weight, density), edges.copy()


def _counted(xp, x, edges, weight, density):
    """What is between each two edges, the last of which belongs to its part."""
    if weight is not None and (weight.shape != x.shape or weight.dtype != x.dtype):
        raise RuntimeError(
            f"histogram: expected weights of {errors.name_of(x.dtype)} of shape {list(x.shape)}, "
            f"got {errors.name_of(weight.dtype)} of {list(weight.shape)}"
        )
    x = x.reshape(-1)
    weight = None if weight is None else weight.reshape(-1)
    inside = (x >= edges[0]) & (x <= edges[-1])
    place = xp.searchsorted(edges, x[inside], side="right") - 1
    weights = None if weight is None else weight[inside]
    counts = xp.bincount(xp.minimum(place, edges.size - 2), weights, edges.size - 1)
    counts = counts.astype(x.dtype)
    return counts / (counts.sum() * xp.diff(edges)) if density else counts


@composition
def histogram(input, bins=100, *, range=None, weight=None, density=False) -> return_types.histogram:
    """(hist, bin_edges): counts, or sums of weights, in `bins` equal parts or between given edges.

    `density` divides them by their sum and by the widths.
    Raises: RuntimeError for edges, ranges and weights that do not fit.
    """
    if hasattr(bins, "_array"):
        if range is not None:
            raise TypeError("histogram(): argument 'range' goes with a number of bins")
        return histogram_between(input, bins, weight, density=density)
    return histogram_even(input, weight, bins=bins, range=range, density=density)


# ------------------------------------------------------------------ lengths


@composition
def dist(input, other, p=2) -> Tensor:
    """The p-norm of input - other."""
    errors.broadcast_shapes(input.shape, other.shape)
    return (input - other).norm(p)


@composition
def renorm(input, p, dim, maxnorm) -> Tensor:
    """The slices along `dim` whose p-norm is above `maxnorm` made that long, others as they are.

    Raises: RuntimeError for fewer than two dimensions, p not above 0, maxnorm below 0, integers.
    """
    if p <= 0:
        raise RuntimeError(f"renorm: expected p above 0, got {p}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm of at least 0, got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: expected at least two dimensions, got {list(input.shape)}")
    at = wrap_dim(dim, input.ndim)
    others = tuple(i for i in range(input.ndim) if i != at)
    length = input.norm(p, others, keepdim=True)
    return input * ew.where(length > maxnorm, maxnorm / (length + 1e-7), 1.0)
