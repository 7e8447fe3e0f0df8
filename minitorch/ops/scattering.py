"""Elements put, added and reduced at index tensors and masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.calls import composition
from minitorch.errors import wrap_dim
from minitorch.ops import elementwise as ew
from minitorch.ops import index as rows
from minitorch.ops import shape
from minitorch.ops.choose import check_long
from minitorch.ops.order import unique
from minitorch.ops.rearrange import broadcast_tensors
from minitorch.primitive import index as index_row

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "masked_fill",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
]

# ------------------------------------------------------------------ element by element


def _part_of(src, index, name):
    """The part of `src` that has an index. Raises: RuntimeError where it is too small."""
    if not index.numel():
        return shape.reshape(
            shape.basic_index(shape.reshape(src, (-1,)), at=(slice(0),)), index.shape
        )
    rows.check_source(index, src, name)
    if src.shape == index.shape or not src.ndim:
        return src
    return shape.basic_index(src, at=tuple(slice(n) for n in index.shape or (1,)))


def _check_dtypes(input, src, name):
    if src.dtype is not input.dtype:
        raise RuntimeError(f"{name}: expected one dtype, got {input.dtype} and {src.dtype}")


@composition
def scatter(input, dim, index, src=None, value=None, *, reduce=None) -> Tensor:
    """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`.

    `reduce` 'add' or 'multiply' combines it with what is there. Of several for one place the last
    stays, but the gradient goes to all of them.
    Raises: RuntimeError for an index that is not there, or sources of another dtype or too small.
    """
    if value is not None and getattr(value, "ndim", 0):
        raise TypeError(f"scatter(): argument 'value' must be a number, not {value.ndim}-D Tensor")
    if value is None and hasattr(src, "_array"):
        _check_dtypes(input, src, "scatter")
        src = _part_of(src, index, "scatter")
    else:
        src = src if value is None else value
    if reduce is None:
        return rows.scatter(input, index, src, dim=dim)
    if reduce not in ("add", "multiply"):
        raise RuntimeError(f"scatter: expected reduce 'add' or 'multiply', got {reduce!r}")
    if not hasattr(src, "_array"):
        src = shape.fill(ew.zero(shape.to(index, dtype=input.dtype)), src)
    combine = rows.scatter_add if reduce == "add" else scatter_prod
    return combine(input, index, src, dim=dim)


@composition
def scatter_add(input, dim, index, src) -> Tensor:
    """A copy of `input` with `src` added at `index` along `dim`.

    Raises: RuntimeError for an index that is not there, or sources of another dtype or too small.
    """
    _check_dtypes(input, src, "scatter_add")
    return rows.scatter_add(input, index, _part_of(src, index, "scatter_add"), dim=dim)


def _largest(dtype):
    from minitorch.dtypes import iinfo

    return float("inf") if dtype.is_floating_point else iinfo(dtype).max


def _smallest(dtype):
    from minitorch.dtypes import iinfo

    return float("-inf") if dtype.is_floating_point else iinfo(dtype).min


_IDENTITY = {
    "sum": lambda dtype: 0,
    "mean": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "amax": lambda dtype: False if dtype.name == "bool" else _smallest(dtype),
    "amin": lambda dtype: True if dtype.name == "bool" else _largest(dtype),
}


@composition
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True) -> Tensor:
    """A copy of `input` where `src` is reduced into the place that `index` names along `dim`.

    `reduce` is 'sum', 'prod', 'mean', 'amax' or 'amin'; what stands in `input` takes part unless
    include_self is False.
    Raises: RuntimeError for an index that is not there, or sources of another dtype or too small.
    """
    if reduce not in _IDENTITY:
        raise RuntimeError(
            f"scatter_reduce: expected reduce 'sum', 'prod', 'mean', 'amax' or 'amin', got "
            f"{reduce!r}"
        )
    _check_dtypes(input, src, "scatter_reduce")
    src = _part_of(src, index, "scatter_reduce")
    return _reduced(input, dim, index, src, reduce, include_self)


def _reduced(input, dim, index, src, reduce, include_self):
    start = input
    if not include_self:
        start = rows.scatter(input, index, _IDENTITY[reduce](input.dtype), dim=dim)
    if reduce == "prod":
        return scatter_prod(start, index, src, dim=dim)
    if reduce in ("amax", "amin"):
        return scatter_extreme(start, index, src, dim=dim, largest=reduce == "amax")
    total = rows.scatter_add(start, index, src, dim=dim)
    if reduce == "sum":
        return total
    count = ew.zero(input.detach()) + int(include_self)
    count = rows.scatter_add(count, index, ew.zero(src.detach()) + 1, dim=dim)
    count = ew.masked_fill(count, count == 0, 1)
    return total / count if input.dtype.is_floating_point else ew.floor_divide(total, count)


def _combined(xp, ufunc, x, indices, value, dim, name):
    """`ufunc` applied in place at `indices` along `dim`, one value after the other."""
    at = wrap_dim(dim, x.ndim)
    rows.check_along(x, indices, at, name)
    out = xp.array(x, order="C")
    if indices.size:
        places = rows.positions_along(xp, x.shape or (1,), rows.at_least_1d(indices), at)
        ufunc.at(out.reshape(-1), places.reshape(-1), value.reshape(-1))
    return out


def _ones(x, hit):
    return ew.gate(ew.zero(x) + 1, hit)


def _shares(g, x, indices, value, out, dim):
    """(what each that is the extreme gets of `g`, which of x are it, which of the values)."""
    hit = x == out
    struck = value == rows.gather(out, indices, dim=dim)
    count = rows.scatter_add(_ones(x, hit), indices, _ones(value, struck), dim=dim)
    return g / count, hit, struck


def _extreme_kept(g, x, indices, value, out, dim):
    share, hit, _ = _shares(g, x, indices, value, out, dim)
    return ew.gate(share, hit)


def _extreme_put(g, x, indices, value, out, dim):
    share, _, struck = _shares(g, x, indices, value, out, dim)
    return ew.gate(rows.gather(share, indices, dim=dim), struck)


@index_row((_extreme_kept, None, _extreme_put), torch_name="ScatterReduceBackward0")
def scatter_extreme(xp, x, indices, value, *, dim, largest):
    """The largest (or smallest) of `x` and the values at `indices` along `dim`; NaN wins.

    Equal ones share the gradient.
    """
    ufunc = xp.maximum if largest else xp.minimum
    return _combined(xp, ufunc, x, indices, value, dim, "scatter_reduce")


@index_row(None)
def zero_rank(xp, x, indices, *, dim):
    """0 for what is not 0; for a 0 in `x` how many with its index along `dim` stand up to it."""
    at = wrap_dim(dim, x.ndim)
    rank = xp.zeros(x.shape, xp.int64)
    zeros = xp.flatnonzero(x == 0)
    if zeros.size:
        size = list(rows.at_least_1d(x).shape)
        size[at] = int(indices.max()) + 1
        place = rows.positions_along(xp, size, rows.at_least_1d(indices), at).reshape(-1)[zeros]
        order = place.argsort(kind="stable")
        place = place[order]
        first = xp.concatenate(([True], place[1:] != place[:-1])).nonzero()[0]
        count = xp.arange(place.size)
        start = xp.repeat(first, xp.diff(first, append=place.size))
        rank.reshape(-1)[zeros[order]] = count - start + 1
    return rank


def _product_kept(g, x, indices, value, dim):
    return g * scatter_prod(ew.zero(x) + 1, indices, value, dim=dim)


def _product_put(g, x, indices, value, out, dim):
    """The product of the others: a quotient where there is no 0, else of the others themselves.

    Of several zeros for one place only the first two are left out in turn: beside a third the
    product and its derivative are 0.
    """
    found = value == 0
    safe = ew.masked_fill(value, found, 1)
    product = ew.gate(rows.gather(g * out, indices, dim=dim) / safe, ~found)
    if not found.any():
        return product
    rank = zero_rank(value, indices, dim=dim)
    for which in (1, 2):
        left_out = rank == which
        others = scatter_prod(x, indices, ew.masked_fill(value, left_out, 1), dim=dim)
        product = product + ew.gate(rows.gather(g * others, indices, dim=dim), left_out)
    return product


@index_row((_product_kept, None, _product_put), torch_name="ScatterReduceBackward0")
def scatter_prod(xp, x, indices, value, *, dim):
    """`x` times the values at `indices` along `dim`."""
    return _combined(xp, xp.multiply, x, indices, value, dim, "scatter_reduce")


# ------------------------------------------------------------------ slice by slice


def _as_vectors(call, input, *others):
    """call(...) with 0-d tensors as vectors of one element, the result in the shape of `input`."""
    lined = [t if t.ndim else shape.reshape(t, (1,)) for t in (input, *others)]
    made = call(*lined)
    return made if input.ndim else shape.reshape(made, ())


def _put_slices(input, dim, index, source, accumulate):
    spec = (rows.ALL,) * dim + (rows.ARRAY,)
    return rows.index_put(input, source, index, spec=spec, accumulate=accumulate)


def _check_vector(index, name, error=IndexError):
    if index.ndim > 1:
        raise error(f"{name}: expected a vector of indices, got shape {list(index.shape)}")


def _check_slices(input, at, index, source, name, error):
    """Refuse a source whose sizes beside `at` are not those of `input`, or not one per index."""
    wanted, given = (
        [n for i, n in enumerate(t.shape) if i != at] if t.ndim else [] for t in (input, source)
    )
    if wanted != given:
        raise RuntimeError(
            f"{name}: expected a source of the sizes of {list(input.shape)} but along dimension "
            f"{at}, got {list(source.shape)}"
        )
    if at >= max(source.ndim, 1):
        raise RuntimeError(f"{name}: dimension {at} is not one of {list(source.shape)}")
    slices = source.shape[at] if source.ndim else 1
    if slices != index.numel():
        raise error(f"{name}: expected as many slices as indices, got {slices} and {index.numel()}")


@composition
def index_add(input, dim, index, source, *, alpha=1) -> Tensor:
    """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`.

    Raises: IndexError, RuntimeError for an index that is not there and sizes that do not fit.
    """
    at = wrap_dim(dim, input.ndim)
    _check_dtypes(input, source, "index_add")
    _check_vector(index, "index_add")
    if bool(input.ndim) != bool(source.ndim) and index.numel() == (source.numel() or 1):
        raise RuntimeError(
            f"index_add: expected a source of as many dimensions as {list(input.shape)}, got "
            f"{list(source.shape)}"
        )
    error = RuntimeError if source.ndim else IndexError
    _check_slices(input, at, index, source, "index_add", error)
    n = input.shape[at] if input.ndim else 1
    rows.check_indices(index._array, n, at, RuntimeError if input.ndim > 1 else IndexError, 0)
    if alpha != 1:
        source = source * alpha
        source = shape.to(source, dtype=input.dtype) if input.dtype.name == "bool" else source
    call = lambda x, i, s: _put_slices(x, at, i, s, True)  # noqa: E731
    return _as_vectors(call, input, index, source)


@composition
def index_copy(input, dim, index, source) -> Tensor:
    """`input` with the slices of `source` at `index` along `dim`.

    Raises: IndexError, RuntimeError for an index that is not there and sizes that do not fit.
    """
    at = wrap_dim(dim, input.ndim)
    _check_vector(index, "index_copy")
    if input.ndim and source.ndim and input.ndim != source.ndim:
        raise IndexError(
            f"index_copy: expected a source of {input.ndim} dimensions, got {list(source.shape)}"
        )
    check_long(index._array, "index_copy")
    _check_dtypes(input, source, "index_copy")
    if not source.ndim and index.numel() != 1:
        raise IndexError(f"index_copy: expected one index for a number, got {index.numel()}")
    _check_slices(input, at, index, source, "index_copy", IndexError)
    rows.check_indices(index._array, input.shape[at] if input.ndim else 1, at, IndexError, 0)
    call = lambda x, i, s: _put_slices(x, at, i, s, False)  # noqa: E731
    return _as_vectors(call, input, index, source)


@composition
def index_fill(input, dim, index, value) -> Tensor:
    """A copy of `input` with `value`, a number or 0-d, at `index` along `dim`.

    Raises: IndexError for an index that is not there or not int64.
    """
    if getattr(value, "ndim", 0):
        raise RuntimeError(f"index_fill: expected a number or 0-d, got shape {list(value.shape)}")
    at = wrap_dim(dim, input.ndim)
    check_long(index._array, "index_fill", IndexError)
    _check_vector(index, "index_fill", RuntimeError)
    if hasattr(value, "_array") and value.dtype is not input.dtype:
        value = shape.to(value, dtype=input.dtype)
    n = input.shape[at] if input.ndim else 1
    rows.check_indices(index._array, n, at)
    index = unique(index + (index < 0) * n)  # so that the value gets each gradient once
    return _as_vectors(lambda x, i: _put_slices(x, at, i, value, False), input, index)


@composition
def index_reduce(input, dim, index, source, reduce, *, include_self=True) -> Tensor:
    """A copy of `input` where the slices of `source` are reduced at `index` along `dim`.

    `reduce` is 'prod', 'mean', 'amax' or 'amin'; see scatter_reduce.
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"index_reduce: expected reduce 'prod', 'mean', 'amax' or 'amin', got {reduce!r}"
        )
    at = wrap_dim(dim, input.ndim)
    _check_vector(index, "index_reduce")
    _check_dtypes(input, source, "index_reduce")
    _check_slices(input, at, index, source, "index_reduce", IndexError)

    def call(x: Any, i: Any, s: Any) -> Any:
        across = shape.reshape(i, (-1,) + (1,) * (s.ndim - 1 - at))
        return _reduced(x, at, shape.expand(across, size=s.shape), s, reduce, include_self)

    return _as_vectors(call, input, index, source)


