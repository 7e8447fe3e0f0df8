"""Elements chosen by arrays of indices, and their adjoints, which add where indices repeat.

A key is split as torch splits it: its numbers, slices and None make a view first; what remains is a
`spec`, a tuple of full slices and of ARRAY, one for each index array that is passed beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch.calls import composition
from minitorch.errors import broadcast_error, check_index_dtype, wrap_dim
from minitorch.ops.elementwise import where, zero
from minitorch.ops.shape import basic_index, expand, reshape, select
from minitorch.primitive import index

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "index_add",
    "index_select",
    "scatter_add",
]


class _Array:
    """Marks the place of an index array in a spec."""

    def __repr__(self):
        return "ARRAY"


ARRAY, ALL = _Array(), slice(None)


def _key(indices, spec):
    """NumPy's key for index arrays in their places."""
    arrays = iter(indices)
    return tuple(next(arrays) if s is ARRAY else s for s in spec)


def _check_range(size, indices, spec):
    """Raise IndexError for an index that is not there or a mask of other sizes, naming both."""
    if len(indices) > 1:
        problem = broadcast_error([a.shape for a in indices if a.dtype.kind != "b"])
        if problem is not None:
            raise IndexError(f"index: {problem}")
    axis, arrays = 0, iter(indices)
    for s in spec:
        a = next(arrays) if s is ARRAY else None
        if a is None:
            axis += 1
        elif a.dtype.kind == "b":
            for k, n in enumerate(a.shape):
                if axis + k >= len(size) or size[axis + k] != n:
                    raise IndexError(
                        f"expected a mask that fits dimension {axis + k} of shape {list(size)}, "
                        f"got a mask of shape {list(a.shape)}"
                    )
            axis += a.ndim
        else:
            if axis >= len(size):
                raise IndexError(f"expected at most {len(size)} indices for shape {list(size)}")
            check_indices(a, size[axis], axis)
            axis += 1


def check_indices(a, n, axis, error=IndexError, low=None):
    """Raise `error` unless each index in `a` is in [low, n); low is -n unless it is given."""
    low = -n if low is None else low
    if a.size and not (low <= a.min() and a.max() < n):
        wrong = a[(a < low) | (a >= n)].flat[0]
        raise error(f"index {wrong} is out of bounds for dimension {axis} with size {n}")


@index(
    lambda g, x_shape, indices, spec: put_add(g, *indices, size=x_shape, spec=spec),
    torch_name="IndexBackward0",
)
def take(xp, x, *indices, spec):
    """The elements of `x` at the index arrays, which stand at ARRAY in `spec`; a copy."""
    _check_range(x.shape, indices, spec)
    out = x[_key(indices, spec)]
    return out if out.flags.c_contiguous else out.copy(order="C")


@index(lambda g, indices, spec: take(g, *indices, spec=spec))
def put_add(xp, x, *indices, size, spec):
    """Zeros of sizes `size` with `x` added at the index arrays: the adjoint of `take`."""
    out = xp.zeros(size, x.dtype)
    xp.add.at(out, _key(indices, spec), x)
    return out


def _kept_rule(g, indices, spec, accumulate):
    return (
        g if accumulate else index_put(g, zero(take(g, *indices, spec=spec)), *indices, spec=spec)
    )


@index((_kept_rule, lambda g, indices, spec: take(g, *indices, spec=spec)))
def index_put(xp, x, value, *indices, spec, accumulate=False):
    """`x` with `value` at the index arrays, put there or added."""
    _check_range(x.shape, indices, spec)
    out, key = x.copy(), _key(indices, spec)
    try:
        if accumulate:
            xp.add.at(out, key, value)
        else:
            out[key] = value
    except ValueError:
        raise RuntimeError(
            f"index_put: expected a value that broadcasts to {list(out[key].shape)}, got "
            f"{list(value.shape)}"
        ) from None
    return out


