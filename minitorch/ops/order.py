"""Sorting, selecting by rank, searching what is sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import errors, return_types
from minitorch.calls import apart, composition
from minitorch.errors import wrap_dim
from minitorch.ops import _selection
from minitorch.ops.index import gather, put_along
from minitorch.ops.reduce import even_shares, selected_rule
from minitorch.primitive import compare, index, reduce

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "argsort",
    "bucketize",
    "isin",
    "kthvalue",
    "median",
    "mode",
    "msort",
    "nanmedian",
    "searchsorted",
    "sort",
    "topk",
    "unique",
    "unique_consecutive",
]

# ------------------------------------------------------------------ sorting


def _placed(g, indices, x_shape, dim):
    return put_along(g[0], indices, size=x_shape, dim=dim)


@index(_placed, outs=("values", "indices"), returns=return_types.sort)
def sort(xp, x, *, dim=-1, descending=False, stable=False):
    """The elements along `dim` in order, NaN as the largest, and where they were.

    Equal elements keep their order, whether `stable` or not.
    """
    at = wrap_dim(dim, x.ndim)
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    order = _descending(xp, x, at) if descending else xp.argsort(x, axis=at, kind="stable")
    return xp.take_along_axis(x, order, at), order


def _descending(xp, x, at):
    """Positions from the largest down, equal elements in the order they stand."""
    back = xp.argsort(xp.flip(x, at), axis=at, kind="stable")
    return x.shape[at] - 1 - xp.flip(back, at)


@composition
def argsort(input, dim=-1, descending=False, *, stable=False) -> Tensor:
    """The positions that sort along `dim`."""
    return sort(input, dim=dim, descending=descending)[1]


@composition
def msort(input) -> Tensor:
    """The elements in order along the first dimension."""
    return sort(input, dim=0)[0]


# ------------------------------------------------------------------ by rank


def _lines(xp, x, at):
    """The lines of `x` along axis `at`, as rows of a matrix."""
    if not x.ndim:
        return x.reshape(1, 1)
    x = x if at == x.ndim - 1 else xp.moveaxis(x, at, -1)
    return x.reshape(-1, x.shape[-1]) if x.size else x.reshape(0, x.shape[-1])


def _unlined(xp, found, shape, at, keepdim):
    """What was found in each line, in the shape of what it was found in without axis `at`."""
    if not shape:
        return found.reshape(())
    out = found.reshape(shape[:at] + shape[at + 1 :])
    return xp.expand_dims(out, at) if keepdim else out


def _same(xp, a, b):
    """a == b, NaN equal to NaN."""
    return (a == b) | ((a != a) & (b != b)) if a.dtype.kind == "f" else a == b


def _keys(xp, line):
    """The elements of a line as Python numbers that compare as they do, NaN as the largest."""
    if line.dtype.kind == "f" and (line != line).any():
        return xp.unique(line, return_inverse=True)[1].tolist()
    return line.tolist()


def _rearranged(xp, lines, tied, found, rearrange):
    """Let `rearrange(keys, order)` say which of equal elements the lines in `tied` name."""
    n = lines.shape[1]
    tied = tied.nonzero()[0]
    if tied.size * n <= _selection.TOO_MANY:
        for i in tied:
            order = list(range(n))
            found[i] = rearrange(_keys(xp, lines[i]), order)
    return found


def _sorted(lines, largest):
    """The positions that sort each line, stably, NaN as the largest."""
    if not largest:
        return lines.argsort(axis=1, kind="stable")
    return lines.shape[1] - 1 - lines[:, ::-1].argsort(axis=1, kind="stable")[:, ::-1]


def _top(xp, lines, k, largest, sorted):
    """(the k largest, or smallest, of each line, in order; their positions)."""
    n = lines.shape[1]
    most = min(k + 1, n)  # with the next one, to see whether it is equal
    rows = xp.arange(len(lines))[:, None]
    if most * 4 > n:
        order = _sorted(lines, largest)[:, :most]
    else:
        edge = n - most if largest else most - 1
        part = lines.argpartition(edge, axis=1)
        part = part[:, edge:] if largest else part[:, :most]
        order = part[rows, _sorted(lines[rows, part], largest)]
    values = lines[rows, order]
    tied = _same(xp, values[:, 1:], values[:, :-1]).any(axis=1)

    def rearrange(keys: list, order: list) -> list:
        keys = [-key for key in keys] if largest else keys
        return _selection.lowest(keys, order, k, sorted)

    order = _rearranged(xp, lines, tied if sorted else tied | True, order[:, :k], rearrange)
    return lines[rows, order], order


@index(_placed, outs=("values", "indices"), returns=return_types.topk)
def topk(xp, x, *, k, dim=-1, largest=True, sorted=True):
    """The `k` largest (or smallest) along `dim` and where they were; NaN is the largest.

    Raises: RuntimeError for a k that is larger than the size.
    """
    at = wrap_dim(dim, x.ndim)
    if not 0 <= k <= (x.shape[at] if x.ndim else 1):
        raise RuntimeError(
            f"topk: expected k from 0 to the size of dimension {dim} of {list(x.shape)}, got {k}"
        )
    if x.dtype.kind == "b":
        raise RuntimeError("topk: not implemented for torch.bool")
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    size = x.shape[:at] + x.shape[at + 1 :]
    if not k or 0 in size:
        size = (*x.shape[:at], k, *x.shape[at + 1 :])
        return xp.empty(size, x.dtype), xp.zeros(size, xp.int64)
    found = [part.reshape(*size, k) for part in _top(xp, _lines(xp, x, at), k, largest, sorted)]
    if at < x.ndim - 1:
        found = [xp.moveaxis(part, -1, at) for part in found]
    return tuple([xp.ascontiguousarray(part) for part in found])


def _check_line(x, at, name):
    if x.ndim and not x.shape[at]:
        raise IndexError(
            f"{name}: expected at least one element along dimension {at}, got {list(x.shape)}"
        )
    if name != "mode":
        errors.refuse_bool(x, name)


def _first(xp, lines, values):
    """(where the value of each line first stands, the lines where it stands more than once)."""
    equal = _same(xp, lines, values[:, None])
    return equal.argmax(axis=1), equal.sum(axis=1) > 1


@apart
@reduce(selected_rule, outs=("values", "indices"), returns=return_types.kthvalue)
def kthvalue(xp, x, *, k, dim=-1, keepdim=False):
    """The k-th smallest along `dim`, counted from 1, and where it is; NaN is the largest.

    Raises: RuntimeError for a k that is not there.
    """
    at = wrap_dim(dim, x.ndim)
    _check_line(x, at, "kthvalue")
    n = x.shape[at] if x.ndim else 1
    if not 1 <= k <= n:
        raise RuntimeError(f"kthvalue: expected k from 1 to {n}, got {k}")
    lines = _lines(xp, x, at)
    values = xp.partition(lines, k - 1, axis=1)[:, k - 1]
    found, tied = _first(xp, lines, values)

    def rearrange(keys: list, order: list) -> int:
        _selection.quick_select(keys, order, k - 1)
        return order[k - 1]

    found = _rearranged(xp, lines, tied, found, rearrange)
    return (_unlined(xp, values, x.shape, at, keepdim), _unlined(xp, found, x.shape, at, keepdim))


def _middle(xp, lines, ignore_nan):
    """(the lower median of each line, where it stands in a stable sort); NaN if there is one."""
    n = lines.shape[1]
    nans = (lines != lines).sum(axis=1)
    rank = xp.maximum((n - (nans if ignore_nan else 0) - 1) // 2, 0) + xp.zeros_like(nans)
    if not ignore_nan:
        rank[nans > 0] = (n - nans)[nans > 0]  # the first NaN
    values = xp.take_along_axis(xp.sort(lines, axis=1), rank[:, None], 1)
    before = rank[:, None] - (xp.where(values == values, lines < values, lines == lines)).sum(
        axis=1, keepdims=True
    )  # how many equal ones come first
    count = _same(xp, lines, values).cumsum(axis=1)
    return values[:, 0], (count > before).argmax(axis=1)


@reduce(selected_rule, outs=("values", "indices"), torch_name="MedianBackward1")
def median_dim(xp, x, *, dim, keepdim=False, ignore_nan=False):
    """The lower median along `dim` and where it is."""
    at = wrap_dim(dim, x.ndim)
    _check_line(x, at, "median")
    values, found = _middle(xp, _lines(xp, x, at), ignore_nan)
    return (_unlined(xp, values, x.shape, at, keepdim), _unlined(xp, found, x.shape, at, keepdim))


@reduce(even_shares, torch_name="MedianBackward0")
def median_all(xp, x, *, ignore_nan=False):
    """The lower median of all elements; of none NaN, or the least integer."""
    errors.refuse_bool(x, "median")
    if not x.size:
        return x.dtype.type(xp.nan) if x.dtype.kind == "f" else xp.iinfo(x.dtype).min
    return _middle(xp, x.reshape(1, -1), ignore_nan)[0].reshape(())


@composition
def median(input, dim=None, keepdim=False) -> Any:
    """The lower median of all elements; with `dim`, (values, indices) along it.

    NaN where there is one. Raises: IndexError for a dimension without elements.
    """
    if dim is None:
        return median_all(input)
    return return_types.median(*median_dim(input, dim=dim, keepdim=keepdim))


@composition
def nanmedian(input, dim=None, keepdim=False) -> Any:
    """As median, of what is not NaN; NaN where there is nothing else."""
    if dim is None:
        return median_all(input, ignore_nan=True)
    found = median_dim(input, dim=dim, keepdim=keepdim, ignore_nan=True)
    return return_types.nanmedian(*found)


@reduce(selected_rule, outs=("values", "indices"), returns=return_types.mode)
def mode(xp, x, *, dim=-1, keepdim=False):
    """The most frequent along `dim`, the smallest of several, and where one of it is."""
    at = wrap_dim(dim, x.ndim)
    _check_line(x, at, "mode")
    lines = _lines(xp, x, at)
    n = lines.shape[1]
    order = xp.argsort(lines, axis=1, kind="stable")
    ordered = xp.take_along_axis(lines, order, 1)
    places = xp.arange(n)
    fresh = xp.ones(lines.shape, bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    run = places - xp.maximum.accumulate(xp.where(fresh, places, 0), axis=1) + 1
    last = xp.roll(fresh, -1, axis=1)  # the ends of the runs
    last[:, -1:] = True
    top = (run * last).argmax(axis=1)[:, None]
    values = xp.take_along_axis(ordered, top, 1)[:, 0]
    found = xp.take_along_axis(order, top, 1)[:, 0]
    tied = (xp.take_along_axis(run, top, 1)[:, 0] > 1) & (n > 16)  # fewer are sorted stably
    tops = iter(top[tied, 0])

    def rearrange(keys: list, order: list) -> int:
        _selection.sort(keys, order, n)
        return order[next(tops)]

    found = _rearranged(xp, lines, tied, found, rearrange)
    return (_unlined(xp, values, x.shape, at, keepdim), _unlined(xp, found, x.shape, at, keepdim))


# ------------------------------------------------------------------ what is there


@index(None, outs=("values", "inverse", "counts"))
def distinct(xp, x, *, dim=None, consecutive=False, inverse=True):
    """(the different elements or slices, which of them each is, how often each is there)."""
    if not (inverse or consecutive or dim is not None or x.dtype.kind == "f"):
        x, consecutive = xp.sort(x, axis=None), True
    rows = x.reshape(-1, 1)
    if dim is not None:
        n = x.shape[dim]
        rows = xp.moveaxis(x, dim, 0).reshape(n, x.size // n if n else 1)
    n = rows.shape[0]
    order = xp.arange(n)
    if not consecutive and n:
        order = xp.lexsort(rows.T[::-1]) if rows.shape[1] > 1 else rows[:, 0].argsort(kind="stable")
    ordered = rows[order]
    fresh = xp.ones(n, bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = xp.flatnonzero(fresh)
    which = xp.empty(n, xp.int64)
    which[order] = xp.cumsum(fresh) - 1
    counts = xp.diff(starts, append=n)
    values = ordered[starts]
    if dim is None:
        return values[:, 0], which.reshape(x.shape), counts
    sizes = (len(starts), *x.shape[:dim], *x.shape[dim + 1 :])
    return xp.ascontiguousarray(xp.moveaxis(values.reshape(sizes), 0, dim)), which, counts


def _distinct(input, return_inverse, return_counts, dim, consecutive):
    if dim is not None:
        dim = wrap_dim(dim, input.ndim)
        if not input.ndim:
            raise IndexError("unique: expected at least one dimension, got a 0-d tensor")
        if 0 in input.shape[:dim] + input.shape[dim + 1 :]:
            raise RuntimeError(
                f"unique: expected elements along each dimension but {dim}, got {list(input.shape)}"
            )
    found = distinct(input, dim=dim, consecutive=consecutive, inverse=return_inverse)
    wanted = (True, return_inverse, return_counts)
    chosen = tuple(part for part, keep in zip(found, wanted) if keep)
    return chosen if len(chosen) > 1 else chosen[0]


@composition
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None) -> Any:
    """The different elements, or slices along `dim`, in order; each NaN is another.

    With it, where asked for, which of them each element is, and how often each is there.
    """
    return _distinct(input, return_inverse, return_counts, dim, False)


@composition
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None) -> Any:
    """As unique, for runs of equal elements or slices, in the order they stand."""
    return _distinct(input, return_inverse, return_counts, dim, True)


@compare(None)
def isin(xp, x, y, *, assume_unique=False, invert=False):
    """Whether each element of `x` is one of `y`, or (invert) is none.

    Raises: TypeError for two numbers, RuntimeError for bools.
    """
    if x is None or y is None:
        raise TypeError("isin(): expected tensors or a number and a tensor, got None")
    arrays = [xp.asarray(a) for a in (x, y)]
    if any(a.dtype.kind == "b" for a in arrays):
        raise RuntimeError("isin: not implemented for torch.bool")
    return xp.isin(*arrays, invert=invert)


def _bisect(xp, lines, wanted, right):
    """In each line the first place whose element is not below (right: above) what is wanted."""
    low = xp.zeros(wanted.shape, xp.int64)
    high = low + lines.shape[1]
    while (low < high).any():
        middle = (low + high) >> 1
        here = xp.take_along_axis(lines, xp.minimum(middle, lines.shape[1] - 1), 1)
        go = ~(here > wanted if right else here >= wanted) & (low < high)
        low, high = xp.where(go, middle + 1, low), xp.where(go, high, middle)
    return low


@index((None, None), promote=True)
def insertion_points(xp, x, y, *, right=False, narrow=False):
    """How many elements along the last axis of `x`, sorted, come before each of `y`."""
    errors.refuse_bool(x, "searchsorted")
    y = xp.asarray(y, x.dtype)
    if x.ndim == 1 and (x[1:] >= x[:-1]).all():
        found = xp.searchsorted(x, y.reshape(-1), side="right" if right else "left")
    else:
        n = x.shape[-1]
        count = x.size // n if n else int(xp.prod(x.shape[:-1]))
        wanted = y.reshape(count, y.size // count if count else 0)
        found = _bisect(xp, x.reshape(count, n), wanted, right)
    return found.reshape(y.shape).astype(xp.int32 if narrow else xp.int64)


@composition
def searchsorted(
    sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None
) -> Tensor:
    """Where `input` would go in `sorted_sequence`, whose last axis is sorted, to keep it sorted.

    Before equal elements, or (right) after them. `sorter` sorts what is not sorted.
    Raises: RuntimeError where sizes, sides or the sorter do not fit.
    """
    size, given = sorted_sequence.shape, () if isinstance(input, (int, float)) else input.shape
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(f"searchsorted: expected side 'left' or 'right', got {side!r}, {right=}")
    if len(size) != 1 and (not given or size[:-1] != given[:-1]):
        raise RuntimeError(
            f"searchsorted: expected a vector, or sizes of {list(given)} but the last, got "
            f"{list(size)}"
        )
    if sorter is not None:
        if sorter.shape != size or sorter.dtype.name != "int64":
            raise RuntimeError(
                f"searchsorted: expected a sorter of torch.int64 of shape {list(size)}, got "
                f"{sorter.dtype} of {list(sorter.shape)}"
            )
        sorted_sequence = gather(sorted_sequence, sorter, dim=-1)
    right = right or side == "right"
    return insertion_points(sorted_sequence, input, right=right, narrow=out_int32)


@composition
def bucketize(input, boundaries, *, out_int32=False, right=False) -> Tensor:
    """Which of the intervals between `boundaries`, a sorted vector, each of `input` is in.

    Raises: RuntimeError for boundaries that are no vector.
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"bucketize: expected a vector, got shape {list(boundaries.shape)}")
    return insertion_points(boundaries, input, right=right, narrow=out_int32)
