"""Elements chosen by arrays of indices, and their adjoints, which add where indices repeat.

A key is split as torch splits it: its numbers, slices and None make a view first; what remains is a
`spec`, a tuple of full slices and of ARRAY, one for each index array that is passed beside it.
"""

from __future__ import annotations

from minitorch._tensor import Tensor, edge, wrap
from minitorch.errors import broadcast_error, broadcast_shapes, check_index_dtype, name_of, wrap_dim
from minitorch.ops.elementwise import where
from minitorch.ops.shape import basic_index, expand, reshape, select
from minitorch.primitive import index, view_of

__all__: list[str] = []


class _Array:
    """Marks the place of an index array in a spec."""

    def __repr__(self):
        return "ARRAY"


ARRAY, ALL = _Array(), slice(None)


def _key(indices, spec):
    """NumPy's key for index arrays in their places."""
    arrays = iter(indices)
    return tuple(next(arrays) if s is ARRAY else s for s in spec)


def _check_shapes(size, indices, spec):
    """Raise IndexError for arrays that do not broadcast, masks of other sizes, too many indices."""
    for axis, a in _axes_of(indices, spec):
        for k, n in enumerate(a.shape if a.dtype.kind == "b" else ()):
            if axis + k >= len(size) or size[axis + k] != n:
                raise IndexError(
                    f"expected a mask that fits dimension {axis + k} of shape {list(size)}, got a "
                    f"mask of shape {list(a.shape)}"
                )
        if a.dtype.kind != "b" and axis >= len(size):
            raise IndexError(f"expected at most {len(size)} indices for shape {list(size)}")
    problem = broadcast_error([_chosen(a) for a in indices])
    if problem is not None:
        raise IndexError(f"index: {problem}")


def _chosen(a):
    """The sizes of what an index array chooses: a mask gives as many as there are in it."""
    return a.shape if a.dtype.kind != "b" else (int(a.sum()),)


def _axes_of(indices, spec):
    """(first axis it indexes, index array) for each of them."""
    axis, arrays = 0, iter(indices)
    for s in spec:
        if s is ARRAY:
            a = next(arrays)
            yield axis, a
            axis += a.ndim if a.dtype.kind == "b" else 1
        else:
            axis += 1


def check_indices(a, n, axis, error=IndexError, low=None):
    """Raise `error` unless each index in `a` is in [low, n); low is -n unless it is given."""
    low = -n if low is None else low
    if a.dtype.char in "lq" and a.size:  # as unsigned numbers what is too low is too high as well
        above = (a - low if low else a).view("u8")
        if above.max() < n - low:
            return
    if a.size and not (low <= a.min() and a.max() < n):
        wrong = a[(a < low) | (a >= n)].flat[0]
        raise error(f"index {wrong} is out of bounds for dimension {axis} with size {n}")


def checked_positions(xp, size, indices, spec):
    """As `positions`. Raises: IndexError for what is not there, unless nothing is chosen."""
    _check_shapes(size, indices, spec)
    places = positions(xp, size, indices, spec)
    nowhere = 0 not in broadcast_shapes(*map(_chosen, indices))
    for axis, a in _axes_of(indices, spec):
        if a.dtype.kind != "b" and (places.size or (nowhere and not size[axis])):
            check_indices(a, size[axis], axis)
    return places


def positions(xp, size, indices, spec):
    """Where the elements of x[key] are in the flattened `x` of sizes `size`."""
    steps = _steps(size)
    masked = sum(a.ndim if a.dtype.kind == "b" else 1 for a in indices)
    spec = [*spec, *[ALL] * (len(size) - masked - spec.count(ALL))]
    arrays, axis, free = iter(indices), 0, spec.count(ALL)
    chosen = others = xp.zeros((), xp.int64)
    for s in spec:
        if s is ALL:
            free -= 1
            along = xp.arange(size[axis]) * steps[axis]
            others = others + along.reshape((-1,) + (1,) * free)
            axis += 1
            continue
        a = next(arrays)
        if a.dtype.kind == "b" and not a.ndim:  # an axis of its own, with one element or none
            chosen = chosen + xp.zeros(int(a), xp.int64)
            continue
        for one in a.nonzero() if a.dtype.kind == "b" else (a,):
            chosen = chosen + xp.where(one < 0, one + size[axis], one) * steps[axis]
            axis += 1
    places = [i for i, s in enumerate(spec) if s is ARRAY]
    lead = places[0] if places[-1] - places[0] < len(places) else 0  # together, or moved to front
    first, rest = others.shape[:lead], others.shape[lead:]
    others = others.reshape(first + (1,) * chosen.ndim + rest)
    return others + chosen.reshape(chosen.shape + (1,) * len(rest))


