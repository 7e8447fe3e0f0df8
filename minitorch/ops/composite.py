"""torch's functions that are compositions of rows, or one of several rows by their arguments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from minitorch import errors
from minitorch.errors import explained, wrap_dim
from minitorch.ops import compare, fused, index, reduce, shape
from minitorch.ops import elementwise as ew
from minitorch.ops._dims import axes, flat, tensors_of, whole

if TYPE_CHECKING:
    from minitorch._tensor import Tensor
    from minitorch.dtypes import dtype

# ------------------------------------------------------------------ arithmetic


def _scaled(x, alpha):
    if alpha == 1:
        return x
    if isinstance(alpha, float) and hasattr(x, "dtype") and not x.dtype.is_floating_point:
        raise RuntimeError(f"expected an integer alpha for {x.dtype}, got {alpha}")
    return x * alpha


def add(input, other, *, alpha=1, out=None) -> Tensor:
    """input + alpha other."""
    return ew.add(input, _scaled(other, alpha), **({} if out is None else {"out": out}))


def sub(input, other, *, alpha=1, out=None) -> Tensor:
    """input - alpha other."""
    return ew.sub(input, _scaled(other, alpha), **({} if out is None else {"out": out}))


def rsub(input, other, *, alpha=1) -> Tensor:
    """other - alpha input."""
    return ew.sub(other, _scaled(input, alpha))


def div(input, other, *, rounding_mode=None, out=None) -> Tensor:
    """input / other; rounded down with 'floor', towards 0 with 'trunc'.

    Raises: RuntimeError for another rounding_mode.
    """
    kept = {} if out is None else {"out": out}
    if rounding_mode is None:
        return ew.div(input, other, **kept)
    if rounding_mode == "floor":
        return ew.floor_divide(input, other, **kept)
    if rounding_mode == "trunc":
        return ew.trunc_divide(input, other, **kept)
    raise RuntimeError(
        f"div: expected rounding_mode None, 'trunc' or 'floor', got {rounding_mode!r}"
    )


def result_type(*operands) -> dtype:
    """The dtype an operation on `operands` (tensors and numbers) computes in."""
    if not operands:
        raise TypeError("result_type() missing required argument 'tensor1' (position 1)")
    from minitorch import dtypes

    return dtypes.result_type_of(
        (x.dtype, 2 if x.ndim else 1) if hasattr(x, "_array") else (dtypes.of_number(x), 0)
        for x in operands
    )


@explained
def addcmul(input, tensor1, tensor2, *, value=1) -> Tensor:
    """input + value tensor1 tensor2."""
    return input + _scaled(tensor1 * tensor2, value)


@explained
def addcdiv(input, tensor1, tensor2, *, value=1) -> Tensor:
    """input + value tensor1 / tensor2. Raises: RuntimeError for integers."""
    if not result_type(tensor1, tensor2).is_floating_point:
        raise RuntimeError("Integer division with addcdiv is no longer supported: cast to float")
    return input + _scaled(tensor1 / tensor2, value)


@explained
def lerp(input, end, weight) -> Tensor:
    """input + weight (end - input). Raises: RuntimeError where the dtypes differ."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"lerp: expected a floating-point dtype, got {input.dtype}")
    if end.dtype is not input.dtype:
        raise RuntimeError(f"lerp: expected one dtype, got {input.dtype} and {end.dtype}")
    return input + (end - input) * weight


def _check_bound(bound, function, name):
    if bound is None:
        raise TypeError(f"{function}(): argument '{name}' must be Tensor or a number, not NoneType")


def clamp(input, min=None, max=None, *, out=None) -> Tensor:
    """input limited to [min, max]: numbers or tensors; at a bound the gradient goes to input.

    Raises: RuntimeError where both are missing.
    """
    if not (is_tensor(min) or is_tensor(max)):
        return ew.clamp(input, min=min, max=max, **({} if out is None else {"out": out}))
    made = input
    if min is not None:
        made = ew.where((made < min) | (min != min), min, made)
    if max is not None:
        made = ew.where((made > max) | (max != max), max, made)
    return made if out is None else out.copy_(made)


def clamp_min(input, min) -> Tensor:
    """max(input, min)."""
    _check_bound(min, "clamp_min", "min")
    return clamp(input, min=min)


