"""Elements chosen by arrays of indices, and their adjoints, which add where indices repeat.

A key is split as torch splits it: its numbers, slices and None make a view first; what remains is a
`spec`, a tuple of full slices and of ARRAY, one for each index array that is passed beside it.
"""

from __future__ import annotations

from minitorch.errors import wrap_dim
from minitorch.ops.elementwise import where, zero
from minitorch.ops.shape import basic_index, expand, reshape, select
from minitorch.primitive import index


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
    axis, arrays = 0, iter(indices)
    for s in spec:
        a = next(arrays) if s is ARRAY else None
        if a is None:
            axis += 1
        elif a.dtype.kind == "b":
            for k, n in enumerate(a.shape):
                if axis + k >= len(size) or size[axis + k] != n:
                    raise IndexError(
                        f"The shape of the mask {list(a.shape)} at index {k} does not match the "
                        f"shape of the indexed tensor {list(size)} at index {axis + k}"
                    )
            axis += a.ndim
        else:
            if axis >= len(size):
                raise IndexError(f"too many indices for tensor of dimension {len(size)}")
            check_indices(a, size[axis], axis)
            axis += 1


def check_indices(a, n, axis, error=IndexError):
    """Raise `error` unless each index in `a` is in [-n, n)."""
    if a.size and not (-n <= a.min() and a.max() < n):
        wrong = a[(a < -n) | (a >= n)].flat[0]
        raise error(f"index {wrong} is out of bounds for dimension {axis} with size {n}")


@index(lambda g, x_shape, indices, spec: put_add(g, *indices, size=x_shape, spec=spec),
       torch_name="IndexBackward0")
def take(xp, x, *indices, spec):
    """The elements of `x` at the index arrays, which stand at ARRAY in `spec`; a copy."""
    _check_range(x.shape, indices, spec)
    return x[_key(indices, spec)]


@index(lambda g, indices, spec: take(g, *indices, spec=spec))
def put_add(xp, x, *indices, size, spec):
    """Zeros of sizes `size` with `x` added at the index arrays: the adjoint of `take`."""
    out = xp.zeros(size, x.dtype)
    xp.add.at(out, _key(indices, spec), x)
    return out


def _kept_rule(g, indices, spec, accumulate):
    return g if accumulate else index_put(g, zero(take(g, *indices, spec=spec)), *indices, spec=spec)


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
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to "
            f"indexing result of shape {list(out[key].shape)}"
        ) from None
    return out


def _along(xp, indices, dim):
    """A NumPy key that uses `indices` along axis `dim`, element by element."""
    return tuple(
        indices if i == dim else xp.arange(n).reshape((-1,) + (1,) * (indices.ndim - 1 - i))
        for i, n in enumerate(indices.shape)
    )


def _check_gather(x, indices, at, name):
    if indices.dtype.kind not in "iu":
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if indices.ndim != x.ndim:
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as input tensor: "
            f"{list(indices.shape)} and {list(x.shape)}"
        )
    for i, (n, m) in enumerate(zip(indices.shape, x.shape)):
        if i != at and n > m:
            raise RuntimeError(
                f"Size does not match at dimension {i} expected index {list(indices.shape)} to be "
                f"no larger than self {list(x.shape)} apart from dimension {at}"
            )
    check_indices(indices, x.shape[at], at, RuntimeError)


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


@index((lambda g, weight_shape, indices, padding_idx: embedding_grad(
    g, indices, rows=weight_shape[0], padding_idx=padding_idx), None))
def embedding(xp, weight, indices, *, padding_idx=None):
    """The rows of `weight` at `indices`; row `padding_idx` gets no gradient.

    Raises: IndexError for an index that is not there, RuntimeError for indices that are no ints.
    """
    if indices.dtype.kind not in "iu":
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {indices.dtype} instead"
        )
    if indices.size and not (0 <= indices.min() and indices.max() < weight.shape[0]):
        wrong = indices[(indices < 0) | (indices >= weight.shape[0])].flat[0]
        raise IndexError(f"index out of range in self: {wrong} with {weight.shape[0]} rows")
    return weight[indices]


@index((lambda g, indices, padding_idx: _without_padding(embedding(g, indices), indices, padding_idx),
        None))
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


@index(lambda g, indices, x_shape, dim: put_along(g[0], indices, size=x_shape, dim=dim),
       outs=("values", "indices"))