def _along(xp, indices, dim):
    """A NumPy key that uses `indices` along axis `dim`, element by element."""
    return tuple(
        indices if i == dim else xp.arange(n).reshape((-1,) + (1,) * (indices.ndim - 1 - i))
        for i, n in enumerate(indices.shape)
    )


def _check_gather(x, indices, at, name):
    check_index_dtype(indices, name)
    if indices.ndim != x.ndim:
        raise RuntimeError(
            f"{name}: expected indices of {x.ndim} dimensions for shape {list(x.shape)}, got shape "
            f"{list(indices.shape)}"
        )
    for i, (n, m) in enumerate(zip(indices.shape, x.shape)):
        if i != at and n > m:
            raise RuntimeError(
                f"{name}: expected indices no larger than {list(x.shape)} but along dimension "
                f"{at}, got {list(indices.shape)}"
            )
    check_indices(indices, x.shape[at], at, RuntimeError, 0)


@index((lambda g, x_shape, indices, dim: put_along(g, indices, size=x_shape, dim=dim), None))
def gather(xp, x, indices, *, dim):
    """out[i][j] = x[indices[i][j]][j] for dim = 0, and so on."""
    at = wrap_dim(dim, x.ndim)
    if not x.ndim:
        return x.reshape(1)[indices.reshape(-1)].reshape(indices.shape)
    _check_gather(x, indices, at, "gather")
    return x[_along(xp, indices, at)]


@index((lambda g, indices, dim: gather(g, indices, dim=dim), None))
def put_along(xp, x, indices, *, size, dim):
    """Zeros of sizes `size` with `x` added at `indices` along `dim`: the adjoint of `gather`."""
    out = xp.zeros(size, x.dtype)
    xp.add.at(out, _along(xp, indices, wrap_dim(dim, len(size))), x)
    return out


def _scatter_kept(g, indices, dim):
    return scatter(g, indices, zero(gather(g, indices, dim=dim)), dim=dim)


@index((_scatter_kept, None, lambda g, indices, dim: gather(g, indices, dim=dim)))
def scatter(xp, x, indices, value, *, dim):
    """`x` with `value` put at `indices` along `dim`."""
    at = wrap_dim(dim, x.ndim)
    _check_gather(x, indices, at, "scatter")
    out = x.copy()
    out[_along(xp, indices, at)] = value
    return out


@index(
    (
        lambda g, weight_shape, indices, padding_idx: embedding_grad(
            g, indices, rows=weight_shape[0], padding_idx=padding_idx
        ),
        None,
    )
)
def embedding(xp, weight, indices, *, padding_idx=None):
    """The rows of `weight` at `indices`; row `padding_idx` gets no gradient.

    Raises: IndexError for an index that is not there, RuntimeError for indices that are no ints.
    """
    check_index_dtype(indices, "embedding")
    if indices.size and not (indices.min() >= 0 and indices.max() < weight.shape[0]):
        wrong = indices[(indices < 0) | (indices >= weight.shape[0])].flat[0]
        raise IndexError(f"embedding: expected an index in [0, {weight.shape[0]}), got {wrong}")
    return weight[indices]


@index(
    (
        lambda g, indices, padding_idx: _without_padding(
            embedding(g, indices), indices, padding_idx
        ),
        None,
    )
)
def embedding_grad(xp, x, indices, *, rows, padding_idx=None):
    """The rows of `x` added where `indices` say, into `rows` rows: the adjoint of `embedding`."""
    width = x.shape[indices.ndim :]
    flat, x = indices.reshape(-1), x.reshape(-1, *width)
    out = xp.zeros((rows, *width), x.dtype)
    if flat.size:
        order = flat.argsort(kind="stable")
        ordered = flat[order]
        starts = xp.flatnonzero(xp.concatenate(([True], ordered[1:] != ordered[:-1])))
        out[ordered[starts]] = xp.add.reduceat(x[order], starts, axis=0)
    if padding_idx is not None:
        out[padding_idx] = 0
    return out