def clamp_max(input, max) -> Tensor:
    """min(input, max)."""
    _check_bound(max, "clamp_max", "max")
    return clamp(input, max=max)


def where(condition, input=None, other=None) -> Any:
    """input where the condition holds, else other; with the condition alone, its positions."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        missing = "input" if input is None else "other"
        raise TypeError(f"where(): argument '{missing}' must be Tensor or a number, not NoneType")
    return ew.where(condition, input, other)


def logaddexp(input, other) -> Tensor:
    """log(e ** input + e ** other), without overflow."""
    return reduce.logsumexp(shape.stack(broadcast_tensors(input, other)), dim=0)


# ------------------------------------------------------------------ comparing


@explained
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> Tensor:
    """|input - other| <= atol + rtol |other|. Raises: RuntimeError where the dtypes differ."""
    if input.dtype is not other.dtype:
        raise RuntimeError(f"isclose: expected one dtype, got {input.dtype} and {other.dtype}")
    close = (input - other).abs() <= ew.abs(other) * rtol + atol
    close = (input == other) | (close & compare.isfinite(input) & compare.isfinite(other))
    return close | ((input != input) & (other != other)) if equal_nan else close


@explained
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> bool:
    """Whether all elements are close, as a bool."""
    return bool(reduce.all(isclose(input, other, rtol, atol, equal_nan)))


@explained
def equal(input, other) -> bool:
    """Whether shapes and all elements are the same, as a bool."""
    return input._array.shape == other._array.shape and bool(reduce.all(input == other))


def is_tensor(obj) -> bool:
    """Whether `obj` is a Tensor."""
    return hasattr(obj, "_array")


@explained
def is_floating_point(input) -> bool:
    """Whether the elements are floating-point numbers."""
    return input.dtype.is_floating_point


@explained
def numel(input) -> int:
    """The number of elements."""
    return input._array.size


# ------------------------------------------------------------------ reducing


class MaxResult(NamedTuple):
    """The extremes along a dimension and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return f"torch.return_types.max(\nvalues={self.values!r},\nindices={self.indices!r})"


def _extreme(input, dim, keepdim, pair, along, whole):
    if hasattr(dim, "_array"):
        return pair(input, dim)
    if dim is None:
        if not input._array.size:
            raise RuntimeError(
                f"{whole.__name__[1:]}: expected at least one element, or a dim that has some, got "
                f"shape {list(input.shape)}"
            )
        return whole(input)
    return MaxResult(*along(input, dim=dim, keepdim=keepdim))


@explained
def max(input, dim=None, keepdim=False, *, other=None) -> Any:
    """The largest element; with `dim`, (values, indices) along it; with a tensor, as maximum."""
    dim = dim if other is None else other
    return _extreme(input, dim, keepdim, ew.maximum, reduce.max_dim, reduce.amax)