def _steps(size):
    """How far apart, in elements, neighbours along each axis are in row-major order."""
    steps = [1]
    for n in size[:0:-1]:
        steps.insert(0, steps[0] * n)
    return steps


def add_at(xp, out, places, values):
    """Add `values` to `out` at places in its flattened form, in place, also where they repeat.

    On flat arrays of one dtype NumPy's `add.at` takes 1.3 ns an element, on others 10 to 30.
    """
    values = xp.broadcast_to(values, places.shape).reshape(-1).astype(out.dtype, copy=False)
    xp.add.at(out.reshape(-1), places.reshape(-1), values)
    return out


@index(
    lambda g, x_shape, indices, spec: put_add(g, *indices, size=x_shape, spec=spec),
    torch_name="IndexBackward0",
)
def take(xp, x, *indices, spec):
    """The elements of `x` at the index arrays, which stand at ARRAY in `spec`; a copy.

    Raises: IndexError for an index that is not there, naming it and the size.
    """
    try:
        out = x[_key(indices, spec)]
    except IndexError:
        return xp.empty(checked_positions(xp, x.shape, indices, spec).shape, x.dtype)
    if not out.size:
        _check_shapes(x.shape, indices, spec)  # NumPy does not look at all of them
    return out if out.flags.c_contiguous else out.copy(order="C")


@index(lambda g, indices, spec: take(g, *indices, spec=spec))
def put_add(xp, x, *indices, size, spec):
    """Zeros of sizes `size` with `x` added at the index arrays: the adjoint of `take`."""
    out = xp.zeros(size, x.dtype)
    if all(a.dtype.kind == "b" for a in indices):  # masks name no element twice
        out[_key(indices, spec)] = x
        return out
    return add_at(xp, out, positions(xp, size, indices, spec), x)


def _kept_rule(g, indices, spec, accumulate):
    return g if accumulate else index_put(g, 0.0, *indices, spec=spec)


@index((_kept_rule, lambda g, indices, spec: take(g, *indices, spec=spec)))
def index_put(xp, x, value, *indices, spec, accumulate=False):
    """`x` with `value` at the index arrays, put there or added.

    Raises: IndexError for an index that is not there, RuntimeError for a value of another dtype
    or one that does not broadcast.
    """
    value = _storable(xp, x, value, indices, accumulate)
    out, key = xp.array(x, order="C"), _key(indices, spec)
    try:
        if not value.size:
            raise ValueError("NumPy would not look at the sizes")
        if accumulate:
            add_at(xp, out, checked_positions(xp, x.shape, indices, spec), value)
        else:
            out[key] = value
    except (IndexError, ValueError, TypeError):
        found = checked_positions(xp, x.shape, indices, spec).shape
        lead = len(found) - value.ndim
        if lead < 0 or any(n not in (1, m) for n, m in zip(value.shape, found[lead:])):
            raise RuntimeError(
                f"index_put: expected a value that broadcasts to {list(found)}, got "
                f"{list(value.shape)}"
            ) from None
    return out


def _storable(xp, x, value, indices, accumulate):
    """`value` as an array of the dtype of `x`; a single element is cast where it goes to a mask.

    Raises: RuntimeError for another dtype.
    """
    if not hasattr(value, "dtype"):
        return xp.asarray(value, x.dtype)
    if value.dtype != x.dtype:
        masked = len(indices) == 1 and indices[0].dtype.kind == "b"
        if not (masked and value.size == 1 and not accumulate):
            raise RuntimeError(
                f"index_put: expected a value of {name_of(x.dtype)}, got {name_of(value.dtype)}"
            )
        value = value.astype(x.dtype)
    return value


# ------------------------------------------------------------------ along one axis