# ------------------------------------------------------------------ anywhere


@composition
def index_put(input, indices, values, accumulate=False) -> Tensor:
    """A copy of `input` with `values` put (or added) at the index tensors `indices`."""
    if not isinstance(indices, (tuple, list)):
        kind = type(indices).__name__
        raise TypeError(f"index_put(): argument 'indices' must be a tuple of Tensors, not {kind}")
    spec = tuple(rows.ALL if i is None else rows.ARRAY for i in indices)
    arrays = [i for i in indices if i is not None]
    if values.ndim and values.numel() == 1 and [i.dtype.name for i in arrays] == ["bool"]:
        values = shape.reshape(values, ())
    return rows.index_put(input, values, *arrays, spec=spec, accumulate=accumulate)


@composition
def put(input, index, source, accumulate=False) -> Tensor:
    """A copy of `input` with `source` put (or added) at places of its flattened form.

    Raises: IndexError for an index that is not there, or of another number than the sources.
    """
    check_long(index._array, "put")
    _check_dtypes(input, source, "put")
    if source.numel() != index.numel():
        raise IndexError(
            f"put: expected as many sources as indices, got {source.numel()} and {index.numel()}"
        )
    flat, index, source = (shape.reshape(t, (-1,)) for t in (input, index, source))
    return shape.reshape(_put_slices(flat, 0, index, source, accumulate), input.shape)


@composition
def masked_fill(input, mask, value) -> Tensor:
    """`value`, a number or 0-d, where the mask holds."""
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"masked_fill: expected a number or a 0-d value, got shape {list(value.shape)}"
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_fill: expected a torch.bool mask, got {mask.dtype}")
    return ew.masked_fill(input, mask, value)


@composition
def masked_scatter(input, mask, source) -> Tensor:
    """`input` with the elements of `source`, one after another, where the mask holds.

    Raises: RuntimeError for another mask than of bools, a source too small or of another dtype.
    """
    input, mask = broadcast_tensors(input, mask)
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_scatter: expected a torch.bool mask, got {mask.dtype}")
    _check_dtypes(input, source, "masked_scatter")
    count = int(mask.sum())
    if source.numel() < count:
        raise RuntimeError(
            f"masked_scatter: expected at least {count} elements, got {source.numel()}"
        )
    source = shape.basic_index(shape.reshape(source, (-1,)), at=(slice(count),))
    return rows.index_put(input, source, mask, spec=(rows.ARRAY,))