@explained
def min(input, dim=None, keepdim=False, *, other=None) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, as minimum."""
    dim = dim if other is None else other
    return _extreme(input, dim, keepdim, ew.minimum, reduce.min_dim, reduce.amin)


def _spread_arguments(dim, unbiased, correction):
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, unbiased = None, dim
    if not isinstance(unbiased, (bool, type(None))):
        raise TypeError(f"argument 'unbiased' must be bool, not {type(unbiased).__name__}")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return dim, correction


@explained
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None) -> Tensor:
    """The variance, over n - correction elements."""
    dim, correction = _spread_arguments(dim, unbiased, correction)
    return reduce.var(input, dim=dim, correction=correction, keepdim=keepdim)


@explained
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None) -> Tensor:
    """The standard deviation, over n - correction elements."""
    dim, correction = _spread_arguments(dim, unbiased, correction)
    return reduce.std(input, dim=dim, correction=correction, keepdim=keepdim)


@explained
def var_mean(
    input, dim=None, unbiased=None, keepdim=False, *, correction=None
) -> tuple[Tensor, Tensor]:
    """(variance, mean)."""
    found = var(input, dim, unbiased, keepdim, correction=correction)
    return found, reduce.mean(input, dim=None if isinstance(dim, bool) else dim, keepdim=keepdim)


@explained
def std_mean(
    input, dim=None, unbiased=None, keepdim=False, *, correction=None
) -> tuple[Tensor, Tensor]:
    """(standard deviation, mean)."""
    found = std(input, dim, unbiased, keepdim, correction=correction)
    return found, reduce.mean(input, dim=None if isinstance(dim, bool) else dim, keepdim=keepdim)


@explained
def softmax(input, dim, dtype=None) -> Tensor:
    """e ** input over its sum along `dim`, computed in `dtype` if one is given."""
    return fused.softmax(input if dtype is None else input.to(dtype=dtype), dim=dim)


@explained
def log_softmax(input, dim, dtype=None) -> Tensor:
    """The logarithm of softmax, computed stably, in `dtype` if one is given."""
    return fused.log_softmax(input if dtype is None else input.to(dtype=dtype), dim=dim)


@explained
def count_nonzero(input, dim=None) -> Tensor:
    """How many elements are not 0."""
    return reduce.sum(input != 0, dim=dim)


# ------------------------------------------------------------------ shapes


@explained
def flatten(input, start_dim=0, end_dim=-1) -> Tensor:
    """The axes from start_dim to end_dim as one: a view where possible.

    Raises: RuntimeError where they are in the wrong order.
    """
    ndim = input.ndim
    start, end = wrap_dim(start_dim, ndim), wrap_dim(end_dim, ndim)
    if start > end:
        whole((start_dim, end_dim), "start_dim, end_dim")
        raise RuntimeError(
            f"flatten: expected start_dim before end_dim, got {start_dim} and {end_dim} of shape "
            f"{list(input.shape)}"
        )
    if not ndim:
        return shape.reshape(input, (1,))
    size = tuple(input.shape)
    total = 1
    for n in size[start : end + 1]:
        total *= n
    return shape.reshape(input, (*size[:start], total, *size[end + 1 :]))


@explained
def unflatten(input, dim, sizes) -> Tensor:
    """Axis `dim` as several axes of the given sizes, one of which may be -1."""
    at, size = wrap_dim(dim, input.ndim), tuple(input.shape)
    known = 1
    for n in sizes:
        known *= n if n != -1 else 1
    found = tuple(size[at] // known if n == -1 and known else n for n in sizes)
    if math.prod(found) != size[at]:
        raise RuntimeError(f"unflatten: expected sizes for {size[at]} elements, got {list(sizes)}")
    return shape.view(input, size=(*size[:at], *found, *size[at + 1 :]))


def view(input, *size) -> Tensor:
    """The same memory with other sizes, or read as another dtype of the same width.

    Raises: RuntimeError where the sizes do not fit or a copy would be needed.
    """
    from minitorch import _tensor, dtypes

    if len(size) == 1 and isinstance(size[0], dtypes.dtype):
        try:
            return _tensor.share(_tensor.wrap(input._array.view(size[0].np)), input._cell)
        except ValueError:
            raise RuntimeError(
                f"view: expected a last size and strides that hold whole elements of {size[0]}, "
                f"got {input.dtype} of shape {list(input.shape)}"
            ) from None
    if not size:
        raise TypeError("view(): missing required argument 'size' (position 1)")
    return shape.view(input, size=flat(size))


@explained
def view_as(input, other) -> Tensor:
    """`input` viewed in the shape of `other`."""
    return shape.view(input, size=tuple(other.shape))


@explained
def reshape_as(input, other) -> Tensor:
    """`input` reshaped to the shape of `other`."""
    return shape.reshape(input, tuple(other.shape))


def permute(input, *order, dims=None) -> Tensor:
    """The axes in another order, a view."""
    return shape.permute(input, dims=flat(order, dims))


def expand(input, *sizes, size=None) -> Tensor:
    """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""
    return shape.expand(input, size=flat(sizes, size))


@explained
def expand_as(input, other) -> Tensor:
    """`input` expanded to the shape of `other`."""
    return shape.expand(input, size=tuple(other.shape))


@explained
def broadcast_tensors(*tensors) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""
    size = errors.broadcast_shapes(*(t.shape for t in tensors))
    return tuple(t if t.shape == size else shape.expand(t, size=size) for t in tensors)


def repeat(input, *counts, repeats=None) -> Tensor:
    """Laid side by side, so many times along each axis."""
    return shape.repeat(input, repeats=flat(counts, repeats))