def positions_along(xp, size, indices, at):
    """Where the elements that `indices` choose along axis `at` are in the flattened tensor."""
    steps, others = _steps(size), 0
    for i, n in enumerate(indices.shape):
        if i != at:
            along = xp.arange(n) * steps[i]
            others = others + along.reshape((-1,) + (1,) * (indices.ndim - 1 - i))
    return indices * steps[at] + others


def at_least_1d(x):
    """A 0-d array as a vector of one element."""
    return x if x.ndim else x.reshape(1)


def check_along(x, indices, at, name):
    """Refuse indices along axis `at` that do not fit the sizes of `x` or are not there."""
    check_index_dtype(indices, name)
    if not indices.size:
        return
    indices, size = at_least_1d(indices), x.shape or (1,)
    if indices.ndim != len(size):
        raise RuntimeError(
            f"{name}: expected indices of {x.ndim} dimensions for shape {list(x.shape)}, got shape "
            f"{list(indices.shape)}"
        )
    for i, (n, m) in enumerate(zip(indices.shape, size)):
        if i != at and n > m:
            raise RuntimeError(
                f"{name}: expected indices no larger than {list(x.shape)} but along dimension "
                f"{at}, got {list(indices.shape)}"
            )
    check_indices(indices, size[at], at, RuntimeError, 0)


def check_source(index, src, name):
    """Raise RuntimeError where there are more indices than elements of the source."""
    wanted, given = index.shape or (1,), src.shape or (1,)
    if len(wanted) != len(given) or any(n > m for n, m in zip(wanted, given)):
        raise RuntimeError(
            f"{name}: expected a source at least as large as the indices {list(index.shape)}, got "
            f"{list(src.shape)}"
        )


@index((lambda g, x_shape, indices, dim: put_along(g, indices, size=x_shape, dim=dim), None))
def gather(xp, x, indices, *, dim):
    """out[i][j] = x[indices[i][j]][j] for dim = 0, and so on.

    Raises: RuntimeError for an index that is not there, and for indices of other sizes.
    """
    at = wrap_dim(dim, x.ndim)
    check_along(x, indices, at, "gather")
    if not indices.size:
        return xp.empty(indices.shape, x.dtype)
    places = positions_along(xp, x.shape or (1,), at_least_1d(indices), at)
    return x.reshape(-1).take(places).reshape(indices.shape)


@index((lambda g, indices, dim: gather(g, indices, dim=dim), None))
def put_along(xp, x, indices, *, size, dim):
    """Zeros of sizes `size` with `x` added at `indices` along `dim`: the adjoint of `gather`."""
    out = xp.zeros(size, x.dtype)
    if not indices.size:
        return out
    at = wrap_dim(dim, len(size))
    places = positions_along(xp, tuple(size) or (1,), at_least_1d(indices), at)
    return add_at(xp, out, places, at_least_1d(x))


@index(
    (
        lambda g, indices, dim: scatter(g, indices, 0.0, dim=dim),
        None,
        lambda g, indices, dim: gather(g, indices, dim=dim),
    )
)
def scatter(xp, x, indices, value, *, dim):
    """`x` with `value` put at `indices` along `dim`; of several for one place the last."""
    at = wrap_dim(dim, x.ndim)
    check_along(x, indices, at, "scatter")
    out = xp.array(x, order="C")
    if indices.size:
        places = positions_along(xp, x.shape or (1,), at_least_1d(indices), at)
        out.reshape(-1)[places] = value
    return out


@index(
    (
        lambda g: g,
        None,
        lambda g, indices, dim: gather(g, indices, dim=dim),
    )
)
def scatter_add(xp, x, indices, value, *, dim):
    """`x` with `value` added at `indices` along `dim`, also where they repeat."""
    at = wrap_dim(dim, x.ndim)
    check_along(x, indices, at, "scatter_add")
    out = xp.array(x, order="C")
    if not indices.size:
        return out
    places = positions_along(xp, x.shape or (1,), at_least_1d(indices), at)
    return add_at(xp, out, places, at_least_1d(value))


# ------------------------------------------------------------------ rows of a table


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
    out = xp.zeros((rows, *width), x.dtype)
    add_at(xp, out, positions(xp, out.shape, (indices,), (ARRAY,)), x)
    if padding_idx is not None:
        out[padding_idx] = 0
    return out