def sort(xp, x, *, dim=-1, descending=False, stable=False):
    """The elements along `dim` in order, NaN as the largest, and where they were."""
    at = wrap_dim(dim, x.ndim)
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    order = (_descending(xp, x, at) if descending else xp.argsort(x, axis=at, kind="stable"))
    return xp.take_along_axis(x, order, at), order


def _descending(xp, x, at):
    """Positions from the largest down, equal elements in the order they stand."""
    back = xp.argsort(xp.flip(x, at), axis=at, kind="stable")
    return x.shape[at] - 1 - xp.flip(back, at)


@index(lambda g, indices, x_shape, dim: put_along(g[0], indices, size=x_shape, dim=dim),
       outs=("values", "indices"))
def topk(xp, x, *, k, dim=-1, largest=True, sorted=True):
    """The `k` largest (or smallest) along `dim` and where they were."""
    at = wrap_dim(dim, x.ndim)
    if not 0 <= k <= (x.shape[at] if x.ndim else 1):
        raise RuntimeError(f"selected index k out of range: k={k} of {list(x.shape)} along {dim}")
    if not x.ndim:
        return x.copy(), xp.zeros((), xp.int64)
    order = _descending(xp, x, at) if largest else xp.argsort(x, axis=at, kind="stable")
    order = order[(ALL,) * at + (slice(k),)]
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
    key = key if isinstance(key, tuple) else (key,)
    key = tuple(_entry(k) for k in key)
    used = sum(_width(k) for k in key)
    if used > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    basic, spec, arrays, open_ = [], [], [], False
    for k in key:
        if k is Ellipsis:
            if open_:
                raise IndexError("an index can only have a single ellipsis ('...')")
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
            raise ValueError(f"step must be greater than zero, got {k.step}")
        return slice(*(None if n is None else n.__index__() for n in (k.start, k.stop, k.step)))
    if isinstance(k, bool):
        return _to_array(k)
    array = getattr(k, "_array", k)
    if hasattr(array, "dtype"):
        if array.dtype.kind not in "iub":
            raise IndexError(
                "tensors used as indices must be long, int, byte or bool tensors, not "
                f"{array.dtype}"
            )
        return k if array.ndim or array.dtype.kind == "b" else int(array)
    if isinstance(k, (list, tuple, range)):
        return _entry(_to_array(k))
    if hasattr(k, "__index__"):
        return k.__index__()
    kind = TypeError if isinstance(k, str) else IndexError
    raise kind(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type(k).__name__})"
    )


def _to_array(k):
    from minitorch.backend import xp

    array = xp.asarray(k)
    return array.astype(xp.int64) if not array.size else array


def getitem(x, key):
    """x[key]: a view for numbers, slices, None and Ellipsis; a copy where index arrays are."""
    if isinstance(key, int) and not isinstance(key, bool):
        n = x.shape[0] if x.ndim else 0
        if not x.ndim:
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` instead")
        if not -n <= key < n:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size {n}")
        return select(x, dim=0, index=key)
    at, spec, arrays = parse(key, x.ndim)
    if any(k is not ALL for k in at[:-1]) or not arrays:
        x = basic_index(x, at=at)
    return take(x, *arrays, spec=spec) if arrays else x


def index_select(input, dim, index):
    """The slices of `input` along `dim` at the 1-D tensor `index`.

    Raises: IndexError for an index that is not there or not 1-D.
    """
    if index.ndim > 1:
        raise IndexError(f"index_select(): Index is supposed to be a vector, got {index.ndim}-D")
    if index.dtype.is_floating_point:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    at = wrap_dim(dim, input.ndim)
    return take(input, reshape(index, (-1,)), spec=(ALL,) * at + (ARRAY,))


def scatter_add(input, dim, index, src):
    """`input` with `src` added at `index` along `dim`."""
    at = wrap_dim(dim, input.ndim)
    _check_gather(input._array, index._array, at, "scatter_add")
    part = basic_index(src, at=tuple(slice(n) for n in index.shape))
    return input + put_along(part, index, size=tuple(input.shape), dim=at)


def index_add(input, dim, index, source, *, alpha=1):
    """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`."""
    at = wrap_dim(dim, input.ndim)
    spec = (ALL,) * at + (ARRAY,)
    return index_put(input, source if alpha == 1 else source * alpha, index, spec=spec, accumulate=True)