@explained
def tile(input, *counts, dims=None) -> Tensor:
    """As repeat, with missing leading counts taken as 1."""
    if not counts and dims is None:
        raise TypeError("tile(): missing required argument 'dims'")
    dims = whole(flat(counts, dims), "dims")
    return shape.repeat(input, repeats=(1,) * (input.ndim - len(dims)) + tuple(dims))


def flip(input, *axes, dims=None) -> Tensor:
    """The axes `dims` in reverse order, a copy."""
    return shape.flip(input, dims=flat(axes, dims))


@explained
def roll(input, shifts, dims=None) -> Tensor:
    """The elements moved along `dims`; without `dims`, along the flattened tensor."""
    shifts = whole((shifts,) if isinstance(shifts, int) else shifts, "shifts")
    if dims is None:
        return shape.roll(input.reshape(-1), shifts=shifts, dims=(0,)).reshape(input.shape)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(shifts) != len(dims):
        raise RuntimeError(f"roll: expected one shift for each dim, got {shifts} and {dims}")
    return shape.roll(input, shifts=shifts, dims=dims)


@explained
def movedim(input, source, destination) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""
    n = input.ndim
    source, destination = axes(source, n, "movedim"), axes(destination, n, "movedim")
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: expected a destination for each source, got {len(source)} sources and "
            f"{len(destination)} destinations"
        )
    order = [i for i in range(n) if i not in source]
    for place, axis in sorted(zip(destination, source)):
        order.insert(place, axis)
    return shape.permute(input, dims=tuple(order))