def _without_padding(x, indices, padding_idx):
    if padding_idx is None:
        return x
    hidden = reshape(indices == padding_idx, (*indices.shape, 1))
    return where(expand(hidden, size=x.shape), 0, x)


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
        return _index_array(k, array)
    if isinstance(k, (list, tuple, range)):
        return _entry(_to_array(k))
    if hasattr(k, "__index__"):
        return k.__index__()
    kind = TypeError if isinstance(k, str) else IndexError
    raise kind(
        "expected an integer, a slice (`:`), an ellipsis (`...`), None or a tensor of integers or "
        f"bools as index, got {type(k).__name__}"
    )


def _index_array(k, array):
    """The index array or tensor `k` that holds `array`; one integer as an int."""
    kind, ours = array.dtype.kind, array is not k
    if kind not in "iub" or (ours and array.ndim and array.dtype in ("int8", "int16")):
        raise IndexError(
            f"expected index tensors of int64, int32, uint8 or bool, got {array.dtype}"
        )
    if array.dtype == "uint8":
        return array != 0  # a mask, from before there were bools
    return k if array.ndim or kind == "b" else int(array)


def _bound(n):
    """One end of a slice, or its step, as an int."""
    if not hasattr(n, "__index__"):
        raise TypeError(f"expected integers in a slice, got {type(n).__name__}")
    return n.__index__()


def _to_array(k):
    from minitorch.backend import xp

    array = xp.asarray(k)
    return array.astype(xp.int64) if not array.size else array


def _is_basic(key):
    """Whether a key is made of ints, slices of ints, None and one Ellipsis: the common ones."""
    open_ = 0
    for k in key if type(key) is tuple else (key,):
        kind = type(k)
        if kind is slice:
            step = k.step
            if not (step is None or (type(step) is int and step > 0)):
                return False
            if type(k.start) not in _END or type(k.stop) not in _END:
                return False
        elif k is Ellipsis:
            open_ += 1
        elif kind is not int and k is not None:
            return False
    return open_ < 2


_END = (int, type(None))
_WHOLE = (Ellipsis,)


def split(key, ndim):
    """As `parse`; the common keys sooner."""
    if _is_basic(key):
        key = key if type(key) is tuple else (key,)
        return (key if Ellipsis in key else (*key, ...)), (), ()
    array = getattr(key, "_array", None)
    if array is not None and array.ndim and array.dtype.name in ("int64", "bool"):
        return _WHOLE, (ARRAY,), (key,)
    return parse(key, ndim)


def _only_number(at, ndim):
    """(the dimension, the index) of the one number in a key that takes all else whole, or None."""
    numbers = [i for i, k in enumerate(at) if type(k) is int]
    if len(numbers) != 1 or len(at) > ndim + 1:
        return None
    (i,) = numbers
    if any(k is not Ellipsis and k != ALL for k in (*at[:i], *at[i + 1 :])):
        return None
    return (i if Ellipsis not in at[:i] else i - len(at)), at[i]


def getitem(x, key) -> Tensor:
    """x[key]: a view for numbers, slices, None and Ellipsis; a copy where index arrays are."""
    if isinstance(key, int) and not isinstance(key, bool):
        sizes = x._array.shape
        n = sizes[0] if sizes else 0
        if not sizes:
            raise IndexError(
                "expected at least one dimension to index, got a 0-d tensor: use item()"
            )
        if not -n <= key < n:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size {n}")
        if type(x) is Tensor and edge(x) is None:  # as datasets are read: a third of the time
            row = wrap(x._array[key, ...])
            return view_of(x, row, (select, {"dim": 0, "index": key}))
        return select(x, dim=0, index=key)
    at, spec, arrays = split(key, x.ndim)
    if edge(x) is not None and not arrays and (place := _only_number(at, x.ndim)) is not None:
        return select(x, dim=place[0], index=place[1])  # its gradient has a name of its own
    if at is not _WHOLE and (not arrays or any(k is not ALL for k in at[:-1])):
        x = basic_index(x, at=at)
    return take(x, *arrays, spec=spec) if arrays else x