def _without_padding(x, indices, padding_idx):
    if padding_idx is None:
        return x
    hidden = reshape(indices == padding_idx, (*indices.shape, 1))
    return where(expand(hidden, size=x.shape), 0, x)


@index(
    lambda g, indices, x_shape, dim: put_along(g[0], indices, size=x_shape, dim=dim),
    outs=("values", "indices"),
)
def sort(xp, x, *, dim=-1, descending=False, stable=False):
    """The elements along `dim` in order, NaN as the largest, and where they were."""
    at = wrap_dim(dim, x.ndim)
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    order = _descending(xp, x, at) if descending else xp.argsort(x, axis=at, kind="stable")
    return xp.take_along_axis(x, order, at), order


def _descending(xp, x, at):
    """Positions from the largest down, equal elements in the order they stand."""
    back = xp.argsort(xp.flip(x, at), axis=at, kind="stable")
    return x.shape[at] - 1 - xp.flip(back, at)


@index(
    lambda g, indices, x_shape, dim: put_along(g[0], indices, size=x_shape, dim=dim),
    outs=("values", "indices"),
)
def topk(xp, x, *, k, dim=-1, largest=True, sorted=True):
    """The `k` largest (or smallest) along `dim` and where they were."""
    at = wrap_dim(dim, x.ndim)
    if not 0 <= k <= (x.shape[at] if x.ndim else 1):
        raise RuntimeError(
            f"topk: expected k from 0 to the size of dimension {dim} of {list(x.shape)}, got {k}"
        )
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    order = _descending(xp, x, at) if largest else xp.argsort(x, axis=at, kind="stable")
    order = order[(ALL,) * at + (slice(k),)].copy(order="C")
    return xp.take_along_axis(x, order, at), order


@index(None)
def nonzero(xp, x):
    """The positions of the elements that are not 0, one row each."""
    if not x.ndim:
        return xp.zeros((int(x != 0), 0), xp.int64)
    return xp.argwhere(x).astype(xp.int64, copy=False)


# ------------------------------------------------------------------ x[key]


def parse(key, ndim):
    """Split a key: (what makes a view, the spec of what remains, the index arrays).

    Raises: IndexError or TypeError for what is no index, ValueError for a step below 1.
    """
    key = key if isinstance(key, tuple) or _means_tuple(key) else (key,)
    key = tuple(_entry(k) for k in key)
    used = sum(_width(k) for k in key)
    if used > ndim:
        raise IndexError(f"expected at most {ndim} indices, got {used}")
    basic, spec, arrays, open_ = [], [], [], False
    for k in key:
        if k is Ellipsis:
            if open_:
                raise IndexError("expected one ellipsis ('...') at most, got two")
            open_ = True
            basic.extend([ALL] * (ndim - used))
            spec.extend([ALL] * (ndim - used))
        elif hasattr(k, "dtype"):
            basic.extend([ALL] * _width(k))
            spec.append(ARRAY)
            arrays.append(k)
        else:
            basic.append(k)
            if k is None or isinstance(k, slice):
                spec.append(ALL)
    return (*basic, ...), tuple(spec), arrays


def _means_tuple(key):
    """Whether a list stands for several indices: where it holds more than numbers, as in torch."""
    return isinstance(key, list) and any(
        k is None or k is Ellipsis or isinstance(k, (slice, list, tuple)) or hasattr(k, "_array")
        for k in key
    )


def _width(k):
    """How many axes an entry of a key takes: a mask as many as it has."""
    if k is None or k is Ellipsis:
        return 0
    array = getattr(k, "_array", k)
    return array.ndim if hasattr(array, "dtype") and array.dtype.kind == "b" else 1