@explained
def narrow(input, dim, start, length) -> Tensor:
    """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""
    at, n = wrap_dim(dim, input.ndim), input.shape[dim]
    start = int(start) + (n if start < 0 else 0)
    if length < 0 or not 0 <= start <= n - length:
        raise RuntimeError(
            f"narrow: expected a part of dimension {dim} of size {n}, got start {start} and length "
            f"{length}"
        )
    return shape.basic_index(input, at=(slice(None),) * at + (slice(start, start + length), ...))


@explained
def split(tensor, split_size_or_sections, dim=0) -> tuple[Tensor, ...]:
    """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""
    at = wrap_dim(dim, tensor.ndim)
    n, each = tensor.shape[at], split_size_or_sections
    if isinstance(each, int):
        if each < 0 or (each == 0 and n):
            raise RuntimeError(f"split: expected a size above 0 for {n} elements, got {each}")
        count = -(-n // each) if each else 1
        each = [each] * (count - 1) + [n - each * (count - 1)] if count else [0]
    return shape.split_with_sizes(tensor, sections=tuple(each), dim=dim)


@explained
def chunk(input, chunks, dim=0) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`, the last may be smaller."""
    (chunks,) = whole((chunks,), "chunks")
    if chunks < 1:
        raise RuntimeError(f"chunk: expected at least 1 chunk, got {chunks}")
    if not input.ndim:
        raise RuntimeError("chunk: expected at least one dimension, got a 0-d tensor")
    n = input.shape[wrap_dim(dim, input.ndim)]
    return split(input, -(-n // chunks), dim) if n else split(input, [0] * chunks, dim)


def cat(tensors, dim=0, *, out=None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""
    if not tensors_of(tensors, "cat"):
        raise ValueError("cat: expected at least one tensor, got none")
    return shape.cat(tensors, dim=dim, **({} if out is None else {"out": out}))


@explained
def hstack(tensors) -> Tensor:
    """Side by side: along axis 1, or 0 for vectors. Raises: RuntimeError for none."""
    if not tensors_of(tensors, "hstack"):
        raise RuntimeError("hstack: expected at least one tensor, got none")
    return shape.cat(tensors, dim=0 if tensors[0].ndim < 2 else 1)


@explained
def vstack(tensors) -> Tensor:
    """One below the other, vectors as rows. Raises: RuntimeError for none."""
    if not tensors_of(tensors, "vstack"):
        raise RuntimeError("vstack: expected at least one tensor, got none")
    return shape.cat([shape.reshape(t, (1, -1)) if t.ndim < 2 else t for t in tensors], dim=0)


@explained
def diag(input, diagonal=0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""
    if input.ndim == 2:
        return shape.clone(shape.diagonal(input, offset=diagonal))
    if input.ndim != 1:
        raise RuntimeError(f"diag: expected a vector or a matrix, got shape {list(input.shape)}")
    n = input.shape[0] + (diagonal if diagonal > 0 else -diagonal)
    return shape.undiagonal(input, size=(n, n), offset=diagonal, dim1=0, dim2=1)


@explained
def contiguous(input, memory_format=None) -> Tensor:
    """`input` itself where its memory is in row-major order, else a copy that is."""
    return input if input._array.flags.c_contiguous else shape.contiguous_copy(input)


def clone(input, *, memory_format=None) -> Tensor:
    """A copy with history."""
    return shape.clone(input)


# ------------------------------------------------------------------ choosing


@explained
def masked_select(input, mask) -> Tensor:
    """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_select: expected a torch.bool mask, got {mask.dtype}")
    input, mask = broadcast_tensors(input, mask)
    return index.take(input, mask, spec=(index.ARRAY,))


@explained
def masked_fill(input, mask, value) -> Tensor:
    """`value`, a number or 0-d, where the mask holds."""
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"masked_fill: expected a number or a 0-d value, got shape {list(value.shape)}"
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_fill: expected a torch.bool mask, got {mask.dtype}")
    return ew.masked_fill(input, mask, value)


def gather(input, dim, index_=None, *, index=None, sparse_grad=False) -> Tensor:
    """The elements at `index` along `dim`."""
    from minitorch.ops.index import gather as row

    return row(input, index_ if index is None else index, dim=dim)


def scatter(input, dim, index_=None, src=None, *, index=None, value=None) -> Tensor:
    """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`."""
    from minitorch.ops.index import check_source
    from minitorch.ops.index import scatter as row

    index = index_ if index is None else index
    value = src if value is None else value
    if hasattr(value, "_array") and value.dtype is not input.dtype:
        raise RuntimeError(f"scatter: expected one dtype, got {input.dtype} and {value.dtype}")
    if getattr(value, "ndim", 0) and value.shape != index.shape:
        check_source(index, value, "scatter")
        value = shape.basic_index(value, at=tuple(slice(n) for n in index.shape))
    return row(input, index, value, dim=dim)


def argsort(input, dim=-1, descending=False, stable=False) -> Tensor:
    """The positions that sort along `dim`."""
    return index.sort(input, dim=dim, descending=descending)[1]


class SortResult(NamedTuple):
    """Sorted values and where they were."""

    values: Any
    indices: Any


def sort(input, dim=-1, descending=False, stable=False) -> SortResult:
    """(values, indices) in order along `dim`; equal elements keep their order."""
    return SortResult(*index.sort(input, dim=dim, descending=descending))


def topk(input, k, dim=-1, largest=True, sorted=True) -> SortResult:
    """(values, indices) of the k largest along `dim`, the largest first."""
    return SortResult(*index.topk(input, k=k, dim=dim, largest=largest))


def nonzero(input, *, as_tuple=False) -> Any:
    """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""
    found = index.nonzero(input)
    return shape.unbind(found, dim=1) if as_tuple else found


@explained
def index_put(input, indices, values, accumulate=False) -> Tensor:
    """A copy of `input` with `values` put (or added) at the index tensors `indices`."""
    if not isinstance(indices, (tuple, list)):
        kind = type(indices).__name__
        raise TypeError(f"index_put(): argument 'indices' must be a tuple of Tensors, not {kind}")
    spec = tuple(slice(None) if i is None else index.ARRAY for i in indices)
    arrays = [i for i in indices if i is not None]
    return index.index_put(input, values, *arrays, spec=spec, accumulate=accumulate)


@explained
def index_fill(input, dim, index_, value) -> Tensor:
    """A copy of `input` with `value` at `index` along `dim`."""
    spec = (slice(None),) * wrap_dim(dim, input.ndim) + (index.ARRAY,)
    return index.index_put(input, value, index_, spec=spec)


@explained
def take_along_dim(input, indices, dim=None) -> Tensor:
    """The elements at `indices` along `dim`; of the flattened tensor without it."""
    if dim is None:
        return index.gather(input.reshape(-1), indices.reshape(-1), dim=0)
    return index.gather(input, indices, dim=dim)