def _entry(k):
    """One entry of a key as an int, a slice, None, Ellipsis, or an index array (or tensor)."""
    if k is None or k is Ellipsis:
        return k
    if isinstance(k, slice):
        if k.step is not None and k.step <= 0:
            raise ValueError(f"expected a step above 0, got {k.step}: use flip")
        return slice(*(None if n is None else _bound(n) for n in (k.start, k.stop, k.step)))
    if isinstance(k, bool):
        return _to_array(k)
    array = getattr(k, "_array", k)
    if hasattr(array, "dtype"):
        if array.dtype.kind not in "iub":
            raise IndexError(f"expected index tensors of integers or bools, got {array.dtype}")
        if array.dtype == "uint8" and array.ndim:
            return array != 0  # a mask, from before there were bools
        return k if array.ndim or array.dtype.kind == "b" else int(array)
    if isinstance(k, (list, tuple, range)):
        return _entry(_to_array(k))
    if hasattr(k, "__index__"):
        return k.__index__()
    kind = TypeError if isinstance(k, str) else IndexError
    raise kind(
        "expected an integer, a slice (`:`), an ellipsis (`...`), None or a tensor of integers or "
        f"bools as index, got {type(k).__name__}"
    )


def _bound(n):
    """One end of a slice, or its step, as an int."""
    if not hasattr(n, "__index__"):
        raise TypeError(f"expected integers in a slice, got {type(n).__name__}")
    return n.__index__()


def _to_array(k):
    from minitorch.backend import xp

    array = xp.asarray(k)
    return array.astype(xp.int64) if not array.size else array


def getitem(x, key) -> Tensor:
    """x[key]: a view for numbers, slices, None and Ellipsis; a copy where index arrays are."""
    if isinstance(key, int) and not isinstance(key, bool):
        n = x.shape[0] if x.ndim else 0
        if not x.ndim:
            raise IndexError(
                "expected at least one dimension to index, got a 0-d tensor: use item()"
            )
        if not -n <= key < n:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size {n}")
        return select(x, dim=0, index=key)
    at, spec, arrays = parse(key, x.ndim)
    if any(k is not ALL for k in at[:-1]) or not arrays:
        x = basic_index(x, at=at)
    return take(x, *arrays, spec=spec) if arrays else x


@composition
def index_select(input, dim, index) -> Tensor:
    """The slices of `input` along `dim` at the 1-D tensor `index`.

    Raises: IndexError for an index that is not there or not 1-D.
    """
    if index.ndim > 1:
        raise IndexError(f"index_select: expected a vector of indices, got {list(index.shape)}")
    check_index_dtype(index._array, "index_select")
    at = wrap_dim(dim, input.ndim)
    check_indices(index._array, input.shape[at] if input.ndim else 1, at, IndexError, 0)
    return take(input, reshape(index, (-1,)), spec=(ALL,) * at + (ARRAY,))


@composition
def scatter_add(input, dim, index, src) -> Tensor:
    """`input` with `src` added at `index` along `dim`."""
    at = wrap_dim(dim, input.ndim)
    _check_gather(input._array, index._array, at, "scatter_add")
    check_source(index, src, "scatter_add")
    part = basic_index(src, at=tuple(slice(n) for n in index.shape))
    return input + put_along(part, index, size=tuple(input.shape), dim=at)


def check_source(index, src, name):
    """Raise RuntimeError where there are more indices than elements of the source."""
    if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape)):
        raise RuntimeError(
            f"{name}: expected a source at least as large as the indices {list(index.shape)}, got "
            f"{list(src.shape)}"
        )


@composition
def index_add(input, dim, index, source, *, alpha=1) -> Tensor:
    """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`."""
    at = wrap_dim(dim, input.ndim)
    if source.dtype is not input.dtype:
        raise RuntimeError(f"index_add: expected one dtype, got {input.dtype} and {source.dtype}")
    if source.ndim and source.shape[at] != index.numel():
        raise RuntimeError(
            f"index_add: expected as many slices as indices, got {source.shape[at]} and "
            f"{index.numel()}"
        )
    spec = (ALL,) * at + (ARRAY,)
    return index_put(
        input, source if alpha == 1 else source * alpha, index, spec=spec, accumulate=True
    )
